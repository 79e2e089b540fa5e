"""A delivery that nobody called whole retires nothing without being asked; what its new parcels replace goes all the same."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from app.imports.errors import CoverageDoubtful, CoverageInvalid

from . import makers
from .conftest import SECOND, TestCounty
from .makers import square
from .over_http import URL, applied, look, staged, step, worked
from .test_apply_parcels import CURRENT, delivery

TEN = {n: square(200 * n, 0) for n in range(1, 11)}


async def standing(county: TestCounty) -> set[int]:
    return {int(row.source_key[-5:]) for row in await county.rows(CURRENT)}


async def test_a_part_of_a_town_is_asked_about(county: TestCounty, tmp_path: Path) -> None:
    await county.load(delivery(tmp_path / "a.gpkg", county, TEN))
    part = delivery(tmp_path / "b.gpkg", county, {1: square(200, 0), 2: square(400, 0, 90), 3: square(600, 0)})
    with pytest.raises(CoverageDoubtful, match=r"甲镇现有 10 宗,其中 7 宗\(70.0%\)不在本次交付") as asked:
        await county.load(part, on=SECOND)
    assert [choice["value"] for choice in asked.value.extra["choices"]] == ["none", "all"]
    for wrong in ("甲镇", "330282101", "none,all"):
        with pytest.raises(CoverageInvalid):
            await county.load(part, on=SECOND, covers=wrong)
    assert await standing(county) == set(TEN)
    report = await county.load(part, on=SECOND, covers="none")
    assert {name: report.counts[name] for name in ("changed", "same", "vanished")} == {"changed": 1, "same": 2, "vanished": 0}
    assert await standing(county) == set(TEN)
    report = await county.load(part, on=SECOND, covers=county.towns[0])
    assert report.counts["vanished"] == 7
    assert await standing(county) == {1, 2, 3}


async def test_a_small_share_is_retired_and_told(county: TestCounty, tmp_path: Path) -> None:
    many = {n: square(120 * n, 0) for n in range(1, 41)}
    await county.load(delivery(tmp_path / "a.gpkg", county, many))
    report = await county.load(delivery(tmp_path / "b.gpkg", county, {n: many[n] for n in range(1, 40)}), on=SECOND)
    assert report.counts["vanished"] == 1
    told = next(found for found in report.files[0]["findings"] if found["fact"] == "covers")
    assert (told["value"], "1 宗(2.5%)" in told["reason"]) == ("甲镇", True)


async def test_what_new_parcels_take_goes_and_what_they_take_a_part_of_stays(county: TestCounty, tmp_path: Path) -> None:
    await county.load(delivery(tmp_path / "a.gpkg", county, TEN))
    part = {11: square(200, 0, 50), 12: square(250, 0, 50), 21: square(400, 0, 20)}  # 1 is divided, 2 loses a fifth to somebody
    report = await county.load(delivery(tmp_path / "b.gpkg", county, part), on=SECOND, covers="none")
    assert await standing(county) == set(TEN) - {1} | set(part)
    assert [(i.code, i.row, i.value.split(",")[0]) for i in report.issues if i.code == "overlap_register"] == [
        ("overlap_register", 3, county.key(2))
    ]
    assert await county.value("SELECT count(*) FROM parcel_lineage WHERE county_code = :c") == 2


async def test_one_row_that_names_another_town_does_not_retire_it(county: TestCounty, tmp_path: Path) -> None:
    def rows(towns: dict[int, int]) -> list[dict[str, Any]]:
        return [{"宗地代码": county.key(n), "乡镇代码": county.towns[town]} for n, town in towns.items()]

    shapes = [*(square(200 * n, 0) for n in range(4)), *(square(6000 + 200 * n, 0) for n in range(4))]
    await county.load(makers.gpkg(tmp_path / "a.gpkg", rows({n: n // 4 for n in range(8)}), shapes))
    slipped = makers.gpkg(tmp_path / "b.gpkg", rows({0: 0, 1: 0, 2: 0, 3: 1}), shapes[:4])
    with pytest.raises(CoverageDoubtful, match="乙镇现有 4 宗,其中 4 宗") as asked:
        await county.load(slipped, on=SECOND)
    likeliest = asked.value.extra["choices"][0]["value"]
    assert likeliest == county.towns[0]
    assert (await county.load(slipped, on=SECOND, covers=likeliest)).counts["vanished"] == 0
    nameless = makers.gpkg(tmp_path / "c.gpkg", [{"宗地代码": county.key(n)} for n in (4, 5)], shapes[4:6])
    report = await county.load(nameless, on=SECOND.replace(month=9), covers=county.towns[1])
    assert report.counts["vanished"] == 2, "a town may be called whole although no column names it"


async def test_asked_over_http_and_asked_again_when_the_register_changes(
    planner: httpx.AsyncClient, county: TestCounty, tmp_path: Path
) -> None:
    await county.load(delivery(tmp_path / "a.gpkg", county, {1: TEN[1], 2: TEN[2]}))
    job = await staged(planner, delivery(tmp_path / "b.gpkg", county, {1: TEN[1], 2: square(400, 0, 90)}), data_date=str(SECOND))
    assert job["state"] == "staged"
    await county.load(delivery(tmp_path / "c.gpkg", county, {3: TEN[3]}), covers="none")
    job = await applied(planner, job)
    assert (job["state"], job["problem"]["code"], job["questions"][0]["field"]) == ("asking", "coverage_doubtful", "covers"), job
    assert (await step(planner, job, "decisions", {"covers": "some"})).json()["code"] == "body_invalid"
    again = await step(planner, job, "decisions", {"covers": "none"})
    assert again.json()["options"] == {"covers": "none"}
    await worked()
    job = await applied(planner, await look(planner, job))
    assert (job["state"], job["counts"]["vanished"]) == ("applied", 0)
    assert job["files"][0]["detected"]["covers"]["value"] == "无"
    assert await standing(county) == {1, 2, 3}
    assert (await planner.get(f"{URL}/{job['id']}/manifest")).json()["options"] == {"covers": "none"}
