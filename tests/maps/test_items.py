"""Items: pages, extents, filters, scope, validators, on a real PostGIS."""

import json
from typing import Any

import httpx
import pytest
import shapely

from app.core.principal import Role
from tests.maps.conftest import BASE, OTHER, OWN, client_of, person

ITEMS = "/collections/parcels/items"
pytestmark = pytest.mark.usefixtures("read_from")


async def everything(client: httpx.AsyncClient, **params: Any) -> list[dict]:
    """Follow next to the end."""
    answer = await client.get(ITEMS, params=params)
    found = []
    while True:
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert page["numberReturned"] == len(page["features"])
        found += page["features"]
        following = [link["href"] for link in page["links"] if link["rel"] == "next"]
        if not following:
            return found
        answer = await client.get(following[0])


@pytest.mark.parametrize("counted", [10_000, 5])
@pytest.mark.parametrize("params", [{}, {"bbox": "120,29,122,31"}, {"bbox": "121,30,121.0045,30.0021"}, {"inefficient": "true"}])
async def test_paging_returns_everything_exactly_once(
    planner: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, counted: int, params: dict
) -> None:
    whole = (await planner.get(ITEMS, params=params)).json()
    monkeypatch.setattr("app.maps.queries.COUNTED", counted)
    monkeypatch.setattr("app.maps.features.COUNTED", counted)
    paged = await everything(planner, limit=7, **params)
    assert [f["id"] for f in paged] == sorted(f["id"] for f in whole["features"]) == sorted({f["id"] for f in paged})
    assert whole["numberMatched"] == len(paged) > 0


async def test_a_feature_carries_the_contract(planner: httpx.AsyncClient) -> None:
    answer = await planner.get(f"{ITEMS}/{BASE + 1}")
    assert answer.headers["content-type"] == "application/geo+json"
    feature = answer.json()
    assert feature["id"] == BASE + 1
    assert feature["geometry"]["type"] == "MultiPolygon"
    assert "crs" not in feature["geometry"]
    said = feature["properties"]
    assert said["responsible_body_name"] == "甲镇"
    assert (said["area_registered_m2"], said["area_contract_m2"], said["area_planar_m2"]) == (7001.00, None, 7101.00)
    assert (said["tax_band"], said["case_state"], said["display_class"]) == ("≤5", "assigned", "orange")
    assert "tax_per_mu" not in json.dumps(feature)
    same = (await planner.get(f"{ITEMS}/{said['land_code']}")).json()
    assert same["properties"] == said


async def test_display_class_takes_the_gravest(planner: httpx.AsyncClient) -> None:
    found = {f["id"] - BASE: f["properties"] for f in await everything(planner)}
    assert len(found) == 60
    assert found[10]["display_class"] == "red", "疑似闲置"
    assert found[31]["display_class"] == "red", "case past its deadline"
    assert found[1]["display_class"] == "orange"
    assert {p["display_class"] for p in found.values()} == {"red", "orange", "yellow", "blue", "green", "grey"}
    for number, p in found.items():
        if number not in (1, 31) and p["idle"] != "suspected":
            expected = "yellow" if p["inefficient"] == "true" else "blue" if p["standard_land"] == "true" else None
            assert p["display_class"] == (expected or {"false": "green", "unknown": "grey"}[p["inefficient"]])


async def test_an_extent_means_the_shape_not_its_box(planner: httpx.AsyncClient) -> None:
    one = await everything(planner, bbox="121.0011,30.0001,121.0012,30.0002")
    assert [f["id"] for f in one] == [BASE + 1]
    assert [f["id"] for f in await everything(planner, bbox="121.0015,30.0004,121.0015,30.0004")] == [BASE + 1], "a point"
    assert sorted(f["id"] for f in await everything(planner, bbox="121.0015,30.0004,121.0029,30.0004")) == [BASE + 1, BASE + 2], "a line"
    assert await everything(planner, bbox="121.00185,30.0001,121.00195,30.0002") == [], "between two squares"
    assert await everything(planner, bbox="179,29,-179,31") == [], "across the antimeridian, not everything else"
    assert len(await everything(planner, bbox="179,29,121.5,31")) == 60
    past = await everything(planner, bbox="121.0015,30.0004,121.0015,30.0004", as_of="2024-06-01")
    assert [f["id"] for f in past] == [BASE + 1]
    lines = await planner.get("/collections/control-lines/items", params={"bbox": "121.001,30.001,121.001,30.001"})
    assert lines.json()["numberReturned"] == 1
    assert (await planner.get(ITEMS, params={"bbox": "121,31,122,30"})).status_code == 400


async def test_filters_and_limits(planner: httpx.AsyncClient) -> None:
    red = await everything(planner, display_class="red")
    assert red
    assert {f["properties"]["display_class"] for f in red} == {"red"}
    assert len(await everything(planner, responsible_body=OTHER, limit=4)) == 30
    assert (await planner.get(ITEMS, params={"limit": 99_999})).status_code == 200, "a larger limit is answered with the maximum"
    offset = (await planner.get(ITEMS, params={"offset": 50})).json()
    assert offset["features"][0]["id"] == BASE + 51
    for bad in (
        {"limit": 0},
        {"limit": "x"},
        {"offset": -1},
        {"offset": 10**7},
        {"f": "html"},
        {"as_of": "x"},
        {"cursor": "%%%"},
        {"cursor": "WzEsMV0"},
    ):
        assert (await planner.get(ITEMS, params=bad)).status_code == 400, bad
    assert (await planner.get(ITEMS, params={"colour": "red"})).json()["code"] == "parameter_unknown"


async def test_a_cursor_continues_its_own_query_only(planner: httpx.AsyncClient) -> None:
    page = (await planner.get(ITEMS, params={"limit": 5})).json()
    cursor = httpx.URL(next(k["href"] for k in page["links"] if k["rel"] == "next")).params["cursor"]
    assert (await planner.get(ITEMS, params={"limit": 5, "cursor": cursor})).status_code == 200
    assert (await planner.get(ITEMS, params={"limit": 5, "cursor": cursor, "grade": "A"})).status_code == 400


async def test_an_officer_sees_other_bodies_as_outlines_and_cannot_ask_through_filters(officer: httpx.AsyncClient) -> None:
    found = await everything(officer)
    assert len(found) == 60
    for feature in found:
        assert (len(feature["properties"]) > 20) == (feature["id"] <= BASE + 30)
        if feature["id"] > BASE + 30:
            assert list(feature["properties"]) == ["land_code"]
    assert {f["id"] <= BASE + 30 for f in await everything(officer, inefficient="true")} == {True}
    assert set((await officer.get(f"{ITEMS}/{BASE + 31}")).json()["properties"]) == {"land_code"}
    old = (await officer.get(f"{ITEMS}/{BASE + 31}", params={"as_of": "2024-06-01"})).json()
    assert set(old["properties"]) == {"land_code"}
    cases = (await officer.get("/collections/cases/items")).json()["features"]
    assert [c["properties"]["code"] for c in cases] == ["ZZ-1"]


async def test_a_viewer_gets_points_and_no_side_channel(viewer: httpx.AsyncClient) -> None:
    found = await everything(viewer)
    assert len(found) == 60
    for feature in found:
        assert feature["geometry"]["type"] == "Point"
        assert all(round(c, 3) == c for c in feature["geometry"]["coordinates"])
        assert not {"inefficient", "idle", "display_class", "tax_band", "case_state", "name", "location", "cadastral_code"} & set(
            feature["properties"]
        )
    for name in ("inefficient", "idle", "display_class"):
        assert (await viewer.get(ITEMS, params={name: "true"})).status_code == 400
    place = found[0]["geometry"]["coordinates"]
    tight = f"{place[0] - 1e-5},{place[1] - 1e-5},{place[0] + 1e-5},{place[1] + 1e-5}"
    assert all(f["geometry"]["coordinates"] == place for f in await everything(viewer, bbox=tight)), "the extent asks the rounded point"
    old = (await viewer.get(ITEMS, params={"as_of": "2024-06-01"})).json()["features"]
    assert {f["geometry"]["type"] for f in old} == {"Point"}
    assert "location" not in old[0]["properties"]
    past = await everything(viewer, bbox=tight, as_of="2024-06-01")
    assert past
    assert all(f["geometry"]["coordinates"] == place for f in past), "also in the past"
    assert await everything(viewer, bbox="121.0011,30.0001,121.0012,30.0002", as_of="2024-06-01") == []
    for hidden in ("cases", "freed-land"):
        assert (await viewer.get(f"/collections/{hidden}/items")).status_code == 404
    assert {c["id"] for c in (await viewer.get("/collections")).json()["collections"]} == {"parcels", "control-lines", "towns", "blocks"}


async def test_another_county_is_not_there(stranger: httpx.AsyncClient) -> None:
    assert await everything(stranger) == []
    assert (await stranger.get(f"{ITEMS}/{BASE + 1}")).status_code == 404
    assert (await stranger.get(f"{ITEMS}/{BASE + 1}", params={"as_of": "2024-06-01"})).status_code == 404


async def test_nobody_signed_in(county: None) -> None:
    async with client_of(None) as client:
        assert (await client.get("/")).status_code == 200
        assert (await client.get("/conformance")).status_code == 200
        for path in ("/collections", ITEMS, f"{ITEMS}/1", "/collections/towns/items", "/collections/parcels"):
            assert (await client.get(path)).status_code == 401, path


async def test_held_answers_are_not_sent_again(planner: httpx.AsyncClient, county: None) -> None:
    first = await planner.get(ITEMS)
    assert first.headers["cache-control"] == "private, no-cache"
    again = await planner.get(ITEMS, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = await planner.get(ITEMS, params={"limit": 3}, headers={"if-none-match": first.headers["etag"]})
    assert other.status_code == 200
    async with client_of(person(Role.officer, OWN)) as officer:
        assert (await officer.get(ITEMS, headers={"if-none-match": first.headers["etag"]})).status_code == 200


async def test_links_are_right_behind_a_proxy(planner: httpx.AsyncClient) -> None:
    headers = {"x-forwarded-host": "gis.example.cn", "x-forwarded-proto": "https", "x-forwarded-prefix": "/yima"}
    page = (await planner.get(ITEMS, params={"limit": 3}, headers=headers)).json()
    assert all(link["href"].startswith("https://gis.example.cn/yima/collections/parcels") for link in page["links"])
    bad = {"x-forwarded-host": 'a"<b>', "x-forwarded-proto": "javascript", "x-forwarded-prefix": "/../x y"}
    landing = (await planner.get("/", headers=bad)).json()
    assert all(link["href"].startswith("http://test/") for link in landing["links"])


async def test_other_layers(planner: httpx.AsyncClient) -> None:
    lines = (await planner.get("/collections/control-lines/items")).json()
    assert [f["properties"]["version"] for f in lines["features"]] == ["2"], "other planning families and old versions stay away"
    old = (await planner.get("/collections/control-lines/items", params={"as_of": "2024-06-01"})).json()
    assert [f["properties"]["version"] for f in old["features"]] == ["1"]
    cases = (await planner.get("/collections/cases/items", params={"limit": 1})).json()
    assert cases["features"][0]["geometry"]["type"] == "MultiPolygon"
    assert {"self", "alternate", "collection", "next"} <= {k["rel"] for k in cases["links"]}
    for name in ("towns", "blocks", "freed-land"):
        assert (await planner.get(f"/collections/{name}/items")).json()["features"] == []
    assert (await planner.get("/collections/nothing")).status_code == 404
    assert (await planner.get("/collections/towns/items/x")).status_code == 404


@pytest.mark.parametrize("counted", [10_000, 0], ids=["in one look", "walked"])
@pytest.mark.parametrize("beyond", [5e-7, -5e-7], ids=["beside", "touching"])
async def test_an_extent_ends_where_it_ends(
    planner: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, counted: int, beyond: float
) -> None:
    """PostgreSQL's boxes take 0.000001° for nothing; a parcel half of that outside of the extent is outside."""
    monkeypatch.setattr("app.maps.queries.COUNTED", counted)
    monkeypatch.setattr("app.maps.features.COUNTED", counted)
    shape = shapely.geometry.shape((await planner.get(f"{ITEMS}/{BASE + 1}")).json()["geometry"])
    west, south, east, north = shape.bounds
    for box in (
        (west - 0.1, south, west - beyond, north), (east + beyond, south, east + 0.1, north),
        (west, south - 0.1, east, south - beyond), (west, north + beyond, east, north + 0.1),
    ):  # fmt: skip
        for limit in (1000, 1):
            found = await everything(planner, bbox=",".join(f"{n:.9f}" for n in box), limit=limit)
            assert (BASE + 1 in {f["id"] for f in found}) is (beyond < 0), (box, limit)
