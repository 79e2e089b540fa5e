"""GeoParquet through pyarrow (GDAL's wheel has no Parquet driver)."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.lib
import pyarrow.parquet as pq
import shapely

from app.imports.errors import FileUnreadable
from app.imports.readers.base import Delivery, Detected, ReadOptions, sha256_of
from app.imports.readers.container import Source
from app.imports.readers.locate import Declared, locate
from app.imports.readers.table import cell_text


def read(source: Source, options: ReadOptions, detected: Detected) -> Delivery:
    """The primary geometry column and all attributes of a GeoParquet file."""
    try:
        table = pq.read_table(source.path)
        meta = json.loads((table.schema.metadata or {}).get(b"geo", b"{}"))
    except (pyarrow.lib.ArrowException, OSError, ValueError) as error:
        raise FileUnreadable(f"{source.name} 不是有效的 Parquet 文件:{str(error)[:120]}") from error
    detected.found("encoding", "UTF-8", 0.99, "格式规定")
    column = meta.get("primary_column")
    geometry, issues = None, []
    wkb = table.column(column) if column in table.column_names else None
    table = table if wkb is None else table.drop_columns([column])
    columns = {name: [cell_text(v) for v in table.column(name).to_pylist()] for name in table.column_names}
    frame = pd.DataFrame(columns, index=range(table.num_rows), dtype=object)
    detected.saw(frame)
    if wkb is not None and options.geometry != "none":
        described = meta["columns"][column]
        raw = shapely.from_wkb(np.array(wkb.to_pylist(), dtype=object), on_invalid="ignore")
        # The GeoParquet standard: an absent crs means OGC:CRS84, an explicit null means unknown.
        declared = described.get("crs")
        stated = (
            Declared(_text(declared)) if "crs" in described else Declared("OGC:CRS84", "未写 crs,按 GeoParquet 标准为 WGS84 经纬度", 0.8)
        )
        located = locate(raw, stated, options, detected, file=source.name)
        geometry, issues = located.geometry, located.issues
    return Delivery(Path(source.name), sha256_of(source.parts), detected, frame, geometry, np.arange(1, len(frame) + 1), issues=issues)


def _text(declared: object) -> str | None:
    return json.dumps(declared) if isinstance(declared, dict) else str(declared) if declared else None
