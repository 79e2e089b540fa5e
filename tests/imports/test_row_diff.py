"""比对 of kinds other than parcels: by key, old and new values; looking writes nothing; what has changed since is shown anew."""

from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from app.imports.apply.undo import WRITTEN

from . import makers
from .conftest import FIRST, TestCounty
from .makers import square
from .over_http import URL, applied, client_of, person, staged, step
from .test_undo_kinds import FIRMS, base, deliver, state

__all__ = ["base"]
HEADER = ["统一社会信用代码", "企业名称", "规模"]


async def diff(client: httpx.AsyncClient, job: dict[str, Any], **asked: Any) -> dict[str, Any]:
    return dict((await client.get(f"{URL}/{job['id']}/diff", params=asked)).json())


@pytest.mark.parametrize("kind", WRITTEN)
async def test_the_same_delivery_again_changes_nothing(base: TestCounty, tmp_path: Path, kind: str) -> None:
    report = await deliver(kind, base, Random(f"again {kind}"), tmp_path / "a", FIRST)
    before = await state(base)
    fields = {"options": '{"family": "permanent_basic_farmland"}'} if kind == "planning" else {}
    async with client_of(person(base)) as planner:
        job = await staged(planner, next(tmp_path.iterdir()), kind=kind, **fields)
        assert job["state"] == "staged", job
        found = await diff(planner, job)
    assert (found["rows"], found["classes"]) == ([], {"same": job["counts"]["applied"]})
    assert await state(base) == before
    await base.undo(report.import_id)


async def test_new_changed_and_unchanged_rows_are_told(planner: httpx.AsyncClient, county: TestCounty, tmp_path: Path) -> None:
    def book(name: str, *rows: list[Any]) -> Path:
        return makers.xlsx(tmp_path / name, HEADER, [list(row) for row in rows])

    await county.load(book("a.xlsx", [FIRMS[0], "甲厂", "规上"], [FIRMS[1], "乙厂", "规上"]), kind="enterprises")
    job = await staged(
        planner, book("b.xlsx", [FIRMS[0], "甲厂", "规上"], [FIRMS[1], "乙厂", "规下"], [FIRMS[2], "丙厂", "规上"]), kind="enterprises"
    )
    found = await diff(planner, job)
    assert found["classes"] == {"attribute": 1, "new": 1, "same": 1}
    changed, new = found["rows"]
    assert (changed["key"], changed["row"], changed["class"]) == (FIRMS[1], 2, "attribute")
    assert changed["changes"] == [{"field": "scale", "label": "规模", "old": "above_scale", "new": "below_scale"}]
    assert (new["key"], new["row"], {c["field"]: c["new"] for c in new["changes"]}["name"]) == (FIRMS[2], 3, "丙厂")
    assert await county.value("SELECT count(*) FROM enterprise WHERE county_code = :c") == 2
    await county.load(book("c.xlsx", [FIRMS[1], "乙厂有限公司", "规上"]), kind="enterprises")
    assert (await step(planner, job, "apply", {"except_rows": ["k1"]})).json()["code"] == "import_step_refused"
    job = await applied(planner, job)
    assert (job["state"], len((await diff(planner, job, **{"class": "attribute"}))["rows"][0]["changes"])) == ("staged", 2)
    assert await county.value("SELECT name FROM enterprise WHERE county_code = :c AND uscc = :u", u=FIRMS[1]) == "乙厂有限公司"
    job = await applied(planner, job)
    assert (job["state"], job["counts"]["attribute"], job["counts"]["new"]) == ("applied", 1, 1)


async def test_a_moved_shape_and_what_a_list_leaves_out(planner: httpx.AsyncClient, county: TestCounty, tmp_path: Path) -> None:
    block = {"区块编号": "Q1", "名称": "区块"}
    await county.load(makers.gpkg(tmp_path / "a.gpkg", [block], [square(0, 0)]), kind="blocks")
    job = await staged(planner, makers.gpkg(tmp_path / "b.gpkg", [block], [square(0, 0, 120)]), kind="blocks")
    ((moved,), drawn) = (await diff(planner, job))["rows"], (await diff(planner, job, format="geojson"))["features"]
    assert (moved["class"], moved["key"], [c["field"] for c in moved["changes"]]) == ("moved", "Q1", ["geom"])
    assert drawn[0]["geometry"]["type"] == "MultiPolygon"
    await county.load(makers.xlsx(tmp_path / "e.xlsx", HEADER, [[FIRMS[n], f"第{n}厂", "规上"] for n in (0, 1)]), kind="enterprises")
    header = ["清单", "统一社会信用代码", "列入日期"]
    await county.load(makers.xlsx(tmp_path / "l.xlsx", header, [["散乱污", FIRMS[n], "2023-01-01"] for n in (0, 1)]), kind="lists")
    job = await staged(planner, makers.xlsx(tmp_path / "m.xlsx", header, [["散乱污", FIRMS[0], "2023-01-01"]]), kind="lists")
    (left,) = (await diff(planner, job))["rows"]
    assert (left["row"], left["changes"]) == (None, [{"field": "exit_on", "label": "退出日期", "old": None, "new": str(FIRST)}])
