"""Part 2: coordinates by URI in the declared axis order, in and out."""

import json

import httpx
import pytest
import shapely
from pyproj import Transformer
from shapely.geometry import shape

from app.maps.crs import CRS84, EPSG, SYSTEMS
from tests.maps.conftest import BASE, OWN
from tests.maps.test_items import ITEMS, everything

NORTH_FIRST = {4326: True, 4490: True, 3857: False, 4549: True, 4528: True, 4530: True, 4551: True}
VECTORS = [  # lon, lat of parcel 1's south-west corner in each system, in its own order (pyproj without always_xy)
    (code, Transformer.from_crs(4490, code, always_xy=False).transform(30.0, 121.001)) for code in NORTH_FIRST
]


def test_the_axis_order_is_the_one_declared() -> None:
    from pyproj import CRS

    for uri, crs in SYSTEMS.items():
        if uri != CRS84:
            axes = [axis.direction for axis in CRS.from_epsg(int(uri.rpartition("/")[2])).axis_info]
            assert (axes[0] == "north") == crs.is_north_first, uri


@pytest.mark.parametrize(("code", "corner"), VECTORS)
async def test_coordinates_leave_in_order(planner: httpx.AsyncClient, code: int, corner: tuple[float, float]) -> None:
    uri = f"{EPSG}{code}"
    page = await planner.get(ITEMS, params={"crs": uri, "limit": 1})
    one = await planner.get(f"{ITEMS}/{BASE + 1}", params={"crs": uri})
    past = await planner.get(ITEMS, params={"crs": uri, "limit": 1, "as_of": "2024-06-01"})
    gap = 1e-7 if code in (4326, 4490) else 2e-3
    for answer, feature in ((page, page.json()["features"][0]), (one, one.json()), (past, past.json()["features"][0])):
        assert answer.headers["content-crs"] == f"<{uri}>"
        assert feature["id"] == BASE + 1
        points = feature["geometry"]["coordinates"][0][0]
        nearest = min(points, key=lambda p: abs(p[0] - corner[0]) + abs(p[1] - corner[1]))
        assert nearest == pytest.approx(corner, abs=gap), code
    assert page.json()["features"][0]["properties"] == (await planner.get(f"{ITEMS}/{BASE + 1}")).json()["properties"]


async def test_known_numbers(planner: httpx.AsyncClient) -> None:
    """EPSG:4549 (central meridian 120°): 1.001° east of it at 30° N lies near x = 3,320,5xx north, y = 596,5xx east."""
    point = (await planner.get(ITEMS, params={"crs": f"{EPSG}4549", "limit": 1})).json()["features"][0]["geometry"]["coordinates"][0][0][0]
    assert 3_320_000 < point[0] < 3_321_000
    assert 596_000 < point[1] < 597_000
    zoned = (await planner.get(ITEMS, params={"crs": f"{EPSG}4528", "limit": 1})).json()["features"][0]["geometry"]["coordinates"][0][0][0]
    assert zoned == pytest.approx([point[0], point[1] + 40_000_000], abs=1e-3)


async def test_every_listed_system_answers(planner: httpx.AsyncClient, viewer: httpx.AsyncClient) -> None:
    said = (await planner.get("/collections/parcels")).json()
    assert said["storageCrs"] in said["crs"]
    assert len(said["crs"]) == 46
    for client in (planner, viewer):
        for uri in said["crs"]:
            answer = await client.get(ITEMS, params={"crs": uri, "limit": 1})
            assert answer.status_code == 200, (uri, answer.text)
            assert answer.headers["content-crs"] == f"<{uri}>"
    for name in ("crs", "bbox-crs"):
        for bad in ("EPSG:4490", f"{EPSG}27700", "4490", ""):
            answer = await planner.get(ITEMS, params={name: bad, "bbox": "1,1,2,2"})
            assert (answer.status_code, answer.json()["pointer"]) == (400, f"query:{name}")
    assert (await planner.get(f"{ITEMS}/{BASE + 1}", params={"crs": "x"})).status_code == 400


async def test_small_layers_and_other_forms(planner: httpx.AsyncClient, officer: httpx.AsyncClient) -> None:
    plain = (await planner.get("/collections/control-lines/items")).json()["features"][0]["geometry"]
    turned = (await planner.get("/collections/control-lines/items", params={"crs": f"{EPSG}4490"})).json()["features"][0]["geometry"]
    assert [[y, x] for x, y in turned["coordinates"][0][0]] == plain["coordinates"][0][0]
    rows = (await planner.get(ITEMS, params={"crs": f"{EPSG}4490", "f": "csv", "limit": 1})).text
    assert "MULTIPOLYGON (((30" in rows
    metres = await everything(officer, crs=f"{EPSG}4549", limit=25)
    assert {len(f["properties"]) > 1 for f in metres if f["id"] > BASE + 30} == {False}
    assert {f["properties"].get("responsible_body") for f in metres} == {OWN, None}
    area = shape(metres[0]["geometry"]).area
    assert 6_500 < area < 7_500


@pytest.mark.parametrize("code", NORTH_FIRST)
@pytest.mark.parametrize("counted", [10_000, 5])
async def test_a_bbox_in_another_system(planner: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, code: int, counted: int) -> None:
    """What the rectangle meets in its own plane, no more: checked against shapely in that plane."""
    monkeypatch.setattr("app.maps.queries.COUNTED", counted)
    monkeypatch.setattr("app.maps.features.COUNTED", counted)
    uri = f"{EPSG}{code}"
    shapes = {f["id"]: shape(f["geometry"]) for f in await everything(planner, crs=uri)}
    whole = shapely.union_all(list(shapes.values())).bounds
    for part in (0.13, 0.37, 0.71, 1.5):
        low, high = whole[:2], [a + (b - a) * part for a, b in zip(whole[:2], whole[2:], strict=True)]
        bounds = (*low, *high)
        expected = sorted(i for i, s in shapes.items() if s.intersects(shapely.box(*bounds)))
        found = await everything(planner, **{"bbox": ",".join(map(str, bounds)), "bbox-crs": uri, "limit": 8})
        assert [f["id"] for f in found] == expected, part
        past = await everything(planner, **{"bbox": ",".join(map(str, bounds)), "bbox-crs": uri, "as_of": "2024-06-01"})
        assert [f["id"] for f in past] == expected


async def test_a_bad_bbox_in_a_plane(planner: httpx.AsyncClient) -> None:
    for bad in ("1e12,1,1e13,2", "3320000,1e9,3330000,1e9", "5,1,1,2", "nan,1,2,3", "1,2,3", "-1e9,-1e9,1e9,1e9"):
        answer = await planner.get(ITEMS, params={"bbox": bad, "bbox-crs": f"{EPSG}4549"})
        assert (answer.status_code, answer.json()["pointer"]) == (400, "query:bbox"), bad
    swapped = await planner.get(ITEMS, params={"bbox": "121,29.9,122,31", "bbox-crs": f"{EPSG}4490"})
    assert swapped.status_code == 400
    assert len(await everything(planner, **{"bbox": "29.9,121,31,122", "bbox-crs": f"{EPSG}4490"})) == 60
    assert await everything(planner, **{"bbox": "29,179,31,-179", "bbox-crs": f"{EPSG}4326"}) == []


async def test_an_officer_asks_extents_of_a_plane_everywhere(officer: httpx.AsyncClient, viewer: httpx.AsyncClient) -> None:
    for client in (officer, viewer):
        found = await everything(client, **{"bbox": "3310000,590000,3340000,610000", "bbox-crs": f"{EPSG}4549"})
        assert len(found) == 60
    classes = json.dumps((await officer.get("/conformance")).json())
    assert "ogcapi-features-2/1.0/conf/crs" in classes
