"""Rows to Arrow: properties parsed as typed columns, shapes moved to the file's system, numbered from 1. Pure, a batch at a time."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj
import shapely

from app.core.crs import STORED, reproject
from app.maps.exports.columns import Table
from app.maps.exports.order import Target
from app.maps.shift import SHIFTED

PROPERTIES = b'"properties":'


def batches(rows: Iterable[list[Any]], table: Table, target: Target) -> Iterator[pa.RecordBatch]:
    """Record batches of the table's schema."""
    start = 0
    for batch in rows:
        yield _batch(batch, table, target, start)
        start += len(batch)


def _batch(rows: list[Any], table: Table, target: Target, start: int) -> pa.RecordBatch:
    said = _said([row[1] for row in rows], table)
    found: dict[str, Any] = {
        "row_no": pa.array(np.arange(start + 1, start + len(rows) + 1, dtype=np.int32)),
        "id": pa.array([row[0] for row in rows], pa.int64()),
    }
    if table.coordinates:
        found["coordinates"] = pa.array([table.coordinates] * len(rows), pa.string())
    arrays = [found[name] if name in found else _typed(said, name, table) for name in table.names]
    shapes = pa.array([row[2] for row in rows], pa.binary())
    return pa.record_batch([*arrays, moved(shapes, target) if target.moves else shapes], schema=table.schema)


def _said(texts: list[bytes], table: Table) -> pa.Table:
    """The properties of each row; a whole feature is cut down to them first."""
    if texts[0].startswith(b'{"type":"Feature"'):
        texts = [text[text.index(PROPERTIES) + len(PROPERTIES) : -1] for text in texts]
    # a member of the texts may hold line breaks only as \n escapes, so one line is one row
    lines = b"\n".join(text.replace(b"\n", b" ") if b"\n" in text else text for text in texts)
    return pj.read_json(
        pa.BufferReader(lines),
        read_options=pj.ReadOptions(use_threads=False, block_size=len(lines) + 1),
        parse_options=pj.ParseOptions(explicit_schema=table.read, unexpected_field_behavior="ignore"),
    )


def _typed(said: pa.Table, name: str, table: Table) -> pa.Array:
    column = said.column(name)
    array = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    wanted = table.schema.field(name).type
    return array if array.type == wanted else array.cast(wanted)


def moved(shapes: pa.Array, target: Target) -> pa.Array:
    """WKB in the file's system: reprojected, or shifted."""
    found = shapely.from_wkb(shapes.to_numpy(zero_copy_only=False))
    if target.shift:
        found = shapely.transform(found, SHIFTED[target.shift][1])
    elif target.srid is not None:
        found = reproject(found, STORED, target.srid)
    return pa.array(shapely.to_wkb(found, output_dimension=2), pa.binary())


def flat(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Lists as one text, joined by semicolons: for formats without lists."""
    lists = [n for n, field in enumerate(batch.schema) if pa.types.is_list(field.type)]
    for n in lists:
        field = batch.schema.field(n)
        batch = batch.set_column(n, pa.field(field.name, pa.string(), metadata=field.metadata), pc.binary_join(batch.column(n), ";"))
    return batch


def flat_schema(schema: pa.Schema) -> pa.Schema:
    """The schema that `flat` gives."""
    return pa.schema([pa.field(f.name, pa.string(), metadata=f.metadata) if pa.types.is_list(f.type) else f for f in schema])
