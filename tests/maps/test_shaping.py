"""Queryables, schema, properties, sorting and the other forms of an answer."""

import csv
import io
import json

import httpx
import pytest

from tests.maps.conftest import BASE
from tests.maps.test_filter import FACT, grade
from tests.maps.test_items import ITEMS, everything

SORTS = ["grade", "-grade", "-area_registered_m2", "grade,-area_planar_m2", "-case_state,inefficient", "id", "-id", "+display_class,grade,-id",
         "user_count", "agreed_start_on", "on_list,-tax_band"]  # fmt: skip


@pytest.mark.parametrize("layer", ["parcels", "control-lines", "towns", "blocks", "cases", "freed-land"])
async def test_schemas_are_linked_and_say_labels_and_units(planner: httpx.AsyncClient, layer: str) -> None:
    linked = {k["rel"].rpartition("/")[2]: k["href"] for k in (await planner.get(f"/collections/{layer}")).json()["links"]}
    for kind in ("queryables", "sortables", "schema"):
        answer = await planner.get(linked[kind])
        assert answer.headers["content-type"] == "application/schema+json"
        said = answer.json()
        assert said["$id"].endswith(f"/collections/{layer}/{kind}")
        assert said["properties"]["id"]["x-ogc-role"] == "id"
        assert all(p.get("title") for p in said["properties"].values())
        assert (await planner.get(linked[kind], headers={"If-None-Match": answer.headers["etag"]})).status_code == 304
        assert (kind == "sortables") == ("geom" not in said["properties"])


async def test_the_schema_is_what_a_feature_has(planner: httpx.AsyncClient, viewer: httpx.AsyncClient) -> None:
    for client in (planner, viewer):
        said = (await client.get("/collections/parcels/schema")).json()["properties"]
        for feature in (await everything(client))[:5]:
            assert set(feature["properties"]) == set(said) - {"id", "geom"}
        for layer in ("control-lines", "cases"):
            answer = await client.get(f"/collections/{layer}/items")
            if answer.status_code == 200:
                named = (await client.get(f"/collections/{layer}/schema")).json()["properties"]
                assert set(answer.json()["features"][0]["properties"]) == set(named) - {"id", "geom"}
    asked = (await planner.get("/collections/parcels/queryables")).json()["properties"]
    assert asked["area_planar_m2"]["x-ogc-unit"] == "㎡"
    assert asked["case_state"]["type"] == "string"
    assert "tax_band" in asked
    assert "tax_per_mu" not in asked
    public = (await viewer.get("/collections/parcels/queryables")).json()["properties"]
    assert not {"tax_band", "case_state", "display_class", "inefficient", "main_uscc", "name"} & set(public)
    assert (await viewer.get("/collections/cases/queryables")).status_code == 404


async def test_properties_choose(planner: httpx.AsyncClient, officer: httpx.AsyncClient, viewer: httpx.AsyncClient) -> None:
    found = await everything(planner, properties="grade,land_code", limit=9)
    assert len(found) == 60
    assert {tuple(f["properties"]) for f in found} == {("grade", "land_code")}
    assert {tuple(f["properties"]) for f in await everything(officer, properties="grade,land_code")} == {
        ("grade", "land_code"),
        ("land_code",),
    }
    assert {len(f["properties"]) for f in await everything(planner, properties="")} == {0}
    for client, bad in ((planner, "feature"), (planner, "tax_per_mu"), (viewer, "tax_band"), (viewer, "location")):
        answer = await client.get(ITEMS, params={"properties": bad})
        assert (answer.status_code, answer.json()["pointer"]) == (400, "query:properties"), bad
    lines = (await planner.get("/collections/control-lines/items", params={"properties": "version"})).json()["features"]
    assert [f["properties"] for f in lines] == [{"version": "2"}]


@pytest.mark.parametrize("sortby", SORTS)
@pytest.mark.parametrize("params", [{}, {"bbox": "121,30,121.02,30.0041", "filter": "id <> 5"}])
async def test_sorted_pages_are_one_total_order(planner: httpx.AsyncClient, sortby: str, params: dict) -> None:
    whole = (await planner.get(ITEMS, params={"sortby": sortby, **params})).json()
    paged = [f["id"] for f in await everything(planner, sortby=sortby, limit=7, **params)]
    assert paged == [f["id"] for f in whole["features"]]
    assert len(set(paged)) == len(paged) == whole["numberMatched"] == len(await everything(planner, **params))


async def test_sorted_means_sorted(planner: httpx.AsyncClient) -> None:
    assert [f["id"] - BASE for f in await everything(planner, sortby="-area_registered_m2", limit=11)] == list(range(60, 0, -1))
    found = [f["id"] - BASE for f in await everything(planner, sortby="-grade", limit=4)]
    assert found == [*sorted(FACT, key=lambda n: (-ord(grade(n)), n)), 56, 57, 58, 59, 60], "unknown last, ties by id"
    page = (await planner.get(ITEMS, params={"sortby": "grade", "limit": 5})).json()
    cursor = httpx.URL(next(k["href"] for k in page["links"] if k["rel"] == "next")).params["cursor"]
    for other in ({"sortby": "-grade"}, {"sortby": "grade,id"}, {}):
        assert (await planner.get(ITEMS, params={"limit": 5, "cursor": cursor, **other})).status_code == 400
    for bad in ("feature", "tax_per_mu", "", "grade,grade", "grade desc", "grade,idle,id,far", "t.grade", "-", "geom", "1"):
        answer = await planner.get(ITEMS, params={"sortby": bad})
        assert (answer.status_code, answer.json()["pointer"]) == (400, "query:sortby"), bad


async def test_an_order_tells_nothing_hidden(officer: httpx.AsyncClient, viewer: httpx.AsyncClient) -> None:
    assert {f["id"] - BASE for f in await everything(officer, sortby="-grade")} == set(range(1, 31))
    assert len(await everything(officer, sortby="-land_code")) == 60
    assert (await viewer.get(ITEMS, params={"sortby": "tax_band"})).status_code == 400
    assert len(await everything(viewer, sortby="-grade", limit=25)) == 60


async def test_other_forms(planner: httpx.AsyncClient) -> None:
    answer = await planner.get(ITEMS, params={"f": "geojsonseq", "limit": 7, "filter": "grade = 'D'"})
    assert answer.headers["content-type"] == "application/geo+json-seq"
    records = [json.loads(r) for r in answer.text.split("\x1e") if r]
    assert len(records) == 7 == int(answer.headers["ogc-numberreturned"])
    assert {r["properties"]["grade"] for r in records} == {"D"}
    following = httpx.URL(answer.links["next"]["url"])
    assert following.params["f"] == "geojsonseq"
    assert (await planner.get(following)).text.count("\x1e") == min(7, int(answer.headers["ogc-numbermatched"]) - 7)

    answer = await planner.get(ITEMS, params={"f": "csv", "limit": 3, "properties": "land_code,area_registered_m2,criteria_true"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert list(rows[0]) == ["id", "land_code", "area_registered_m2", "criteria_true", "wkt"]
    assert (len(rows), rows[0]["land_code"], float(rows[0]["area_registered_m2"])) == (3, "999012001P000001X", 7001)
    assert rows[0]["wkt"].startswith("MULTIPOLYGON (((121.001 30")
    assert "next" in answer.links
    assert len((await planner.get(ITEMS, params={"f": "csv"})).text.strip().splitlines()) == 61
    assert (await planner.get("/collections/control-lines/items", params={"f": "csv"})).text.count("MULTIPOLYGON") == 1
    plain = await planner.get(ITEMS, params={"limit": 5})
    assert (plain.headers["ogc-numberreturned"], plain.headers["ogc-numbermatched"]) == ("5", "60")


async def test_small_layers_filter_and_sort(planner: httpx.AsyncClient, officer: httpx.AsyncClient, viewer: httpx.AsyncClient) -> None:
    async def found(client: httpx.AsyncClient, layer: str, **params: str) -> list[str]:
        answer = await client.get(f"/collections/{layer}/items", params=params)
        assert answer.status_code == 200, answer.text
        return [f["properties"]["code"] for f in answer.json()["features"]]

    assert await found(planner, "cases", filter="state = 'assigned'") == ["ZZ-1"]
    assert await found(planner, "cases", filter="deadline_on < DATE('2025-10-01')") == ["ZZ-2"]
    assert await found(planner, "cases", filter="accepted_m2 IS NULL", sortby="-code") == ["ZZ-2", "ZZ-1"]
    assert await found(officer, "cases", filter="code LIKE 'ZZ%'") == ["ZZ-1"]
    assert await found(viewer, "control-lines", filter="area_planar_m2 = 1 AND S_INTERSECTS(geom, POINT(121.001 30.001))") == [
        "control_line2"
    ]
    assert await found(viewer, "control-lines", filter="S_INTERSECTS(geom, POINT(120 30))") == []
    assert await found(planner, "control-lines", filter="valid_to IS NULL", datetime="2020-06-01/..") == ["control_line2"]
    assert await found(planner, "control-lines", sortby="valid_from", datetime="2020-06-01/..") == ["control_line1", "control_line2"]
    first = await planner.get("/collections/cases/items", params={"sortby": "-code", "limit": "1"})
    second = await planner.get(first.links["next"]["url"])
    assert [f["properties"]["code"] for f in second.json()["features"]] == ["ZZ-1"]
    assert "next" not in second.links
    for layer in ("towns", "blocks", "freed-land", "cases", "control-lines"):
        for name in (await planner.get(f"/collections/{layer}/queryables")).json()["properties"]:
            if name != "geom":
                answer = await planner.get(f"/collections/{layer}/items", params={"filter": f"{name} IS NOT NULL", "sortby": f"-{name}"})
                assert answer.status_code == 200, (layer, name, answer.text)
        for bad in ("grade = 'D'", "body = 'x'", "version() = 1", "s.id = 1"):
            assert (await planner.get(f"/collections/{layer}/items", params={"filter": bad})).status_code == 400, (layer, bad)
