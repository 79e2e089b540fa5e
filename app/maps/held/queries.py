"""SQL of the memory: a county's parcels, the changed ones among them, what a condition keeps."""

import asyncio
from functools import lru_cache
from pathlib import Path

import asyncpg

from app.maps import queries
from app.maps.held.land import SHIFT, SLOTS, Land
from app.maps.held.texts import Texts, measured
from app.maps.queries import Page, View
from app.maps.values import Values

_MINUTES = 5 * 60 * 1000
"""Statement time-out of reading a county, milliseconds: nobody waits for it."""


@lru_cache
def _sql(name: str) -> str:
    return (Path(__file__).parent / "sql" / f"{name}.sql").read_text("utf-8")


async def county(pool: asyncpg.Pool, county_code: str, limit: int) -> tuple[int, Land, Texts] | None:
    """Version of the parcels' layer and all parcels of that moment; None where their texts are longer than `limit`."""
    copied = bytearray()

    async def take(part: bytes) -> None:
        copied.extend(part)

    async with pool.acquire(timeout=10) as conn, conn.transaction(isolation="repeatable_read", readonly=True):
        await conn.execute(f"SET LOCAL statement_timeout = {_MINUTES}")
        version = await conn.fetchval(queries.sql("version"), county_code, "parcels")
        await conn.copy_from_query(_sql("measures"), county_code, output=take, format="binary")
        land, texts = await asyncio.to_thread(measured, copied, limit)
        if texts is None:
            return None
        await conn.copy_from_query(_sql("texts"), county_code, SHIFT, output=texts.filling(), format="binary")
    return version or 0, land, texts


async def given(pool: asyncpg.Pool, county_code: str, ids: list[int]) -> tuple[int, list[asyncpg.Record]]:
    """Version, and those of these parcels that are there, in the order of their ids."""
    rows = await pool.fetch(_sql("given"), county_code, ids)
    return rows[0]["version"], [row for row in rows if row["id"] is not None]


async def kept(pool: asyncpg.Pool, view: View, page: Page, numbers: list[int] | None) -> tuple[int, dict[int, int]]:
    """Version, and for each of these blocks (None: of all) that has any a bit for each parcel that the page's conditions keep."""
    bind = Values([view.county_code])
    source = "map_parcel m" if numbers is None else _GIVEN.format(blocks=bind(numbers), shift=SHIFT, last=SLOTS - 1)
    joined, filtered = queries.joined(view, page), queries.filtered(view, page, bind)
    statement = _sql("kept").format(source=source, joined=joined, filtered=filtered, shift=SHIFT, last=SLOTS - 1)
    rows = await pool.fetch(statement, *bind.bound)
    return rows[0]["version"], {row["number"]: row["bits"] for row in rows if row["number"] is not None}


_GIVEN = "unnest({blocks}::bigint[]) b (number) JOIN map_parcel m ON m.id BETWEEN b.number << {shift} AND (b.number << {shift}) + {last}"
