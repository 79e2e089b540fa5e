"""A page of features as FlatGeobuf: the writers' columns, made from the page's texts."""

import io
import json
from collections.abc import Sequence

import pyarrow as pa
import pyogrio
import shapely

from app.maps.crs import Crs
from app.maps.exports import batches
from app.maps.exports.columns import table_of
from app.maps.exports.order import Field, Target, geometry_type
from app.maps.exports.source import Batch
from app.policy.registry import Column


def written(rows: Sequence[bytes], columns: Sequence[Column], crs: Crs, *, is_point: bool) -> bytes:
    """The file's bytes; shapes stand in the texts already in the system of the answer, east first."""
    table = table_of(tuple(Field(c.name, c.type, c.label, c.source, c.unit) for c in columns), crs.uri if crs.is_shifted else None)
    found = [json.loads(row) for row in rows]
    said = [json.dumps(f["properties"], ensure_ascii=False, separators=(",", ":")).encode() for f in found]
    shapes = [None if f["geometry"] is None else shapely.to_wkb(shapely.from_geojson(json.dumps(f["geometry"]))) for f in found]
    ids = pa.array([f["id"] for f in found], pa.int64())
    forms = tuple(sorted({f["geometry"]["type"] for f in found if f["geometry"]}))
    taken = Batch(ids, pa.array(said, pa.binary()), pa.array(shapes, pa.binary()))
    made = [batches.flat(batch) for batch in batches.batches([taken] if found else [], table, Target(4490, ""))]
    sink = io.BytesIO()
    pyogrio.write_arrow(
        pa.Table.from_batches(made, batches.flat_schema(table.schema)), sink, driver="FlatGeobuf", layer="items", geometry_name="geom",
        geometry_type="Point" if is_point else geometry_type(forms), crs=None if crs.is_shifted else f"EPSG:{crs.srid}",
    )  # fmt: skip
    return sink.getvalue()
