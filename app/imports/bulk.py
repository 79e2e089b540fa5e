"""Many rows at once through asyncpg, in the caller's transaction: COPY, or INSERT … SELECT FROM unnest where rows may stand already."""

import asyncio
from binascii import hexlify
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
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
_ARROW: tuple[tuple[type, Any], ...] = ((BigInteger, pa.int64()), (Integer, pa.int64()), (Date, pa.date32()), (Boolean, pa.bool_()))
_ESCAPED = (("\\", r"\\"), ("\t", r"\t"), ("\n", r"\n"), ("\r", r"\r"))
_SPECIAL, _NULL = "[\\\\\t\n\r]", r"\N"
_LITTLE_ENDIAN, _HAS_SRID = 1, 0x20
_MOST = 1 << 30
_START = 2 * 5
"""Digits of a WKB that tell the order of its octets and its type."""


Columns = Mapping[str, Sequence[Any]]
Part = Callable[[], Columns]


@dataclass(frozen=True)
class _Made:
    """Rows in COPY's text format."""

    names: list[str]
    rows: int
    lines: bytes


def table_of(model: type[DeclarativeBase]) -> Table:
    """The table of a declarative class."""
    table = model.__table__
    if not isinstance(table, Table):
        raise TypeError(f"{model.__name__} is not a plain table")
    return table


async def insert(
    conn: AsyncConnection, model: type[DeclarativeBase], columns: Columns, *, conflict: str = "", returning: str = ""
) -> list[Any]:
    """Insert equally long columns in order; `conflict` is the ON CONFLICT clause, `returning` one expression.

    Geometry comes as WKB of EPSG:4490 (or of the column's own SRID), ranges as text.
    """
    if not conflict and not returning:
        await copy(conn, model, [partial(_cut, columns, start) for start in range(0, _length(columns), _CHUNK)])
        return []
    table = table_of(model)
    names = list(columns)
    total = _length(columns)
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
        part = [list(column) for column in _cut(columns, start).values()]
        if total > _CHUNK:
            progress.count(start, total)
        answers += [row[0] for row in await raw.fetch(sql, *part)] if returning else [await raw.execute(sql, *part)]
    return answers


async def copy(conn: AsyncConnection, model: type[DeclarativeBase], parts: Sequence[Part], *, total: int | None = None) -> None:
    """COPY equally long columns part by part: the next one is made in a thread while the server takes this one. `total`: of all rows."""
    if not parts:
        return
    table = table_of(model)
    first = asyncio.create_task(asyncio.to_thread(_made, table, parts[0]))

    async def octets() -> AsyncIterator[bytes]:
        ready, done = first, 0
        for part in [*parts[1:], None]:
            made = await ready
            if part is not None:
                ready = asyncio.create_task(asyncio.to_thread(_made, table, part))
            yield made.lines
            done += made.rows
            if total is not None:
                progress.count(done, total)

    await (await db.raw(conn)).copy_to_table(table.name, source=octets(), columns=(await first).names)


def _made(table: Table, part: Part) -> _Made:
    columns = part()
    names = list(columns)
    rows = len(columns[names[0]])
    return _Made(names, rows, b"" if not rows else _lines([_texts(table.c[name], columns[name]) for name in names]))


def _lines(columns: Sequence[pa.StringArray]) -> bytes:
    """Rows in COPY's text format."""
    joined = pc.binary_join_element_wise(*columns, "\t")
    return pc.binary_join(pa.ListArray.from_arrays([0, len(joined)], joined), "\n")[0].as_buffer().to_pybytes() + b"\n"


def _texts(column: Column[Any], values: Sequence[Any]) -> pa.StringArray:
    """One column as COPY reads it."""
    kind = next((arrow for kind, arrow in _ARROW if isinstance(column.type, kind)), None)
    if kind is not None:
        return pc.cast(pa.array(values, kind), pa.string()).fill_null(_NULL)
    if isinstance(column.type, Geometry):
        return _ewkb(pa.array(values, pa.binary()), column.type.srid).fill_null(_NULL)
    if isinstance(values, pa.Decimal128Array):
        return pc.cast(values, pa.string())
    if isinstance(column.type, Numeric):
        return pa.array([_NULL if number is None else str(number) for number in values], pa.string())
    found = pa.array(values, pa.string())
    if pc.any(pc.match_substring_regex(found, _SPECIAL)).as_py():
        for character, escaped in _ESCAPED:
            found = pc.replace_substring(found, character, escaped)
    return found.fill_null(_NULL)


def _ewkb(shapes: pa.BinaryArray, srid: int) -> pa.StringArray:
    """WKB as PostGIS reads it, with its SRID: all octets of a part made text at once."""
    held, offsets, octets = shapes.buffers()
    if octets and octets.size >= _MOST:
        raise OverflowError("the shapes of one part weigh a gigabyte")
    doubled = pa.py_buffer(np.frombuffer(offsets, np.int32, len(shapes) + 1) * 2)
    text = pa.py_buffer(hexlify(octets or b""))
    digits = pa.StringArray.from_buffers(len(shapes), doubled, text, held, shapes.null_count)
    starts = pc.utf8_slice_codeunits(digits, 0, _START).dictionary_encode()
    heads = pa.array([_head(bytes.fromhex(start), srid) for start in starts.dictionary.to_pylist()], pa.string())
    return pc.binary_join_element_wise(heads.take(starts.indices), pc.utf8_slice_codeunits(digits, _START), "")


def _head(start: bytes, srid: int) -> str:
    """Order of octets and type of a WKB, as PostGIS writes them before an SRID."""
    if start[0] != _LITTLE_ENDIAN:
        raise ValueError("WKB is not little-endian")
    return start[:4].hex() + f"{start[4] | _HAS_SRID:02x}" + srid.to_bytes(4, "little").hex()


def _length(columns: Columns) -> int:
    return len(next(iter(columns.values())))


def _cut(columns: Columns, start: int) -> Columns:
    return {name: column[start : start + _CHUNK] for name, column in columns.items()}


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
