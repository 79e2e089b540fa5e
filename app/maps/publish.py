"""Rebuild the map rows of a county from the register and the facts, in the transaction that changes them.

What changed is noted here; the caller's unit of work touches the layers (`work.touch("parcels")`), which gives the notes their
version at its end: bumping here would take that lock too early.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import clock, db, layers
from app.core.events import CaseChanged, FactsPublished, ParcelsChanged
from app.maps import cells
from app.maps.cells import chosen
from app.maps.changes import notes
from app.maps.queries import sql

TABLES = ("map_filter", "map_parcel", "map_shape", "map_parcel_public")
FEW = 0.05
"""Up to this share of different parcels a county is published by difference: readers keep their caches, indexes are not built anew."""
_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('map'), hashtext(CAST(:county AS text)))")
_HAS_ROWS = text("SELECT EXISTS (SELECT FROM map_parcel WHERE county_code = :county)")
_FRESH = (
    "CREATE TEMP TABLE fresh_filter (LIKE map_filter) ON COMMIT DROP",
    "CREATE TEMP TABLE fresh_parcel (LIKE map_parcel INCLUDING STORAGE) WITH (toast_tuple_target = 8160) ON COMMIT DROP",
    "CREATE TEMP TABLE fresh_shape (LIKE map_shape) ON COMMIT DROP",
)


async def publish(conn: AsyncConnection, county_code: str, parcel_ids: Sequence[int] | None = None) -> None:
    """Replace the rows of these parcels, or of the whole county; parcels no longer current disappear.

    One publication of a county at a time: coarse cells are everybody's, so they would wait for each other in any case,
    and waiting here once can't deadlock. Taken after the thing's row and the ledger lock, before the layer version.
    """
    await conn.execute(_LOCK, {"county": county_code})
    if parcel_ids is None:
        await _county(conn, county_code)
    else:
        await _parcels(conn, county_code, parcel_ids)


async def _parcels(conn: AsyncConnection, county_code: str, parcel_ids: Sequence[int]) -> None:
    seen = await notes.before(conn, county_code, parcel_ids)
    held = await cells.held(conn, county_code, parcel_ids)
    values = {"county": county_code, "ids": list(parcel_ids)}
    for table in TABLES:
        await conn.execute(text(f"DELETE FROM {table} WHERE county_code = :county AND id = ANY(CAST(:ids AS bigint[]))"), values)
    await _insert(conn, values)
    await conn.execute(_statement("publish_public", is_all=False), values)
    await cells.move(conn, county_code, parcel_ids, held)
    await notes.parcels(conn, county_code, parcel_ids, seen)


async def _county(conn: AsyncConnection, county_code: str) -> None:
    """The whole county: its rows are made aside and compared; few different ones are published alone, else all are replaced."""
    values: dict[str, Any] = {"county": county_code, "ids": None}
    if (await conn.execute(_HAS_ROWS, values)).scalar_one():
        for statement in _FRESH:
            await conn.execute(text(statement))
        await _insert(conn, values, "fresh")
        found = (await conn.execute(text(sql("publish_different")), values)).one()
        is_few = len(found.ids) <= found.parcels * FEW
        if not is_few:
            for table in TABLES:
                await conn.execute(text(f"DELETE FROM {table} WHERE county_code = :county"), values)
            for table in ("filter", "parcel", "shape"):
                await conn.execute(text(f"INSERT INTO map_{table} SELECT * FROM fresh_{table} ORDER BY id"))
        await conn.execute(text("DROP TABLE fresh_filter, fresh_parcel, fresh_shape"))
        if is_few:
            if found.ids:
                await _parcels(conn, county_code, found.ids)
            await notes.facts(conn, county_code)
            return
    else:
        await _insert(conn, values)
    await conn.execute(_statement("publish_public", is_all=True), values)
    await db.analyze(conn, *TABLES)
    await cells.rebuild(conn, county_code)
    await layers.note_all(conn, county_code, "parcels")


async def _insert(conn: AsyncConnection, values: dict[str, Any], tables: str = "map") -> None:
    """Typed columns, texts and shapes of the parcels from the register, the facts and the cases, into map_… or fresh_… tables."""
    is_all = values["ids"] is None
    await conn.execute(_statement("publish_filter", tables, is_all=is_all), {**values, "today": clock.today()})
    if is_all and tables == "map":
        await db.analyze(conn, "map_filter")
    await conn.execute(_statement("publish_parcels", tables, is_all=is_all), values)


@lru_cache
def _statement(name: str, tables: str = "map", *, is_all: bool) -> TextClause:
    """One text a use, so that the server keeps the plan of a small publication: with "all, or the given ids" it plans each anew."""
    return text(chosen(sql(name), is_all=is_all).replace("{tables}", tables))


async def on_parcels_changed(conn: AsyncConnection, event: ParcelsChanged) -> None:
    """Parcels came, changed or went."""
    await publish(conn, event.county_code, event.parcel_ids)


async def on_facts_published(conn: AsyncConnection, event: FactsPublished) -> None:
    """A run was published: verdicts, grades and bands on the map follow."""
    await publish(conn, event.county_code, event.parcel_ids)


async def on_case_changed(conn: AsyncConnection, event: CaseChanged) -> None:
    """A case moved: the display class of its parcels follows."""
    await publish(conn, event.county_code, event.parcel_ids)
