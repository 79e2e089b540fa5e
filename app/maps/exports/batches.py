"""Rows to Arrow: properties as typed columns, shapes moved to the file's system, numbered from 1. Pure, a batch at a time."""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from app.core.shift import SHIFTED
from app.maps.exports.columns import Table
from app.maps.exports.order import Target
from app.maps.exports.source import Batch
from app.maps.exports.texts import columns_of


def batches(rows: Iterable[Batch], table: Table, target: Target) -> Iterator[pa.RecordBatch]:
    """Record batches of the table's schema."""
    start = 0
    for batch in rows:
        yield _batch(batch, table, target, start)
        start += len(batch)


def _batch(batch: Batch, table: Table, target: Target, start: int) -> pa.RecordBatch:
    said = columns_of(batch.texts, table.read)
    found = {"row_no": pa.array(np.arange(start + 1, start + len(batch) + 1, dtype=np.int32)), "id": batch.ids}
    if table.coordinates:
        found["coordinates"] = pa.repeat(table.coordinates, len(batch))
    arrays = [found[name] if name in found else _typed(said, name, table) for name in table.names]
    shapes = moved(batch.shapes, target) if target.moves else batch.shapes
    return pa.record_batch([*arrays, shapes], schema=table.schema)


def _typed(said: Mapping[str, pa.Array], name: str, table: Table) -> pa.Array:
    column, wanted = said[name], table.schema.field(name).type
    return column if column.type == wanted else column.cast(wanted)


def moved(shapes: pa.Array, target: Target) -> pa.Array:
    """WKB in the file's system: reprojected, or shifted. What it needs loads with the first use: most files keep their numbers."""
    import shapely

    from app.core.crs import STORED, reproject

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
