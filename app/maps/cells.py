"""Overview cells below the zoom at which parcels can be read: exact after every publication, whole or of a few parcels.

The caller holds the county's publishing lock (publish.py), so that what was read before still stands when it is subtracted.
"""

from collections.abc import Mapping
from functools import lru_cache

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import db
from app.maps.queries import sql

FINEST = 12
TOGETHER = range(6, 9)
"""Zooms at which the bodies' cells are stored added up as well, under `ALL`: a county's tile has hundreds of cells there, which its bodies
share, so who may read all of them needs a third of the rows. Farther out there are few anyway; nearer, a cell is mostly one body's.
Other zooms need a migration that writes their rows, as 0024 did."""
ALL = "all bodies"
"""Stands for the responsible body where all are added up: longer than any body's code."""
SOURCES = {"map_cell": "publish_cells_full", "map_cell_public": "publish_cells_public"}
"""Table → what a parcel adds to it."""

ROOM = text("SELECT set_config('work_mem', '256MB', true)")
"""A county's rows are joined, its cells counted and sorted in memory; on disk 1,000,000 parcels take minutes."""


def chosen(statement: str, *, is_all: bool) -> str:
    """The statement for all parcels (:ids is null) or for the given ones only."""
    return statement if is_all else statement.replace("CAST(:ids AS bigint[]) IS NULL OR ", "")


def _source(table: str, parcel: str | None = None, filter_: str = "map_filter") -> str:
    """What parcels add to the table: those published, or rows of that name in a statement."""
    return sql(SOURCES[table]).replace("{parcel}", parcel or table.replace("cell", "parcel")).replace("{filter}", filter_)


@lru_cache
def _statement(name: str, table: str) -> TextClause:
    return text(sql(name).replace("{source}", _source(table)).replace("{table}", table))


async def rebuild(conn: AsyncConnection, county_code: str, *tables: str) -> None:
    """All cells of the county in these tables from its map rows: the finest zoom from the parcels, each other from the next finer one, the
    sums of all bodies from theirs."""
    for table in tables:
        await conn.execute(text(f"DELETE FROM {table} WHERE county_code = :county"), {"county": county_code})
        await conn.execute(_statement("publish_cells_finest", table), {"county": county_code, "ids": None})
        for z in range(FINEST, 0, -1):
            await conn.execute(_statement("publish_cells_coarser", table), {"county": county_code, "z": z})
        await conn.execute(_statement("publish_cells_together", table), {"county": county_code, "zooms": list(TOGETHER), "all": ALL})
    await db.analyze(conn, *tables)


def moves(rows: Mapping[str, str]) -> str:
    """Parts of a statement that make the cells of all zooms follow the given parcels; nothing is written where nothing of theirs moved.

    `rows`: map table → the name its new rows have in the statement.
    """
    return ",\n".join(
        chosen(
            sql("publish_cells_move")
            .replace("{now}", _source(table, rows[table.replace("cell", "parcel")], rows["map_filter"]))
            .replace("{was}", _source(table))
            .replace("{table}", table)
            .replace("{first}", str(TOGETHER[0]))
            .replace("{last}", str(TOGETHER[-1]))
            .replace("{all}", ALL),
            is_all=False,
        )
        for table in SOURCES
    )
