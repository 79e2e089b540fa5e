"""GeoParquet through pyarrow (GDAL's wheel has no Parquet driver)."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.lib
import pyarrow.parquet as pq
import shapely

from app.imports.errors import FileUnreadable
from app.imports.readers import crs as crs_of
from app.imports.readers.base import Delivery, Detected, ReadOptions, sha256_of
from app.imports.readers.container import Source
from app.imports.readers.table import cell_text


def read(source: Source, options: ReadOptions) -> Delivery:
    """The primary geometry column and all attributes of a GeoParquet file."""
    try:
        table = pq.read_table(source.path)
        meta = json.loads((table.schema.metadata or {}).get(b"geo", b"{}"))
    except (pyarrow.lib.ArrowException, OSError, ValueError) as error:
        raise FileUnreadable(f"{source.name} 不是有效的 Parquet 文件:{str(error)[:120]}") from error
    detected = Detected(format="GeoParquet", encoding="UTF-8", encoding_reason="格式规定")
    column = meta.get("primary_column")
    geometry = None
    if column in table.column_names:
        described = meta["columns"][column]
        raw = shapely.from_wkb(np.array(table.column(column).to_pylist(), dtype=object), on_invalid="ignore")
        # The GeoParquet standard: an absent crs means OGC:CRS84, an explicit null means unknown.
        declared = described.get("crs", "OGC:CRS84")
        where = crs_of.choose_crs(explicit=options.crs, declared=_text(declared), source=source.name)
        geometry = crs_of.to_4490(raw, where, file=source.name)
        detected.crs, detected.crs_reason = where.name, where.reason
        table = table.drop_columns([column])
    columns = {name: [cell_text(v) for v in table.column(name).to_pylist()] for name in table.column_names}
    frame = pd.DataFrame(columns, index=range(table.num_rows), dtype=object)
    return Delivery(Path(source.name), sha256_of(source.parts), detected, frame, geometry, np.arange(1, len(frame) + 1))


def _text(declared: object) -> str | None:
    return json.dumps(declared) if isinstance(declared, dict) else str(declared) if declared else None
