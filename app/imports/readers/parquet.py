"""GeoParquet through pyarrow (GDAL's wheel has no Parquet driver); Parquet with one column of WKB, whose CRS is asked."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.lib
import pyarrow.parquet as pq
import shapely

from app.imports import frames
from app.imports.errors import FileUnreadable
from app.imports.packed import PackedShapes
from app.imports.readers import linear
from app.imports.readers.base import Delivery, Detected, ReadOptions, sha256_of
from app.imports.readers.container import Source
from app.imports.readers.locate import Declared, locate
from app.imports.readers.table import cell_text

_LOOKED_AT = 50


def read(source: Source, options: ReadOptions, detected: Detected) -> Delivery:
    """The primary geometry column and all attributes of a Parquet file."""
    try:
        table = pq.read_table(source.path)
        meta = json.loads((table.schema.metadata or {}).get(b"geo", b"{}"))
    except (pyarrow.lib.ArrowException, OSError, ValueError) as error:
        raise FileUnreadable(f"{source.name} 不是有效的 Parquet 文件:{str(error)[:120]}") from error
    detected.found("encoding", "UTF-8", 0.99, "格式规定")
    column, declared = _geometry_column(table, meta, source)
    geometry, issues = None, []
    wkb = None if column is None else PackedShapes.of_wkb(table.column(column))
    table = table if column is None else table.drop_columns([column])
    told = [field.name for field in table.schema if _is_plain(field.type)]
    if left := [name for name in table.column_names if name not in told]:
        detected.notes.append(f"不是文字、数字或日期的列未采用:{'、'.join(left[:9])}")
    columns = {name: [cell_text(v) for v in table.column(name).to_pylist()] for name in told}
    frame = frames.framed(columns, table.num_rows)
    detected.saw(frame)
    if wkb is not None and options.geometry != "none":
        located = locate(wkb, declared, options, detected, file=source.name)
        geometry, issues = located.geometry, [*linear.unread(wkb, wkb, file=source.name, layer=""), *located.issues]
    return Delivery(Path(source.name), sha256_of(source.parts), detected, frame, geometry, np.arange(1, len(frame) + 1), issues=issues)


def _geometry_column(table: Any, meta: dict[str, Any], source: Source) -> tuple[str | None, Declared]:
    """The column of shapes and what is said of its CRS. By the standard an absent crs means OGC:CRS84, an explicit null unknown."""
    column = meta.get("primary_column")
    if column in table.column_names:
        described = meta["columns"][column]
        if (encoding := described.get("encoding", "WKB")) != "WKB":
            raise FileUnreadable(f"{source.name} 的图形按 {encoding} 编码,只能读 WKB", hint="请以 WKB 编码重新导出")
        if "crs" not in described:
            return column, Declared("OGC:CRS84", "未写 crs,按 GeoParquet 标准为 WGS84 经纬度", 0.8)
        return column, Declared(_text(described["crs"]))
    found = [field for field in table.schema if _is_binary(field.type) and _holds_wkb(table.column(field.name))]
    return (found[0].name, Declared(_of_extension(found[0]))) if len(found) == 1 else (None, Declared(None))


def _holds_wkb(column: Any) -> bool:
    known = [v for v in column.slice(0, _LOOKED_AT).to_pylist() if v is not None]
    return bool(known) and not shapely.is_missing(shapely.from_wkb(np.array(known, dtype=object), on_invalid="ignore")).any()


def _of_extension(field: Any) -> str | None:
    """CRS that Arrow's extension of a column states (geoarrow.wkb)."""
    try:
        return _text(json.loads((field.metadata or {}).get(b"ARROW:extension:metadata", b"{}")).get("crs"))
    except (ValueError, AttributeError):
        return None


def _is_binary(kind: Any) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _is_plain(kind: Any) -> bool:
    return not (_is_binary(kind) or pa.types.is_nested(kind) or pa.types.is_fixed_size_binary(kind))


def _text(declared: object) -> str | None:
    return json.dumps(declared) if isinstance(declared, dict) else str(declared) if declared else None
