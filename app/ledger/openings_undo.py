"""An import of 期初台账 taken back: counter-postings on the openings' own days, so that every period's figures are as before it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import events
from app.ledger import queries
from app.ledger.queries import Book, Entry


async def standing_on_openings(conn: AsyncConnection, county: str, import_id: int) -> list[str]:
    """What was decided on the openings of an import since, by name: 补图 of a row, later grounds that overlap its ground."""
    rows = await queries.openings_stood_on(conn, county, import_id)
    return [f"{row.kind} {row.name}" for row in rows]


async def reverse_openings(conn: AsyncConnection, county: str, import_id: int, *, by: str, reason: str) -> list[int]:
    """Post the negative of every opening of the import that stands; its grounds no longer stand. Returns the postings' numbers."""
    posted: list[int] = []
    for book in await queries.books_of_import(conn, county, import_id):
        await queries.lock(conn, book)
        posted += await _reverse(conn, book, await queries.openings_of_import(conn, book, import_id), by=by, reason=reason)
    if posted:
        await events.publish(conn, events.GroundPosted(county, posted))
    return posted


async def _reverse(conn: AsyncConnection, book: Book, standing: Sequence[Row[Any]], *, by: str, reason: str) -> list[int]:
    posted = await queries.post(conn, book, [_against(row, by=by, reason=reason) for row in standing])
    await queries.fell(conn, book.county, [row.ground_id for row in standing if row.ground_id is not None])
    return posted


def _against(posting: Row[Any], *, by: str, reason: str) -> Entry:
    return Entry(
        kind="reversal", responsible_body=posting.responsible_body, posted_on=posting.posted_on, counted_m2=-posting.counted_m2,
        ground_m2=-posting.ground_m2, by=by, method=posting.method, ground_id=posting.ground_id, opening_key=posting.opening_key,
        project_code=posting.project_code, project_name=posting.project_name, parcel_id=posting.parcel_id,
        geometry_status=posting.geometry_status, reverses_id=posting.id, reason=reason, document=posting.document,
    )  # fmt: skip
