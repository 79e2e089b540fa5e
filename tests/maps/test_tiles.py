"""Tiles: shapes deep down, complete counts above; nothing dropped, nothing told to the wrong reader, on both grids."""

import io
import math
from typing import Any, cast

import geopandas
import httpx
import mapbox_vector_tile
import pytest
from sqlalchemy import text

from app.core import db
from app.core.layers import bump
from app.core.principal import Role
from app.maps import publish
from tests.maps.conftest import BASE, COUNTY, OTHER, OWN, client_of, filled, person

TILES = "/collections/parcels/tiles"
GRIDS = ("WebMercatorQuad", "CGCS2000Quad")
CLASSES = ("red", "orange", "yellow", "blue", "green", "grey")


def tile_at(lon: float, lat: float, z: int, grid: str = "WebMercatorQuad") -> tuple[int, int]:
    n = 2**z
    y = (90 - lat) / 360 if grid == "CGCS2000Quad" else (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return int(y * n), int((lon + 180) / 360 * n)


async def layers(client: httpx.AsyncClient, path: str) -> dict[str, Any]:
    answer = await client.get(path)
    assert answer.status_code in (200, 204, 404), answer.text
    return mapbox_vector_tile.decode(answer.content) if answer.status_code == 200 else {}


async def every_tile(
    client: httpx.AsyncClient, z: int, grid: str = "WebMercatorQuad", *, layer: str = "parcels", theme: str = ""
) -> list[dict]:
    top, left = tile_at(120.99, 30.02, z, grid)
    bottom, right = tile_at(121.02, 29.99, z, grid)
    found = []
    for row in range(top, bottom + 1):
        for col in range(left, right + 1):
            query = f"?theme={theme}" if theme else ""
            for name, decoded in (await layers(client, f"/collections/{layer}/tiles/{grid}/{z}/{row}/{col}{query}")).items():
                found += [{"layer": name, "at": (row, col), **f} for f in decoded["features"]]
    return found


def told(cells: list[dict]) -> dict[str, int]:
    """Parcels by value over all cells."""
    found: dict[str, int] = {}
    for cell in cells:
        for key, n in cell["properties"].items():
            if key not in ("n", "mu", "top") and not key.endswith("_mu"):
                found[key] = found.get(key, 0) + n
    return found


async def truth(column: str, body: str | None = None) -> dict[str, int]:
    async with db.reading() as conn:
        own = "" if body is None else f" AND m.responsible_body = '{body}'"
        rows = await conn.execute(
            text(f"SELECT coalesce({column}, 'unknown') AS value, count(*) AS n FROM map_filter m WHERE county_code = :c{own} GROUP BY 1"),
            {"c": COUNTY},
        )
        return {row.value: row.n for row in rows}


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("z", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
async def test_the_overview_counts_every_parcel_once(
    planner: httpx.AsyncClient, officer: httpx.AsyncClient, viewer: httpx.AsyncClient, z: int, grid: str
) -> None:
    cells = await every_tile(planner, z, grid)
    assert {c["layer"] for c in cells} == {"parcel_cells"}
    assert sum(c["properties"]["n"] for c in cells) == 60
    assert told(cells) == await truth("display_class")
    values = [v for c in cells for k, v in c["properties"].items() if k.endswith("_mu")]
    assert (
        sum(c["properties"]["mu"] for c in cells)
        == pytest.approx(sum(values))
        == pytest.approx(55 * 10.5 + sum(7100 + n for n in range(56, 61)) * 0.0015)
    )
    theirs = await every_tile(officer, z, grid)
    mine = await truth("display_class", OWN)
    assert sum(c["properties"]["n"] for c in theirs) == 60
    assert told(theirs) == {**mine, "unknown": mine.get("unknown", 0) + 30}, "values of his own body only"
    public = await every_tile(viewer, z, grid)
    assert sum(c["properties"]["n"] for c in public) == 60
    assert told(public) == await truth("standard_land")
    assert not {"red", "orange", "yellow"} & set(told(public))


async def test_a_value_that_came_meanwhile_is_told_as_other(restored: None) -> None:
    """The theme's values are read before the tile; a tile never leaves a parcel out."""
    async with client_of(person(Role.planner)) as client:
        at = f"{TILES}/WebMercatorQuad/3/{tile_at(121.001, 30.001, 3)[0]}/{tile_at(121.001, 30.001, 3)[1]}?theme=grade"
        (cell,) = (await layers(client, at))["parcel_cells"]["features"]
        assert cell["properties"]["n"] == 60
        state = cast(Any, client)._transport.app.state
        async with db.engine().begin() as conn:
            await conn.execute(text("UPDATE parcel_fact SET grade = 'E' WHERE parcel_id = :p"), {"p": BASE + 8})
            await publish.publish(conn, COUNTY, [BASE + 8])
            await bump(conn, COUNTY, "parcels")
        version = next(iter(state.tiles.values.values()))[0] + 1
        state.tiles.values = {scope: (version, known) for scope, (_, known) in state.tiles.values.items()}
        (cell,) = (await layers(client, at))["parcel_cells"]["features"]
        assert (cell["properties"]["n"], cell["properties"]["other"], cell["properties"]["other_mu"]) == (60, 1, 10.5)


async def test_the_overview_at_zoom_0_is_whole(planner: httpx.AsyncClient) -> None:
    assert sum(c["properties"]["n"] for c in await every_tile(planner, 0)) == 60


@pytest.mark.parametrize(
    ("theme", "column"), [("grade", "grade"), ("tax_band", "tax_band"), ("industry", "industry_division"), ("far_band", "NULL")]
)
async def test_each_theme_counts_by_its_own_value(planner: httpx.AsyncClient, officer: httpx.AsyncClient, theme: str, column: str) -> None:
    for grid in GRIDS:
        for z in (4, 11):
            assert told(await every_tile(planner, z, grid, theme=theme)) == await truth(column)
    field = {"industry": "industry_division"}.get(theme, theme)
    drawn = {f["id"]: f["properties"].get(field) or "unknown" for f in await every_tile(planner, 15, theme=theme)}
    assert len(drawn) == 60
    counted: dict[str, int] = {}
    for value in drawn.values():
        counted[value] = counted.get(value, 0) + 1
    assert counted == await truth(column), "the parcels of a readable tile say the same"
    others = [f for f in await every_tile(officer, 15, theme=theme) if f["id"] > BASE + 30]
    assert others
    assert all(set(f["properties"]) == {"land_code"} for f in others)


async def test_far_is_told_in_bands(planner: httpx.AsyncClient, county: None) -> None:
    bands = {1: ("0.49", "lt0.5"), 2: ("0.5", "0.5-1.0"), 3: ("1.49", "1.0-1.5"), 4: ("1.5", "1.5-2.0"), 5: ("2", "ge2.0")}
    async with db.engine().begin() as conn:
        for n, (far, _) in bands.items():
            await conn.exec_driver_sql(filled(f"UPDATE parcel_fact SET far = {far} WHERE parcel_id = :b + {n}"))
        await publish.publish(conn, COUNTY, [BASE + n for n in bands])
        await conn.exec_driver_sql(filled("UPDATE layer_version SET version = version + 1 WHERE county_code = :c AND layer = 'parcels'"))
    said = {f["id"]: f["properties"].get("far_band") for f in await every_tile(planner, 14, theme="far_band")}
    assert {n: said[BASE + n] for n in bands} == {n: band for n, (_, band) in bands.items()}
    assert told(await every_tile(planner, 9, theme="far_band")) == {**dict.fromkeys((b for _, b in bands.values()), 1), "unknown": 55}


@pytest.mark.parametrize("grid", GRIDS)
async def test_deep_tiles_draw_every_parcel_with_its_id(
    planner: httpx.AsyncClient, officer: httpx.AsyncClient, viewer: httpx.AsyncClient, grid: str
) -> None:
    drawn = {f["id"]: f for f in await every_tile(planner, 14, grid)}
    assert set(drawn) == {BASE + n for n in range(1, 61)}
    assert drawn[BASE + 1]["geometry"]["type"] == "Polygon"
    assert set(drawn[BASE + 1]["properties"]) == {"land_code", "display_class", "grade", "responsible_body"}
    theirs = {f["id"]: f for f in await every_tile(officer, 14, grid)}
    assert set(theirs) == set(drawn)
    assert theirs[BASE + 1]["properties"]["responsible_body"] == OWN
    assert set(theirs[BASE + 31]["properties"]) == {"land_code"}
    public = await every_tile(viewer, 14, grid)
    assert {f["geometry"]["type"] for f in public} == {"Point"}
    assert {f["id"] for f in public} == set(drawn)
    assert set().union(*(f["properties"] for f in public)) == {"land_code", "responsible_body", "grade", "standard_land"}


async def test_a_tile_places_shapes_where_they_are(planner: httpx.AsyncClient) -> None:
    """Corners of parcel 1 (121.001–121.0018 E, 30.000–30.0008 N) from the tile's units, on both grids."""
    for grid in GRIDS:
        z = 16
        row, col = tile_at(121.0014, 30.0004, z, grid)
        features = (await layers(planner, f"{TILES}/{grid}/{z}/{row}/{col}"))["parcels"]["features"]
        ring = next(f for f in features if f["id"] == BASE + 1)["geometry"]["coordinates"][0]
        xs, ys = [x for x, _ in ring], [y for _, y in ring]
        west = (col + min(xs) / 4096) / 2**z * 360 - 180
        north = row + 1 - max(ys) / 4096
        top = 90 - north / 2**z * 360 if grid == "CGCS2000Quad" else math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * north / 2**z))))
        assert (west, top) == (pytest.approx(121.001, abs=2e-6), pytest.approx(30.0008, abs=2e-6))


async def test_a_sub_pixel_parcel_collapses_to_a_point(planner: httpx.AsyncClient, county: None) -> None:
    async with db.engine().begin() as conn:
        await conn.exec_driver_sql(
            filled(
                "UPDATE map_shape SET geom_3857 = ST_Multi(ST_Expand(ST_Centroid(geom_3857), 0.05)),"
                " geom = ST_Multi(ST_Expand(ST_Centroid(geom), 0.0000004)) WHERE county_code = :c AND id = :b + 7"
            )
        )
        await conn.exec_driver_sql(filled("UPDATE layer_version SET version = version + 1 WHERE county_code = :c AND layer = 'parcels'"))
    try:
        for grid in GRIDS:
            found = {f["id"]: f["geometry"]["type"] for f in await every_tile(planner, 13, grid)}
            assert found[BASE + 7] == "Point"
            assert len(found) == 60
    finally:
        async with db.engine().begin() as conn:
            await publish.publish(conn, COUNTY)
            await conn.exec_driver_sql(
                filled("UPDATE layer_version SET version = version + 1 WHERE county_code = :c AND layer = 'parcels'")
            )


async def test_tiles_at_the_edge_of_the_world(planner: httpx.AsyncClient) -> None:
    for grid, last in (("WebMercatorQuad", 2**13 - 1), ("CGCS2000Quad", 2**12 - 1)):
        for layer in ("parcels", "control-lines", "towns", "blocks", "cases", "freed-land"):
            for row, col in ((0, 0), (last, 0), (0, 2**13 - 1), (last, 2**13 - 1)):
                answer = await planner.get(f"/collections/{layer}/tiles/{grid}/13/{row}/{col}")
                assert answer.status_code in (204, 404), (grid, layer, answer.text)


async def test_tiles_that_do_not_exist_are_named(
    planner: httpx.AsyncClient, viewer: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    row, col = tile_at(121.001, 30.001, 14)
    grid = f"{TILES}/WebMercatorQuad"
    outside = await planner.get(f"{grid}/14/0/0")
    assert (outside.status_code, outside.json()["code"]) == (404, "not_found"), "outside the declared limits"
    assert (await stranger.get(f"{grid}/14/{row}/{col}")).status_code in (204, 404), "another county's parcels"
    for bad in ("3/8/0", "3/0/8", "23/0/0", "-1/0/0", "3/-1/0"):
        answer = await planner.get(f"{grid}/{bad}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), bad
    for bad in ("0/0/0", "3/4/0", "3/0/8"):
        assert (await planner.get(f"{TILES}/CGCS2000Quad/{bad}")).status_code == 404, bad
    for bad in ("a/0/0", "1.5/0/0"):
        assert (await planner.get(f"{grid}/{bad}")).status_code == 400, bad
    for path in (f"{TILES}/GoogleMaps/3/0/0", "/collections/lakes/tiles/WebMercatorQuad/3/0/0"):
        assert (await planner.get(path)).status_code == 404, path
    assert (await viewer.get("/collections/cases/tiles/WebMercatorQuad/3/0/0")).status_code == 404, "not public"
    for client, theme in ((planner, "tax"), (planner, "standard_land"), (viewer, "display_class"), (viewer, "tax_band")):
        answer = await client.get(f"{grid}/14/{row}/{col}?theme={theme}")
        assert (answer.status_code, answer.json()["pointer"]) == (400, "query:theme"), theme
    assert (await planner.get("/collections/towns/tiles/WebMercatorQuad/3/0/0?theme=grade")).status_code == 400
    assert (await planner.get(f"{grid}/14/{row}/{col}?colour=red")).json()["code"] == "parameter_unknown"


async def test_a_tile_without_content_inside_the_limits_is_204(planner: httpx.AsyncClient, county: None) -> None:
    """The extent of the county reaches from 121.000 to 121.0098 E: at zoom 20 some tile between two parcels is empty."""
    row, col = tile_at(121.00095, 30.0009, 22)
    answer = await planner.get(f"{TILES}/WebMercatorQuad/22/{row}/{col}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["etag"]


@pytest.mark.parametrize("grid", GRIDS)
async def test_small_layers_are_drawn_with_labels(
    planner: httpx.AsyncClient, officer: httpx.AsyncClient, viewer: httpx.AsyncClient, grid: str
) -> None:
    for z in (6, 10, 14):
        lines = await every_tile(planner, z, grid, layer="control-lines")
        shapes = [f for f in lines if f["layer"] == "control-lines"]
        labels = [f for f in lines if f["layer"] == "control-lines_labels"]
        assert {f["properties"]["code"] for f in shapes} == {"control_line2"}, "the version in force today, no other family"
        assert [f["geometry"]["type"] for f in labels] == ["Point"], "one label a feature, in one tile"
        assert labels[0]["id"] == shapes[0]["id"]
        assert {f["properties"]["code"] for f in await every_tile(viewer, z, grid, layer="control-lines")} == {"control_line2"}
    cases = [f for f in await every_tile(planner, 15, grid, layer="cases") if f["layer"] == "cases"]
    assert {f["id"]: f["properties"]["state"] for f in cases} == {BASE + 1: "assigned", BASE + 2: "remediating"}
    assert {f["id"] for f in await every_tile(officer, 15, grid, layer="cases")} == {BASE + 1}, "his own body's"
    assert {f["geometry"]["type"] for f in await every_tile(planner, 4, grid, layer="cases")} == {"Point"}, "sub-pixel, not gone"


async def test_open_lines_and_points_of_a_control_line_are_drawn(planner: httpx.AsyncClient, with_lines: None) -> None:
    items = (await planner.get("/collections/control-lines/items", params={"bbox": "121.0055,30,121.01,30.01"})).json()["features"]
    assert [f["geometry"]["type"] for f in items] == ["MultiLineString", "MultiPoint"]
    assert {f["properties"]["area_planar_m2"] for f in items} == {None}
    drawn = await every_tile(planner, 15, layer="control-lines")
    shapes = {(f["properties"]["code"], f["geometry"]["type"]) for f in drawn if f["layer"] == "control-lines"}
    assert {("open1", "LineString"), ("open2", "MultiPoint")} <= shapes
    assert {"open1", "open2"} <= {f["properties"]["code"] for f in drawn if f["layer"] == "control-lines_labels"}
    page = await planner.get("/collections/control-lines/items", params={"f": "flatgeobuf"})
    assert sorted(geopandas.read_file(io.BytesIO(page.content)).geom_type) == ["MultiLineString", "MultiPoint", "MultiPolygon"]
    said = (await planner.get("/collections/control-lines/schema")).json()["properties"]["geom"]["format"]
    assert said == "geometry-any"


async def test_meta_speaks_the_words(planner: httpx.AsyncClient) -> None:
    said = (await planner.get("/api/meta")).json()
    assert said["county"] == {"code": "999012", "name": "地图县"}
    assert [b["name"] for b in said["bodies"]] == ["甲镇", "乙镇"]
    assert list(said["classes"]) == list(CLASSES)
    assert said["case_states"]["submitted"] == "已申请验收"
    assert {"name", "label", "unit"} <= set(said["facts"][0])
    assert (said["facts_as_of"], said["rule_version"]) == ("2025-09-30", "m-1")
    assert OTHER in {b["code"] for b in said["bodies"]}
