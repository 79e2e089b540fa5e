"""Overview cells below the zoom at which parcels can be read: exact after every publication, whole or of a few parcels.

The caller holds the county's publishing lock (publish.py), so that what was read before still stands when it is subtracted.
"""

from collections.abc import Sequence
from functools import lru_cache

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import db
from app.maps.queries import sql

FINEST = 12
SOURCES = {"map_cell": "publish_cells_full", "map_cell_public": "publish_cells_public"}
"""Table → what a parcel adds to it."""

_ROOM = text("SELECT set_config('work_mem', '256MB', true)")
"""A county's cells are counted in memory, then sorted; on disk 1,000,000 parcels take minutes."""


def chosen(statement: str, *, is_all: bool) -> str:
    """The statement for all parcels (:ids is null) or for the given ones only."""
    return statement if is_all else statement.replace("CAST(:ids AS bigint[]) IS NULL OR ", "")


@lru_cache
def _statement(name: str, table: str, *, is_all: bool) -> TextClause:
    return text(chosen(sql(name).replace("{source}", sql(SOURCES[table])).replace("{table}", table), is_all=is_all))


async def rebuild(conn: AsyncConnection, county_code: str) -> None:
    """All cells of the county from its map rows: the finest zoom from the parcels, each other from the next finer one."""
    await conn.execute(_ROOM)
    for table in SOURCES:
        await conn.execute(text(f"DELETE FROM {table} WHERE county_code = :county"), {"county": county_code})
        await conn.execute(_statement("publish_cells_finest", table, is_all=True), {"county": county_code, "ids": None})
        for z in range(FINEST, 0, -1):
            await conn.execute(_statement("publish_cells_coarser", table, is_all=True), {"county": county_code, "z": z})
    await db.analyze(conn, *SOURCES)


async def held(conn: AsyncConnection, county_code: str, parcel_ids: Sequence[int]) -> dict[str, str]:
    """What these parcels add to each table's finest cells now, as JSON; for `move` after they are written anew."""
    values = {"county": county_code, "ids": list(parcel_ids)}
    return {table: (await conn.execute(_statement("publish_cells_held", table, is_all=False), values)).scalar_one() for table in SOURCES}


async def move(conn: AsyncConnection, county_code: str, parcel_ids: Sequence[int], before: dict[str, str]) -> None:
    """Cells of all zooms follow these parcels; nothing is written where nothing of theirs moved."""
    for table in SOURCES:
        values = {"county": county_code, "ids": list(parcel_ids), "held": before[table]}
        await conn.execute(_statement("publish_cells_move", table, is_all=False), values)
