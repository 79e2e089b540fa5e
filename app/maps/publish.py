"""Rebuild the map rows of a county from the register and the facts, in the transaction that changes them.

What changed is noted here; the caller's unit of work touches the layers (`work.touch("parcels")`), which gives the notes their
version at its end: bumping here would take that lock too early.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import FromClause, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import aside, clock, db, layers
from app.core.events import CaseChanged, ConnectionOpened, FactsPublished, ParcelsChanged
from app.maps import cells
from app.maps.cells import chosen
from app.maps.changes import notes
from app.maps.models import MapParcel, MapParcelPublic, MapShape, map_filter
from app.maps.queries import sql

MODELS: dict[str, FromClause] = {
    "map_filter": map_filter,
    "map_parcel": MapParcel.__table__,
    "map_shape": MapShape.__table__,
    "map_parcel_public": MapParcelPublic.__table__,
}
TABLES = tuple(MODELS)
ROWS = {"map_filter": "filter_row", "map_parcel": "parcel_row", "map_shape": "shape_row", "map_parcel_public": "public_row"}
"""Table → the name of its new rows in publish_given.sql."""
FEW = 0.05
"""Up to this share of different parcels a county is published by difference: readers keep their caches, indexes are not built anew."""
GENERIC = 100
"""Up to this many given parcels the server plans a publication once a connection; planning takes three times as long as publishing one."""
_SETTINGS = text("SELECT set_config('plan_cache_mode', CAST(:plan AS text), true), set_config('enable_seqscan', CAST(:scan AS text), true)")
_TURN = text(f"{_SETTINGS.text}, pg_advisory_xact_lock(hashtext('map'), hashtext(CAST(:county AS text)))")
_FIRST = text(f"{_SETTINGS.text}, ST_Transform(ST_SetSRID(ST_MakePoint(120, 30), 4490), 3857)")
_BY_KEY, _AS_PLANNED = {"plan": "force_generic_plan", "scan": "off"}, {"plan": "auto", "scan": "on"}
"""One plan for few parcels, made of look-ups by key also where a table was still empty when it was made."""
_HAS_ROWS = text("SELECT EXISTS (SELECT FROM map_parcel WHERE county_code = :county)")
_IS_NEW = text("SELECT reltuples < CAST(:most AS int) FROM pg_class WHERE oid = CAST('parcel_version' AS regclass)")
ASIDE = (*TABLES, *cells.SOURCES)
"""Written aside while nothing of any county is published."""
BESIDE = ("map_filter", "map_shape", "map_parcel_public", "map_cell_public")
"""Of these, what a second session writes, where there is one."""
READS = ("parcel_fact", "verdict", "remediation_case", "case_parcel", "determination", "responsible_body")
"""What rows of the map are made from, beside the register."""
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
    if parcel_ids is None or (len(parcel_ids) > GENERIC and not await _is_published(conn, county_code)):
        await conn.execute(_TURN, {"county": county_code, **_AS_PLANNED})
        await _county(conn, county_code)
    else:
        await _parcels(conn, county_code, parcel_ids)


async def _parcels(conn: AsyncConnection, county_code: str, parcel_ids: Sequence[int]) -> None:
    is_named, is_few = len(parcel_ids) <= notes.NAMED, len(parcel_ids) <= GENERIC
    await conn.execute(_TURN, {"county": county_code, **(_BY_KEY if is_few else _AS_PLANNED)})
    if not is_few:
        await _count(conn, len(parcel_ids))
    await conn.execute(_given(is_named=is_named), {"county": county_code, "ids": list(parcel_ids), "today": clock.today()})
    if not is_named:
        await layers.note_all(conn, county_code, "parcels")


async def _is_published(conn: AsyncConnection, county_code: str) -> bool:
    return bool((await conn.execute(_HAS_ROWS, {"county": county_code})).scalar_one())


async def _count(conn: AsyncConnection, most: int) -> None:
    """Statistics of a register that this transaction has just filled: else the planner expects one parcel and compares each with each."""
    if (await conn.execute(_IS_NEW, {"most": most})).scalar_one():
        await db.analyze(conn, "parcel", "parcel_version")


async def _county(conn: AsyncConnection, county_code: str) -> None:
    """The whole county: its rows are made aside and compared; few different ones are published alone, else all are replaced.

    The first county of the tables is written aside, which ends with sorted indexes.
    """
    values: dict[str, Any] = {"county": county_code, "ids": None}
    await conn.execute(cells.ROOM)
    await _count(conn, GENERIC)
    if not await _is_published(conn, county_code):
        async with aside.first_rows(conn, *ASIDE, there=BESIDE, reads=READS) as copies:
            await _first(copies, values)
        await layers.note_all(conn, county_code, "parcels")
    elif await _replaced(conn, values):
        await _public(conn, values)
        await db.analyze(conn, *TABLES[1:])  # map_filter's are there
        await cells.rebuild(conn, county_code, *cells.SOURCES)
        await layers.note_all(conn, county_code, "parcels")


async def _first(copies: aside.Copies, values: dict[str, Any]) -> None:
    """Typed columns, by which all else is joined; then what parcels are, beside where they are and their public form; with their cells."""
    here, there = copies.here, copies.there

    async def whole() -> None:
        await here.execute(_rows("map_parcel"), values)
        await db.analyze(here, "map_parcel")
        await cells.rebuild(here, values["county"], "map_cell")
        await copies.index(here, "map_parcel", "map_cell")

    async def shapes() -> None:
        await copies.begin(*BESIDE[1:])
        await there.execute(cells.ROOM)
        await there.execute(_rows("map_shape"), values)
        await _public(there, values)
        await db.analyze(there, "map_shape", "map_parcel_public")
        await cells.rebuild(there, values["county"], "map_cell_public")
        await copies.index(there, *BESIDE[1:])
        await copies.keep()

    await copies.begin(BESIDE[0])
    await there.execute(cells.ROOM)
    await _filter(there, values)
    await db.analyze(there, "map_filter")
    await copies.index(there, BESIDE[0])
    await copies.keep()
    await copies.at_once(whole, shapes)


async def _public(conn: AsyncConnection, values: dict[str, Any]) -> None:
    await conn.execute(_all("publish_public", "map_parcel_public", "map_parcel_public"), values)


async def _filter(conn: AsyncConnection, values: dict[str, Any], table: str = "map_filter") -> None:
    await conn.execute(_all("publish_filter", table, "map_filter"), {**values, "today": clock.today()})


async def _replaced(conn: AsyncConnection, values: dict[str, Any]) -> bool:
    """Whether so much was different that all rows but the public ones were replaced; else the different ones are published."""
    for statement in _FRESH:
        await conn.execute(text(statement))
    await _filter(conn, values, "fresh_filter")
    for table in ("map_parcel", "map_shape"):
        await conn.execute(_rows(table, "fresh_"), values)
    found = (await conn.execute(text(sql("publish_different")), values)).one()
    is_few = len(found.ids) <= found.parcels * FEW
    if not is_few:
        for table in TABLES:
            await conn.execute(text(f"DELETE FROM {table} WHERE county_code = :county"), values)
        for table in ("filter", "parcel", "shape"):
            await conn.execute(text(f"INSERT INTO map_{table} SELECT * FROM fresh_{table} ORDER BY id"))
        await db.analyze(conn, "map_filter")
    await conn.execute(text("DROP TABLE fresh_filter, fresh_parcel, fresh_shape"))
    if is_few:
        if found.ids:
            await _parcels(conn, values["county"], found.ids)
        await notes.facts(conn, values["county"])
    return not is_few


def _names(table: str, of: str = "") -> str:
    """Columns of a table as text, `of` a row."""
    return ", ".join(f"{of}{column.name}" for column in MODELS[table].columns)


@lru_cache
def _all(rows: str, table: str, like: str) -> TextClause:
    """All rows of a county into a table."""
    return text(f"INSERT INTO {table} ({_names(like)})\n{sql(rows)}")


@lru_cache
def _rows(table: str, form: str = "map_") -> TextClause:
    """All rows of a county into map_parcel or map_shape, or their fresh forms; joined for each: a million shapes are too many to keep."""
    rows = sql("publish_parcels").replace("{filter}", f"{form}filter").replace("shown AS (", "shown AS NOT MATERIALIZED (")
    return text(f"WITH {rows}\nINSERT INTO {table.replace('map_', form)} ({_names(table)}) SELECT {_names(table)} FROM {ROWS[table]}")


@lru_cache
def _given(*, is_named: bool) -> TextClause:
    """The statement that publishes given parcels, with or without the note that names them."""
    parts = {
        "typed": sql("publish_filter"), "parcels": sql("publish_parcels").replace("{filter}", ROWS["map_filter"]),
        "public": sql("publish_public"), "rows": ",\n".join(_follow(table) for table in TABLES), "cells": cells.moves(ROWS),
        "note": ",\n" + notes.parcels(ROWS, f"ROW({_names('map_filter', 'f.')})::map_filter") if is_named else "",
    }  # fmt: skip
    statement = sql("publish_given")
    for name, part in parts.items():
        statement = statement.replace(f"{{{name}}}", part)
    return text(chosen(statement, is_all=False))


def _follow(table: str) -> str:
    sets = ", ".join(f"{c.name} = excluded.{c.name}" for c in MODELS[table].columns if not c.primary_key)
    parts = {"table": table, "rows": ROWS[table], "columns": _names(table), "values": _names(table, "r."), "sets": sets}
    statement = sql("publish_rows")
    for name, part in parts.items():
        statement = statement.replace(f"{{{name}}}", part)
    return statement


async def on_connection_opened(conn: AsyncConnection, event: ConnectionOpened) -> None:
    """Publish no parcel, transform a point, undo it: the plan and PROJ's database cost a connection 100 ms of CPU once."""
    async with conn.begin_nested() as trial:
        await conn.execute(_FIRST, _BY_KEY)
        await conn.execute(_given(is_named=True), {"county": event.county_code, "ids": [], "today": clock.today()})
        await trial.rollback()


async def on_parcels_changed(conn: AsyncConnection, event: ParcelsChanged) -> None:
    """Parcels came, changed or went."""
    await publish(conn, event.county_code, event.parcel_ids)


async def on_facts_published(conn: AsyncConnection, event: FactsPublished) -> None:
    """A run was published: verdicts, grades and bands on the map follow."""
    await publish(conn, event.county_code, event.parcel_ids)


async def on_case_changed(conn: AsyncConnection, event: CaseChanged) -> None:
    """A case moved: the display class of its parcels follows."""
    await publish(conn, event.county_code, event.parcel_ids)
