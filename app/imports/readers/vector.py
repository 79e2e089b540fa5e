"""GeoPackage, Shapefile, GeoJSON, FlatGeobuf, file geodatabase through GDAL; every attribute is kept as text."""

import codecs
import json
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.lib
import pyarrow.types
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError, FieldError, GeometryError

from app.imports import frames, progress
from app.imports.errors import EncodingUnknown, FileUnreadable, LayerAmbiguous, LayerUnknown, asking
from app.imports.packed import PackedShapes
from app.imports.readers import encoding as encodings
from app.imports.readers import kml, linear
from app.imports.readers.base import STATED, Delivery, Detected, ReadOptions, sha256_of
from app.imports.readers.candidates import sample_points
from app.imports.readers.container import Source
from app.imports.readers.locate import Declared, locate

GDAL_ERRORS = (DataSourceError, DataLayerError, FieldError, GeometryError, pyarrow.lib.ArrowException, RuntimeError, OSError, ValueError)
_UTF8 = ("GeoJSON", "GeoJSONSeq", "KML")
_DESCRIBED = 30
"""Layers that a question describes."""
_FLOATS = {"halffloat", "float", "double"}
_LEAST_PLAIN, _MOST_PLAIN = 1e-4, 1e10
_LDID = {0x4D: "GBK", 0x7A: "GBK", 0x4F: "Big5", 0x78: "Big5", 0x57: None, 0x03: "cp1252"}
"""dBase language driver ids; 0x57 (ANSI) says nothing."""


def read(source: Source, options: ReadOptions, detected: Detected) -> Delivery:
    """One layer of a vector file."""
    if source.format in _UTF8:
        _refuse_other_text(source)
    with _with_readable_prj(source) as readable:
        return _read(readable, options, detected)


@contextmanager
def _with_readable_prj(source: Source) -> Iterator[Source]:
    """A .prj with Chinese names in GBK stops GDAL's binding: the file is read beside a copy of it in UTF-8."""
    prj = next((part for part in source.parts if part.suffix.lower() == ".prj"), None)
    text = prj.read_bytes() if prj is not None else b""
    if text.isascii():
        yield source
        return
    with tempfile.TemporaryDirectory(prefix="yima-import-") as folder:
        for part in (p for p in source.parts if p != prj):
            (Path(folder) / part.name).symlink_to(part.resolve())
        said = text.decode("utf-8-sig" if _is_utf8(text) else "gb18030", "replace")
        (Path(folder) / source.path.with_suffix(".prj").name).write_text(said, "utf-8")
        yield replace(source, path=Path(folder) / source.path.name)


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _read(source: Source, options: ReadOptions, detected: Detected) -> Delivery:
    layer = _choose_layer(source, options.layer, detected)
    is_shapefile = source.format == "ESRI Shapefile"
    meta, table = _read_arrow(source, layer, encoding="ISO-8859-1" if is_shapefile else None)
    geometry_name = meta.get("geometry_name") or "wkb_geometry"
    wkb = PackedShapes.of_wkb(table.column(geometry_name)) if geometry_name in table.column_names else None
    table = table.drop_columns([n for n in (geometry_name, meta.get("fid_column") or "") if n in table.column_names])
    try:
        texts = _as_text(table)
    except pa.ArrowInvalid as error:
        raise FileUnreadable(f"{source.name} 含有不是 UTF-8 的文字", hint=f"{source.format} 规定用 UTF-8,请重新导出") from error
    if is_shapefile:
        texts = _redecode(texts, source, options, detected)
    else:
        detected.found("encoding", "UTF-8", 0.99, "格式规定")
    frame = frames.framed(texts, table.num_rows)
    if source.format == "KML" and not len(frame) and b"<NetworkLink" in source.path.read_bytes():
        raise FileUnreadable(f"{source.name} 里只有网络链接,没有图形", hint="请导出链接指向的内容后再交付")
    if source.format == "KML" and kml.has_data(source.path):
        frame = _with_data(frame, source, layer, detected)
    detected.saw(frame)
    geometry, issues = None, []
    if wkb is not None and options.geometry != "none" and (wkb.kinds >= 0).any():
        raw = linear.from_wkb(wkb, source.path, layer, detected)
        located = locate(raw, _declared(source, meta.get("crs"), options, raw), options, detected, file=source.name)
        geometry, issues = located.geometry, [*linear.unread(wkb, raw, file=source.name, layer=layer), *located.issues]
    elif wkb is not None and len(wkb):
        geometry = PackedShapes.empty(len(wkb))
    return Delivery(
        path=Path(source.name), sha256=sha256_of(source.parts), detected=detected, frame=frame, geometry=geometry,
        rows=np.arange(1, len(frame) + 1), short_headers=is_shapefile, issues=issues,
    )  # fmt: skip


def _refuse_other_text(source: Source) -> None:
    """GeoJSON and KML are UTF-8; GDAL reads other bytes as if they were, or stumbles somewhere in between."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with source.path.open("rb") as handle:
            while piece := handle.read(1 << 20):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise FileUnreadable(f"{source.name} 的文字不是 UTF-8", hint=f"{source.format} 规定用 UTF-8,请另存为 UTF-8 后再交付") from error


def _choose_layer(source: Source, wanted: str | None, detected: Detected) -> str:
    try:
        listed = [(str(name), kind) for name, kind in pyogrio.list_layers(source.path)]
    except GDAL_ERRORS as error:
        raise FileUnreadable(f"{source.name} 无法打开,损坏或不是 {source.format}:{reason_of(error)}", hint="请重新导出后再交付") from error
    names = [name for name, _ in listed]
    if not names:
        raise FileUnreadable(f"{source.name} 里没有任何图层")
    spatial = [name for name, kind in listed if kind is not None] or names
    if wanted is not None and wanted in names:
        detected.chose_layer(wanted, STATED)
    elif len(names) == 1 and (wanted is None or source.format not in ("GPKG", "OpenFileGDB")):
        detected.chose_layer(names[0], "唯一的图层")
    elif wanted is not None:
        raise LayerUnknown(f"{source.name} 没有图层“{wanted}”,现有:{'、'.join(names)}", **asking("layer", [(n, n) for n in names]))
    elif len(spatial) == 1:
        detected.chose_layer(spatial[0], f"唯一带图形的图层;另有 {len(names) - 1} 个表不带图形")
    else:
        raise LayerAmbiguous(
            f"{source.name} 有 {len(spatial)} 个图层:{'、'.join(spatial)}", hint="请用 --layer 指定其中一个", layers=spatial,
            **asking("layer", [(name, name, _layer_told(source, name)) for name in spatial[:_DESCRIBED]]),
        )  # fmt: skip
    return detected.layer


def _layer_told(source: Source, name: str) -> str:
    """Number of rows, geometry and CRS of a layer, so that the user can tell which one is meant."""
    try:
        info = pyogrio.read_info(source.path, layer=name)
    except GDAL_ERRORS:
        return "无法打开"
    return f"{info['features']} 行,{info['geometry_type'] or '无图形'},{str(info['crs'] or '未声明坐标系')[:40]}"


def _read_arrow(source: Source, layer: str, *, encoding: str | None) -> tuple[dict, Any]:
    said = {"layer": layer, "encoding": encoding, "use_pyarrow": True, "datetime_as_string": True}
    batches, rows = [], 0
    try:
        with pyogrio.open_arrow(source.path, **said) as (meta, reader):
            for batch in reader:
                batches.append(batch)
                rows += len(batch)
                progress.count(rows)
            return meta, pa.Table.from_batches(batches, reader.schema)
    except GDAL_ERRORS as error:
        raise FileUnreadable(f"{source.name} 读取中断,文件损坏:{reason_of(error)}", hint="请重新导出后再交付") from error


def _as_text(table: Any) -> dict[str, pa.ChunkedArray]:
    """Every column as text: whole numbers without a point, so that long identifiers keep their digits. Errors: ArrowInvalid."""
    columns: dict[str, pa.ChunkedArray] = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        columns[_fresh(name, columns)] = pa.chunked_array([_texts(chunk) for chunk in column.chunks], pa.large_string())
    return columns


def _with_data(frame: pd.DataFrame, source: Source, layer: str, detected: Detected) -> pd.DataFrame:
    """KML: the attributes that GDAL leaves out, where they can be told to belong to the rows."""
    folders = kml.data_of(source.path)
    names = [str(name) for name, _ in pyogrio.list_layers(source.path)]
    said = folders[names.index(layer)] if len(folders) == len(names) else []
    if len(said) != len(frame):
        detected.notes.append("扩展属性(ExtendedData)与图形对不上,没有读取")
        return frame
    headers = dict.fromkeys(name for row in said for name in row if name not in frame.columns)
    return frame.assign(**{name: pd.Series([row.get(name) for row in said], dtype=object) for name in headers})


def _texts(chunk: Any) -> pa.Array:
    if pyarrow.types.is_string(chunk.type) or pyarrow.types.is_large_string(chunk.type):
        chunk.validate(full=True)
        # Copied: a slice of what GDAL gave keeps all of it, shapes too.
        return chunk.take(pa.array(np.arange(len(chunk)))).cast(pa.large_string())
    if pyarrow.types.is_float64(chunk.type) and _is_plain(chunk):
        return chunk.cast(pa.large_string())
    values = chunk.to_pylist()
    if str(chunk.type) in _FLOATS:
        values = [None if v is None or v != v else (str(int(v)) if v == int_or_none(v) else repr(v)) for v in values]
    return pa.array([None if v is None else v if isinstance(v, str) else str(v) for v in values], pa.large_string())


def _is_plain(chunk: pa.DoubleArray) -> bool:
    """Whether Arrow writes all these as Python does, whole numbers without their point: zero and what needs no exponent."""
    values = chunk.drop_null().to_numpy()
    sizes = np.abs(values)
    return bool(np.where(sizes == 0, ~np.signbit(values), (sizes >= _LEAST_PLAIN) & (sizes < _MOST_PLAIN)).all())


def int_or_none(value: float) -> int | None:
    """The whole number a float stands for, None when it has a fraction or is beyond 2^53."""
    return int(value) if abs(value) < 2**53 and value == int(value) else None


def _fresh(name: str, taken: dict) -> str:
    number, unique = 1, name
    while unique in taken:
        number += 1
        unique = f"{name}_{number}"
    return unique


def _redecode(texts: dict[str, pa.ChunkedArray], source: Source, options: ReadOptions, detected: Detected) -> dict[str, list[str | None]]:
    """GDAL passed the bytes through as Latin-1: find out what they really are."""
    headers = [name.encode("latin-1", "replace") for name in texts]
    raw = {name: [None if v is None else v.encode("latin-1", "replace") for v in column.to_pylist()] for name, column in texts.items()}
    samples = [*headers, *(v for column in raw.values() for v in column if v is not None)]
    chosen = encodings.detect(samples, explicit=options.encoding, hint=_declared_encoding(source), source=source.name)
    detected.found("encoding", chosen.name, chosen.confidence, chosen.reason)
    columns: dict[str, list[str | None]] = {}
    for header, values in zip(headers, raw.values(), strict=True):
        columns[_fresh(chosen.decode(header), columns)] = [None if v is None else chosen.decode(v) for v in values]
    return columns


def _declared_encoding(source: Source) -> str | None:
    for part in source.parts:
        if part.suffix.lower() == ".cpg":
            text = part.read_text("ascii", "ignore").strip()
            try:
                return text if text and encodings.resolve(text) else None
            except EncodingUnknown:
                return None
    dbf = next(part for part in source.parts if part.suffix.lower() == ".dbf")
    with dbf.open("rb") as handle:
        head = handle.read(32)
    return _LDID.get(head[29]) if len(head) == 32 else None


def _declared(source: Source, said: str | None, options: ReadOptions, raw: PackedShapes) -> Declared:
    """What the file says of its CRS. GeoJSON without a `crs` member is WGS84 (RFC 7946) unless its numbers can't be degrees."""
    if source.format not in ("GeoJSON", "GeoJSONSeq") or options.crs or (source.format == "GeoJSON" and not _is_silent(source.path)):
        return Declared(said)
    points = sample_points(raw)
    if len(points) and (np.abs(np.median(points, axis=0)) > 361).any():
        return Declared(None)
    return Declared("OGC:CRS84", "GeoJSON 未写 crs,按 RFC 7946 为 WGS84 经纬度", 0.8)


def _is_silent(path: Path) -> bool:
    """Whether a JSON file is GeoJSON that names no CRS; others of that suffix (Esri, TopoJSON) say it in their own way or not at all."""
    try:
        said = json.loads(path.read_bytes())
    except ValueError:
        return True
    is_geojson = isinstance(said, dict) and said.get("type") not in (None, "Topology")
    return is_geojson and "crs" not in said  # "crs": null says that it is unknown


def reason_of(error: Exception) -> str:
    """GDAL's first sentence, without the server's folders."""
    return re.sub(r"(?:/[^/\s:'\"]+)+/", "", str(error).split(";")[0])[:160]
