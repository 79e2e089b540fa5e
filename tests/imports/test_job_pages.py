"""What the screens of 数据导入 ask beside the job itself: words, a page's shapes, one row's shape, a column left out."""

from pathlib import Path

import httpx

from app.imports.kinds import KINDS

from . import makers
from .conftest import TestCounty
from .makers import square
from .over_http import URL, staged, step, worked


async def test_words_name_every_kind_and_column(planner: httpx.AsyncClient) -> None:
    words = (await planner.get(f"{URL}/words")).json()
    assert [kind["kind"] for kind in words["kinds"]] == list(KINDS)
    parcels = next(kind for kind in words["kinds"] if kind["kind"] == "parcels")
    columns = {column["name"]: column for column in parcels["columns"]}
    assert columns["ownership"]["values"] == {"G": "国有", "J": "集体", "Z": "不明"}
    assert "亩" in columns["area_registered"]["units"]
    assert {"new", "vanished", "same"} <= set(words["classes"])


async def test_shapes_of_a_page_and_of_a_row(planner: httpx.AsyncClient, county: TestCounty, tmp_path: Path) -> None:
    rows = [{"宗地代码": county.key(n)} for n in (1, 2, 3)]
    job = await staged(planner, makers.gpkg(tmp_path / "宗地.gpkg", rows, [square(200 * n, 0) for n in range(3)]))
    shapes = {"format": "geojson"}
    first = (await planner.get(f"{URL}/{job['id']}/diff", params={**shapes, "limit": 2})).json()["features"]
    assert [f["properties"]["key"] for f in first] == [county.key(1), county.key(2)]
    after = first[-1]["properties"]["row_id"]
    rest = (await planner.get(f"{URL}/{job['id']}/diff", params={**shapes, "limit": 2, "after": after})).json()["features"]
    assert [f["properties"]["key"] for f in rest] == [county.key(3)]
    one = (await planner.get(f"{URL}/{job['id']}/diff", params={**shapes, "file": "宗地.gpkg", "row": 2})).json()["features"]
    assert [f["properties"]["key"] for f in one] == [county.key(2)]
    assert one[0]["geometry"]["type"] == "MultiPolygon"
    found = (await planner.get(f"{URL}/{job['id']}/issues", params={**shapes, "code": "area_registered_missing", "limit": 2})).json()
    assert [f["properties"]["row"] for f in found["features"]] == [1, 2]


async def test_a_column_can_be_left_out(planner: httpx.AsyncClient, county: TestCounty, tmp_path: Path) -> None:
    job = await staged(planner, makers.gpkg(tmp_path / "宗地.gpkg", [{"宗地代码": county.key(1), "名称": "甲"}], [square(0, 0)]))
    assert "name" in job["files"][0]["mapping"]["columns"]
    said = await step(planner, job, "decisions", {"mapping": {"name": {"header": ""}}})
    assert said.status_code == 200, said.text
    await worked()
    job = (await planner.get(f"{URL}/{job['id']}")).json()
    assert job["state"] == "staged"
    assert "name" not in job["files"][0]["mapping"]["columns"]
    assert job["files"][0]["mapping"]["unused"] == ["名称"]
