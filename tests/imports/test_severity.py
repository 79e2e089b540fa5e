"""What is an error when a delivery is applied keeps its row, or the whole delivery, out at that moment, with the register as it is then."""

from pathlib import Path

import httpx

from . import makers
from .conftest import FIRST, SECOND, TestCounty
from .makers import square
from .over_http import URL, applied, staged
from .test_apply_parcels import CURRENT, delivery

HEADER = ["宗地代码", "幢号", "层数"]


async def test_a_row_that_waits_for_the_register(planner: httpx.AsyncClient, county: TestCounty, tmp_path: Path) -> None:
    await county.load(delivery(tmp_path / "a.gpkg", county, {1: square(0, 0)}))
    book = makers.xlsx(tmp_path / "幢.xlsx", HEADER, [[county.key(n), "1", 3] for n in (1, 2, 3)])
    job = await staged(planner, book, kind="buildings")
    assert [(c["code"], c["severity"], c["count"]) for c in job["issue_counts"]] == [("reference_unknown", "warning", 2)]
    assert job["counts"]["applied"] == 1
    await county.load(delivery(tmp_path / "b.gpkg", county, {2: square(200, 0)}), covers="none")
    job = await applied(planner, job)
    assert (job["state"], job["counts"]["applied"]) == ("staged", 2), "one parcel has come: shown anew"
    job = await applied(planner, job)
    assert job["state"] == "applied"
    assert [(c["code"], c["severity"], c["count"]) for c in job["issue_counts"]] == [("reference_unknown", "error", 1)]
    found = (await planner.get(f"{URL}/{job['id']}/issues", params={"severity": "error"})).json()["issues"]
    assert [(i["row"], i["code"]) for i in found] == [(3, "reference_unknown")]
    assert await county.value("SELECT count(*) FROM building WHERE county_code = :c") == 2


async def test_a_delivery_that_is_older_than_what_stands(planner: httpx.AsyncClient, county: TestCounty, tmp_path: Path) -> None:
    await county.load(delivery(tmp_path / "a.gpkg", county, {1: square(0, 0)}), on=SECOND)
    late = delivery(tmp_path / "b.gpkg", county, {1: square(0, 0, 90), 2: square(200, 0)})
    dry = await county.load(late, on=FIRST, dry_run=True)
    assert [(i.code, i.severity, i.row) for i in dry.issues if i.code != "area_differs"] == [("version_later", "warning", 1)]
    job = await staged(planner, late, data_date=str(FIRST))
    job = await applied(planner, job)
    assert (job["state"], job["problem"]["code"], job["problem"]["issue"]) == ("staged", "delivery_stopped", "version_later")
    assert len(await county.rows(CURRENT)) == 1
    job = await applied(planner, job, {"except_rows": ["r0"]})
    assert job["state"] == "applied", job
    assert [row.area_planar_m2 for row in await county.rows(CURRENT)] == [8000, 8000]
