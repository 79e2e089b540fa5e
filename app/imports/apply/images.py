"""前像: what stood in a kind's tables before an import and after it, row by row; undo puts back exactly that, one way for every table.

An image is {column: text}; a geometry is the hexadecimal of its EWKB, a moment is in UTC. The caller holds the county's import lock.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, DateTime, Table, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import DeclarativeBase

from app.imports.bulk import table_of

Models = Sequence[type[DeclarativeBase]]
_BEFORE = (
    "CREATE TEMPORARY TABLE IF NOT EXISTS import_before (table_name text, row_key text, image jsonb) ON COMMIT DROP",
    "DELETE FROM import_before",
)
_OF = "x.county_code = :c AND x.import_id = :i AND x.table_name = :t"


@dataclass(frozen=True)
class Changed:
    """A row that is no longer as the import left it, and the later import that did it, if one did."""

    table: str
    later: int | None


def _image(table: Table, alias: str) -> str:
    members = ", ".join(f"'{column.name}', {_text(column, alias)}" for column in _stored(table))
    return f"jsonb_build_object({members})"


def _stored(table: Table) -> list[Column[Any]]:
    return [column for column in table.columns if column.computed is None]


def _text(column: Column[Any], alias: str) -> str:
    name = f"{alias}.{column.name}"
    if isinstance(column.type, DateTime):
        return f"to_char({name} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24\\:MI\\:SS.US+00')"
    return f"CAST({name} AS text)"


def key_of(model: type[DeclarativeBase], alias: str) -> str:
    """SQL of a row's key: its primary key within the county."""
    names = [column.name for column in table_of(model).primary_key.columns if column.name != "county_code"]
    return "concat_ws('|', " + ", ".join(f"{alias}.{name}" for name in names) + ")"


def _now(model: type[DeclarativeBase]) -> str:
    """The county's rows as they stand: (row_key, image)."""
    table = table_of(model)
    return f"SELECT {key_of(model, 't')} AS row_key, {_image(table, 't')} AS image FROM {table.name} AS t WHERE t.county_code = :c"


@asynccontextmanager
async def kept(conn: AsyncConnection, county: str, import_id: int, models: Models) -> AsyncIterator[None]:
    """What is written inside to these tables of the county is kept as the import's changes."""
    if not models:
        yield
        return
    for statement in _BEFORE:
        await conn.execute(text(statement))
    for model in models:
        sql = (
            f"INSERT INTO import_before (table_name, row_key, image) SELECT CAST(:t AS text), n.row_key, n.image FROM ({_now(model)}) AS n"
        )
        await conn.execute(text(sql), {"c": county, "t": table_of(model).name})
    yield
    for model in models:
        sql = (
            "INSERT INTO import_change (county_code, table_name, row_key, import_id, before, after)"
            " SELECT :c, CAST(:t AS text), coalesce(b.row_key, n.row_key), CAST(:i AS bigint), b.image, n.image"
            f" FROM (SELECT row_key, image FROM import_before WHERE table_name = :t) AS b FULL JOIN ({_now(model)}) AS n"
            " ON n.row_key = b.row_key WHERE n.image IS DISTINCT FROM b.image"
        )
        await conn.execute(text(sql), {"c": county, "t": table_of(model).name, "i": import_id})
    sql = "UPDATE import_job SET keeps_before = true WHERE county_code = :c AND id = :i"
    await conn.execute(text(sql), {"c": county, "i": import_id})


async def has_kept(conn: AsyncConnection, county: str, import_id: int) -> bool:
    """Whether the import's changes were kept (not so before there was an undo of its kind)."""
    sql = "SELECT keeps_before FROM import_job WHERE county_code = :c AND id = :i"
    return bool((await conn.execute(text(sql), {"c": county, "i": import_id})).scalar())


async def changed_since(conn: AsyncConnection, county: str, import_id: int, models: Models) -> list[Changed]:
    """Rows that are not as the import left them."""
    found = []
    for model in models:
        sql = (
            "SELECT (SELECT max(y.import_id) FROM import_change AS y WHERE y.county_code = :c AND y.table_name = :t"
            " AND y.row_key = x.row_key AND y.import_id <> :i AND (y.after = n.image OR y.after IS NULL AND n.image IS NULL)) AS later"
            f" FROM import_change AS x LEFT JOIN ({_now(model)}) AS n ON n.row_key = x.row_key WHERE {_OF}"
            " AND NOT coalesce(n.image @> x.after, n.image IS NULL AND x.after IS NULL)"
        )
        rows = await conn.execute(text(sql), {"c": county, "t": table_of(model).name, "i": import_id})
        found += [Changed(table_of(model).name, row.later) for row in rows]
    return found


async def used_since(
    conn: AsyncConnection, county: str, import_id: int, born: type[DeclarativeBase], by: str, user: type[DeclarativeBase], column: str
) -> int:
    """How many rows of `user` name in `column` what the import brought (`by` of its image), but for those that it brought as well."""
    sql = (
        f"SELECT count(*) FROM import_change AS x JOIN {table_of(user).name} AS u ON u.county_code = :c"
        f" AND CAST(u.{column} AS text) = x.after ->> :by WHERE {_OF} AND x.before IS NULL AND NOT EXISTS ("
        "SELECT FROM import_change AS y WHERE y.county_code = :c AND y.import_id = :i AND y.table_name = :u"
        f" AND y.before IS NULL AND y.row_key = {key_of(user, 'u')})"
    )
    values = {"c": county, "i": import_id, "t": table_of(born).name, "by": by, "u": table_of(user).name}
    return int((await conn.execute(text(sql), values)).scalar_one())


async def put_back(conn: AsyncConnection, county: str, import_id: int, models: Models) -> dict[str, int]:
    """Every row as it was before the import: what it brought goes, children first; what it changed or removed comes back."""
    counts = {"removed": 0, "changed_back": 0, "brought_back": 0}

    async def run(model: type[DeclarativeBase], name: str, sql: str) -> None:
        done = await conn.execute(text(sql), {"c": county, "i": import_id, "t": table_of(model).name})
        counts[name] += done.rowcount

    for model in reversed(models):
        here = f"{_OF} AND t.county_code = :c AND {key_of(model, 't')} = x.row_key"
        await run(model, "removed", f"DELETE FROM {table_of(model).name} AS t USING import_change AS x WHERE {here} AND x.before IS NULL")
    for model in models:
        name, here = table_of(model).name, f"{_OF} AND t.county_code = :c AND {key_of(model, 't')} = x.row_key"
        every = [column.name for column in _stored(table_of(model))]
        plain = [column.name for column in _stored(table_of(model)) if not column.primary_key]
        old = "FROM jsonb_populate_record(t, x.before) AS r"  # what a later migration added stays as it is
        sets = f"({', '.join(plain)}) = (SELECT {', '.join(f'r.{one}' for one in plain)} {old})"
        both = "x.before IS NOT NULL AND x.after IS NOT NULL"
        if plain:
            await run(model, "changed_back", f"UPDATE {name} AS t SET {sets} FROM import_change AS x WHERE {here} AND {both}")
        sql = (
            f"INSERT INTO {name} ({', '.join(every)}) OVERRIDING SYSTEM VALUE SELECT {', '.join(f'r.{one}' for one in every)}"
            f" FROM import_change AS x, jsonb_populate_record(CAST(NULL AS {name}), x.before) AS r WHERE {_OF} AND x.after IS NULL"
        )
        await run(model, "brought_back", sql)
    await conn.execute(text("DELETE FROM import_change WHERE county_code = :c AND import_id = :i"), {"c": county, "i": import_id})
    return counts
