"""GeoParquet 1.1: WKB column with PROJJSON, a bbox column as covering for spatial filters, row groups of 64 k rows."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import shapely

from app.maps.exports.writers.job import Job

_SIDES = ("xmin", "ymin", "xmax", "ymax")
_BBOX = pa.field("bbox", pa.struct([(side, pa.float64()) for side in _SIDES]))
GROUP = 65_536


def write(file: Path, job: Job) -> None:
    """The file; its `geo` metadata is written last, when the extent is known."""
    schema = job.table.schema
    plain = pa.schema([*(field.remove_metadata() for field in schema), _BBOX])
    extent = np.array([np.inf, np.inf, -np.inf, -np.inf])
    with pq.ParquetWriter(file, plain, compression="zstd", compression_level=1, store_schema=False) as out:
        waiting: list[pa.RecordBatch] = []
        for batch in job.arrow():
            bounds = shapely.bounds(shapely.from_wkb(batch.column("geom").to_numpy(zero_copy_only=False)))
            extent = np.array(
                [*np.fmin(extent[:2], np.nanmin(bounds[:, :2], axis=0)), *np.fmax(extent[2:], np.nanmax(bounds[:, 2:], axis=0))]
            )
            box = pa.StructArray.from_arrays([pa.array(bounds[:, n], from_pandas=True) for n in range(4)], _SIDES)
            waiting.append(pa.record_batch([*batch.columns, box], schema=plain))
            if sum(b.num_rows for b in waiting) >= GROUP:
                out.write_table(pa.Table.from_batches(waiting), row_group_size=GROUP * 2)
                waiting = []
        if waiting:
            out.write_table(pa.Table.from_batches(waiting), row_group_size=GROUP * 2)
        out.add_key_value_metadata({"geo": json.dumps(_geo(job, extent)), "yima": json.dumps(_about(job), ensure_ascii=False)})


def _about(job: Job) -> dict[str, Any]:
    """What the file says of itself, and what its columns mean."""
    columns = {c.name: {"title": c.label, "unit": c.unit, "source": c.source} for c in job.table.columns}
    return {**job.about, "columns": columns}


def _geo(job: Job, extent: Any) -> dict[str, Any]:
    """The standard's metadata. Axis order of WKB is always x, y; shifted coordinates have no system that exists: null, unknown."""
    srid = job.target.srid
    column: dict[str, Any] = {
        "encoding": "WKB",
        "geometry_types": ["Point"] if job.order.is_point else ["MultiPolygon"] if job.order.collection == "parcels" else [],
        "crs": pyproj.CRS.from_epsg(srid).to_json_dict() if srid else None,
        "covering": {"bbox": {side: ["bbox", side] for side in _SIDES}},
    }
    if np.isfinite(extent).all():
        column["bbox"] = [float(n) for n in extent]
    return {"version": "1.1.0", "primary_column": "geom", "columns": {"geom": column}}
