"""Overview cells stay what a full rebuild would make of them, whatever is published, in whatever order, by however many at once."""

import asyncio
import random
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import db
from app.maps import cells, meta, publish, queries
from tests.maps.conftest import BASE, COUNTY, OTHER, OWN

THEMES = {
    "map_cell": {"display_class", "grade", "tax_band", "far_band", "industry_division"},
    "map_cell_public": {"grade", "standard_land"},
}
CHANGES = (
    "UPDATE parcel_fact SET grade = (ARRAY['A','B','C','D',NULL])[1 + :r % 5] WHERE parcel_id = :p",
    "UPDATE parcel_fact SET far = (ARRAY[0.4999, 0.5, 1.0, 1.5, 2.0, NULL])[1 + :r % 6] WHERE parcel_id = :p",
    "UPDATE parcel_fact SET industry_division = (ARRAY['13','38',NULL])[1 + :r % 3], area_used_mu = 1 + :r % 7 WHERE parcel_id = :p",
    "UPDATE parcel_fact SET standard_land = (ARRAY['true','false'])[1 + :r % 2], tax_band = (ARRAY['le5','gt40'])[1 + :r % 2] WHERE parcel_id = :p",
    "UPDATE parcel_version SET geom = ST_Translate(geom, (:r % 5 - 2) * 0.01, (:r % 3 - 1) * 0.01) WHERE parcel_id = :p",
    f"UPDATE parcel_version SET responsible_body = (ARRAY['{OWN}','{OTHER}'])[1 + :r % 2] WHERE parcel_id = :p",
    "UPDATE parcel_version SET valid = daterange(lower(valid), CASE WHEN :r % 2 = 0 THEN '2025-09-01'::date END) WHERE parcel_id = :p",
)


async def every_cell(conn: AsyncConnection) -> dict[str, list[Any]]:
    return {
        table: [tuple(r) for r in await conn.execute(text(f"SELECT * FROM {table} WHERE county_code = :c ORDER BY 1,2,3,4,5,6,7,8"), {"c": COUNTY})]
        for table in cells.SOURCES
    }  # fmt: skip


async def rebuilt(conn: AsyncConnection) -> dict[str, list[Any]]:
    await cells.rebuild(conn, COUNTY, *cells.SOURCES)
    return await every_cell(conn)


async def change(conn: AsyncConnection, draw: random.Random) -> list[int]:
    """A few random changes in the register and the facts; the parcels they concern."""
    touched = set()
    for _ in range(draw.randint(1, 4)):
        parcel = BASE + draw.randint(1, 60)
        touched.add(parcel)
        await conn.execute(text(draw.choice(CHANGES)), {"r": draw.randint(0, 1000), "p": parcel})
    return sorted(touched)


async def test_every_zoom_and_theme_counts_every_parcel_once(county: None, conn: AsyncConnection) -> None:
    for table, themes in THEMES.items():
        rows = (
            await conn.execute(
                text(
                    f"SELECT grid, theme, z, responsible_body = '{cells.ALL}' AS added, sum(n) AS n, sum(mu4) AS mu FROM {table}"
                    " WHERE county_code = :c GROUP BY 1, 2, 3, 4"
                ),
                {"c": COUNTY},
            )
        ).all()
        assert {(r.grid, r.theme, r.z, r.added) for r in rows} == {
            (g, t, z, added)
            for g in ("WebMercatorQuad", "CGCS2000Quad")
            for t in themes
            for z, added in [*((z, False) for z in range(cells.FINEST + 1)), *((z, True) for z in cells.TOGETHER)]
        }
        assert {r.n for r in rows} == {60}
        assert len({r.mu for r in rows}) == 1
    used = (await conn.execute(text("SELECT sum(mu) FROM map_parcel WHERE county_code = :c"), {"c": COUNTY})).scalar_one()
    assert (
        await conn.execute(
            text("SELECT sum(mu4) / 10000 FROM map_cell WHERE county_code = :c AND z = 11 AND theme = 'grade'"), {"c": COUNTY}
        )
    ).scalar_one() == 2 * used


async def test_cells_stand_where_the_tiles_are(county: None, conn: AsyncConnection) -> None:
    """121.000–121.011 E, 30.000–30.007 N by the slippy map formula and by the degree grid, computed apart."""
    rows = await conn.execute(
        text("SELECT DISTINCT grid, row >> 5, col >> 5 FROM map_cell WHERE county_code = :c AND z = 12"), {"c": COUNTY}
    )
    assert {tuple(r) for r in rows} == {("WebMercatorQuad", 1689, 3424), ("CGCS2000Quad", 682, 3424)}


async def test_bands_of_far_have_the_words_of_the_legend(county: None, conn: AsyncConnection) -> None:
    for value in (0, 0.4999, 0.5, 0.99, 1, 1.4999, 1.5, 1.9999, 2, 7):
        parcel = BASE + 1 + int(value * 10) % 50
        await conn.execute(text("UPDATE parcel_fact SET far = :v WHERE parcel_id = :p"), {"v": value, "p": parcel})
        await publish.publish(conn, COUNTY, [parcel])
    seen = {
        r.value
        for r in await conn.execute(
            text("SELECT DISTINCT value FROM map_cell WHERE county_code = :c AND theme = 'far_band'"), {"c": COUNTY}
        )
    }
    assert seen == {"", *meta.FAR_BANDS}


@pytest.mark.parametrize("seed", range(3))
async def test_the_extent_is_that_of_every_parcel(county: None, conn: AsyncConnection, seed: int) -> None:
    """From the outermost cells alone; also of one so wide that its centre lies among the others, and of a county without parcels."""
    draw = random.Random(seed)
    extent = text(queries.extent("CAST(:c AS text)"))
    truth = text(
        "SELECT min((box[1])[0]) AS west, min((box[1])[1]) AS south, max((box[0])[0]) AS east, max((box[0])[1]) AS north"
        " FROM map_parcel WHERE county_code = :c"
    )
    wide = "UPDATE parcel_version SET geom = ST_Multi(ST_Scale(geom, CAST(ST_MakePoint(:x, :y) AS geometry), ST_Centroid(geom))) WHERE parcel_id = :p"
    for _ in range(6):
        touched = await change(conn, draw)
        await conn.execute(text(wide), {"p": BASE + draw.randint(1, 60), "x": draw.uniform(1, 40), "y": draw.uniform(1, 40)})
        await publish.publish(conn, COUNTY, [*range(BASE + 1, BASE + 61), *touched])
        assert (await conn.execute(extent, {"c": COUNTY})).one() == (await conn.execute(truth, {"c": COUNTY})).one()
    await conn.execute(
        text("UPDATE parcel_version SET valid = daterange(lower(valid), '2025-09-01') WHERE county_code = :c"), {"c": COUNTY}
    )
    await publish.publish(conn, COUNTY)
    assert (await conn.execute(extent, {"c": COUNTY})).one() == (None, None, None, None)
    await conn.execute(text("UPDATE county SET geom = ST_Multi(ST_MakeEnvelope(120, 29, 122, 31, 4490)) WHERE code = :c"), {"c": COUNTY})
    assert (await conn.execute(extent, {"c": COUNTY})).one() == (120, 29, 122, 31)


@pytest.mark.parametrize("seed", range(3))
async def test_partial_publications_equal_a_rebuild(county: None, conn: AsyncConnection, seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(25):
        await publish.publish(conn, COUNTY, await change(conn, draw))
    kept = await every_cell(conn)
    assert kept == await rebuilt(conn)
    assert len(kept["map_cell"]) > 500


async def test_publishing_the_same_again_writes_no_cell(county: None, conn: AsyncConnection) -> None:
    async def versions() -> list[Any]:
        return [
            tuple(r)
            for r in await conn.execute(
                text("SELECT ctid::text, xmin::text FROM map_cell WHERE county_code = :c ORDER BY 1"), {"c": COUNTY}
            )
        ]

    before = await versions()
    await publish.publish(conn, COUNTY, [BASE + n for n in range(1, 20)])
    assert await versions() == before


async def test_writers_at_once_lose_nothing(restored: None) -> None:
    """Six writers, ten publications each, over the same cells: no deadlock, and what is left equals a rebuild."""

    async def writer(number: int) -> None:
        draw = random.Random(number)
        for _ in range(10):
            async with db.engine().begin() as conn:
                parcel = BASE + 1 + number + 6 * draw.randint(0, 8)  # each writer has parcels of its own
                await conn.execute(text(draw.choice(CHANGES)), {"r": draw.randint(0, 1000), "p": parcel})
                await publish.publish(conn, COUNTY, [parcel])

    await asyncio.gather(*(writer(n) for n in range(6)))
    async with db.engine().connect() as conn:
        kept = await every_cell(conn)
        assert kept == await rebuilt(conn)
        await conn.rollback()
