"""Many rows in one statement: INSERT … SELECT FROM unnest of arrays through asyncpg, in the caller's transaction."""

from collections.abc import Mapping, Sequence
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import BigInteger, Boolean, Column, Date, Integer, Numeric, Table
from sqlalchemy.dialects.postgresql import DATERANGE, JSONB, TSTZRANGE
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import DeclarativeBase

from app.core import db
from app.imports import progress

_CHUNK = 20_000
_ARRAYS: tuple[tuple[type, str], ...] = (
    (Geometry, "bytea"), (BigInteger, "bigint"), (Integer, "integer"), (Numeric, "numeric"), (Date, "date"), (Boolean, "boolean"),
)  # fmt: skip
_CASTS: tuple[tuple[type, str], ...] = ((DATERANGE, "::daterange"), (TSTZRANGE, "::tstzrange"), (JSONB, "::jsonb"))


def table_of(model: type[DeclarativeBase]) -> Table:
    """The table of a declarative class."""
    table = model.__table__
    if not isinstance(table, Table):
        raise TypeError(f"{model.__name__} is not a plain table")
    return table


async def insert(
    conn: AsyncConnection, model: type[DeclarativeBase], columns: Mapping[str, Sequence[Any]], *, conflict: str = "", returning: str = ""
) -> list[Any]:
    """Insert equally long columns in order; `conflict` is the ON CONFLICT clause, `returning` one expression.

    Geometry comes as WKB of EPSG:4490 (or of the column's own SRID), ranges as text.
    """
    table = table_of(model)
    names = list(columns)
    total = len(columns[names[0]])
    exprs = [_expression(table.c[name], f"u.c{i}") for i, name in enumerate(names)]
    arrays = [f"${i + 1}::{_array(table.c[name])}[]" for i, name in enumerate(names)]
    sql = (
        f"INSERT INTO {table.name} ({', '.join(names)}) SELECT {', '.join(exprs)}"
        f" FROM unnest({', '.join(arrays)}) WITH ORDINALITY AS u({', '.join(f'c{i}' for i in range(len(names)))}, n)"
        f" ORDER BY u.n {conflict}" + (f" RETURNING {returning}" if returning else "")
    )
    raw = await db.raw(conn)
    answers: list[Any] = []
    for start in range(0, total, _CHUNK):
        part = [list(columns[name][start : start + _CHUNK]) for name in names]
        if total > _CHUNK:
            progress.count(start, total)
        answers += [row[0] for row in await raw.fetch(sql, *part)] if returning else [await raw.execute(sql, *part)]
    return answers


def update_all(model: type[DeclarativeBase], names: Sequence[str], *, unless_newer: str = "") -> str:
    """SET clause of an upsert; `unless_newer` names a date column whose later stored value stands."""
    table = table_of(model).name
    clause = "DO UPDATE SET " + ", ".join(f"{name} = excluded.{name}" for name in names)
    if unless_newer:
        clause += f" WHERE coalesce(excluded.{unless_newer} >= {table}.{unless_newer}, true)"
    return clause


def _array(column: Column[Any]) -> str:
    return next((name for kind, name in _ARRAYS if isinstance(column.type, kind)), "text")


def _expression(column: Column[Any], value: str) -> str:
    if isinstance(column.type, Geometry):
        return f"ST_GeomFromWKB({value}, {column.type.srid})"
    return value + next((cast for kind, cast in _CASTS if isinstance(column.type, kind)), "")
