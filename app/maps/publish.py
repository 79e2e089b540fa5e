"""Rebuild the map rows of a county from the register and the facts, in the transaction that changes them.

What changed is noted here; the caller's unit of work touches the layers (`work.touch("parcels")`), which gives the notes their
version at its end: bumping here would take that lock too early.
"""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import clock, db, layers
from app.core.events import CaseChanged, FactsPublished, ParcelsChanged
from app.maps import cells
from app.maps.changes import notes
from app.maps.queries import sql

TABLES = ("map_filter", "map_parcel", "map_parcel_public")
_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('map'), hashtext(CAST(:county AS text)))")


async def publish(conn: AsyncConnection, county_code: str, parcel_ids: Sequence[int] | None = None) -> None:
    """Replace the rows of these parcels, or of the whole county; parcels no longer current disappear.

    One publication of a county at a time: coarse cells are everybody's, so they would wait for each other in any case,
    and waiting here once can't deadlock. Taken after the thing's row and the ledger lock, before the layer version.
    """
    await conn.execute(_LOCK, {"county": county_code})
    if parcel_ids is None:
        await _write(conn, county_code, None)
        await cells.rebuild(conn, county_code)
        await layers.note_all(conn, county_code, "parcels")
        return
    seen = await notes.before(conn, county_code, parcel_ids)
    held = await cells.held(conn, county_code, parcel_ids)
    await _write(conn, county_code, parcel_ids)
    await cells.move(conn, county_code, parcel_ids, held)
    await notes.parcels(conn, county_code, parcel_ids, seen)


async def _write(conn: AsyncConnection, county_code: str, parcel_ids: Sequence[int] | None) -> None:
    values = {"county": county_code, "ids": None if parcel_ids is None else list(parcel_ids)}
    chosen = "" if parcel_ids is None else " AND id = ANY(CAST(:ids AS bigint[]))"
    for table in TABLES:
        await conn.execute(text(f"DELETE FROM {table} WHERE county_code = :county{chosen}"), values)
    await conn.execute(text(sql("publish_filter")), {**values, "today": clock.today()})
    if parcel_ids is None:
        await db.analyze(conn, "map_filter")
    await conn.execute(text(sql("publish_parcels")), values)
    await conn.execute(text(sql("publish_public")), values)


async def on_parcels_changed(conn: AsyncConnection, event: ParcelsChanged) -> None:
    """Parcels came, changed or went."""
    await publish(conn, event.county_code, event.parcel_ids)


async def on_facts_published(conn: AsyncConnection, event: FactsPublished) -> None:
    """A run was published: verdicts, grades and bands on the map follow."""
    await publish(conn, event.county_code, event.parcel_ids)


async def on_case_changed(conn: AsyncConnection, event: CaseChanged) -> None:
    """A case moved: the display class of its parcels follows."""
    await publish(conn, event.county_code, event.parcel_ids)
