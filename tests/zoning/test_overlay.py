"""Overlay ratios: planar, zeros stored, overlapping zones once, kept up when parcels change."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from app.core.events import ParcelsChanged
from app.zoning import CONTROL_LINE, FAMILIES, on_parcels_changed, overlay_layer, queries

COUNTY = "999009"
BASE = int(COUNTY) * 10**9


def box(x: float, y: float, width: float, height: float) -> str:
    """A rectangle in the county's plane, metres from a corner of the county."""
    return f"ST_Multi(ST_Transform(ST_MakeEnvelope(600000 + {x}, 3340000 + {y}, 600000 + {x + width}, 3340000 + {y + height}, 4549), 4490))"


@pytest.fixture
async def county(conn) -> None:
    await conn.execute(text("INSERT INTO county (code, name, meridian_epsg, is_test) VALUES (:c, '试', 4549, true)"), {"c": COUNTY})


async def add_parcel(conn, number: int, shape: str) -> int:
    parcel = BASE + number
    values = {"c": COUNTY, "p": parcel, "l": f"{COUNTY}101P{number:06d}0", "k": f"k{number}"}
    await conn.execute(text("INSERT INTO parcel (id, county_code, land_code, source_key) VALUES (:p, :c, :l, :k)"), values)
    await conn.execute(
        text(
            "INSERT INTO parcel_version (county_code, parcel_id, valid, geom, town_code, responsible_body, area_planar_m2, area_geodesic_m2)"
            f" VALUES (:c, :p, '[2021-01-01,)', {shape}, '999009101', '999009101', 1, 1)"
        ),
        {"c": COUNTY, "p": parcel},
    )
    return parcel


async def add_layer(conn, *shapes: str, version: str = "1") -> int:
    sql = "INSERT INTO planning_layer (county_code, family, version, valid_from) VALUES (:c, :f, :v, '2021-01-01') RETURNING id"
    layer = (await conn.execute(text(sql), {"c": COUNTY, "f": CONTROL_LINE, "v": version})).scalar_one()
    for number, shape in enumerate(shapes):
        await conn.execute(
            text(
                "INSERT INTO planning_zone (id, county_code, layer_id, code, area_planar_m2, geom)"
                f" SELECT CAST(:i AS bigint), CAST(:c AS text), CAST(:l AS bigint), CAST(:n AS text), CASE WHEN ST_Dimension(g) = 2 THEN 1 END, g FROM (SELECT {shape} AS g) s"
            ),
            {"i": BASE + layer * 100 + number, "c": COUNTY, "l": layer, "n": f"z{number}"},
        )
    return layer


async def ratios(conn) -> dict[int, tuple[Decimal, Decimal]]:
    rows = await conn.execute(text("SELECT parcel_id, ratio, area_m2 FROM parcel_overlay WHERE county_code = :c"), {"c": COUNTY})
    return {row.parcel_id - BASE: (row.ratio, row.area_m2) for row in rows}


@pytest.mark.parametrize(
    ("x", "ratio", "area"), [(0, "1", "10000"), (950, "0.5", "5000"), (999, "0.01", "100"), (1000, "0", "0"), (5000, "0", "0")]
)
async def test_share_of_the_parcel_in_the_plane(conn, county: None, x: float, ratio: str, area: str) -> None:
    await add_parcel(conn, 1, box(x, 100, 100, 100))
    layer = await add_layer(conn, box(0, 0, 1000, 1000))
    await overlay_layer(conn, COUNTY, layer)
    found = (await ratios(conn))[1]
    assert found[0] == pytest.approx(Decimal(ratio), abs=Decimal("0.00001"))
    assert found[1] == pytest.approx(Decimal(area), abs=Decimal("0.05"))


async def test_overlapping_zones_count_once_and_neighbours_add(conn, county: None) -> None:
    await add_parcel(conn, 1, box(0, 0, 100, 100))
    layer = await add_layer(conn, box(-10, -10, 60, 200), box(40, -10, 20, 200), box(60, -10, 10, 200))
    await overlay_layer(conn, COUNTY, layer)
    assert (await ratios(conn))[1][0] == pytest.approx(Decimal("0.7"), abs=Decimal("0.00001"))


LINE, DOTS = (f"ST_Multi(ST_Transform(ST_SetSRID(CAST('{g}' AS geometry), 4549), 4490))" for g in (
    "LINESTRING(600000 3340050, 600100 3340050)", "POINT(600050 3340050)"))  # fmt: skip


async def test_lines_and_points_have_no_inside(conn, county: None) -> None:
    await add_parcel(conn, 1, box(0, 0, 100, 100))
    layer = await add_layer(conn, box(-10, -10, 60, 200), LINE, DOTS)
    await overlay_layer(conn, COUNTY, layer)
    assert (await ratios(conn))[1][0] == pytest.approx(Decimal("0.5"), abs=Decimal("0.00001"))
    await conn.execute(text("DELETE FROM planning_zone WHERE layer_id = :l AND area_planar_m2 IS NOT NULL"), {"l": layer})
    assert await overlay_layer(conn, COUNTY, layer) == 1
    assert await ratios(conn) == {}, "of lines alone nothing is known, not 0"


async def test_a_long_line_of_many_vertices_cuts_nothing_at_its_seams(conn, county: None) -> None:
    for number in range(40):
        await add_parcel(conn, number, box(number * 120, 300, 100, 100))
    circle = "ST_Multi(ST_Transform(ST_Buffer(ST_SetSRID(ST_MakePoint(602400, 3340350), 4549), 9000, 500), 4490))"
    await overlay_layer(conn, COUNTY, await add_layer(conn, circle))
    assert {ratio for ratio, _ in (await ratios(conn)).values()} == {Decimal(1)}


async def test_only_the_named_parcels_are_written_and_only_when_they_change(conn, county: None) -> None:
    first, second = await add_parcel(conn, 1, box(0, 0, 100, 100)), await add_parcel(conn, 2, box(500, 0, 100, 100))
    layer = await add_layer(conn, box(-10, -10, 120, 120))
    assert await overlay_layer(conn, COUNTY, layer, [first]) == 1
    assert set(await ratios(conn)) == {1}
    assert await overlay_layer(conn, COUNTY, layer) == 1
    assert await overlay_layer(conn, COUNTY, layer) == 0
    assert (await ratios(conn))[second - BASE] == (Decimal(0), Decimal(0))


async def test_changed_parcels_are_measured_in_every_version(conn, county: None) -> None:
    parcel = await add_parcel(conn, 1, box(0, 0, 100, 100))
    layers = [await add_layer(conn, box(0, 0, width, 100), version=str(width)) for width in (20, 60)]
    await on_parcels_changed(conn, ParcelsChanged(COUNTY, None))
    await conn.execute(text(f"UPDATE parcel_version SET geom = {box(0, 0, 50, 100)} WHERE parcel_id = :p"), {"p": parcel})
    await on_parcels_changed(conn, ParcelsChanged(COUNTY, []))
    rows = await conn.execute(text("SELECT ratio FROM parcel_overlay WHERE parcel_id = :p ORDER BY layer_id"), {"p": parcel})
    assert [float(r.ratio) for r in rows] == pytest.approx([0.2, 0.6], abs=1e-5)
    await on_parcels_changed(conn, ParcelsChanged(COUNTY, [parcel]))
    rows = await conn.execute(text("SELECT layer_id, ratio FROM parcel_overlay WHERE parcel_id = :p ORDER BY layer_id"), {"p": parcel})
    assert [(r.layer_id, float(r.ratio)) for r in rows] == [(layers[0], pytest.approx(0.4, abs=1e-5)), (layers[1], 1.0)]


async def test_the_lookup_goes_through_the_parcels_index(conn, county: None) -> None:
    for number in range(300):
        await add_parcel(conn, number, box(number * 120, 300, 100, 100))
    layer = await add_layer(conn, box(0, 0, 500, 500))
    values: dict[str, Any] = {"county": COUNTY, "plane": 4549, "layer_id": layer, "parcel_ids": None}
    plan = "\n".join(row[0] for row in await conn.execute(text(f"EXPLAIN {queries._OVERLAY.text}"), values))
    assert "Index Scan using ix_parcel_version_geom" in plan or "Bitmap Index Scan on ix_parcel_version_geom" in plan


def test_families_have_labels_and_free_colours() -> None:
    assert {f.code for f in FAMILIES.values()} == set(FAMILIES)
    assert FAMILIES[CONTROL_LINE].label == "工业区块控制线"
    assert len({f.colour for f in FAMILIES.values()}) == len(FAMILIES)
    assert {code for code, family in FAMILIES.items() if family.is_restricted} == {"permanent_basic_farmland", "ecological_redline"}
