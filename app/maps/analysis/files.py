"""A red line delivered as a file: GeoJSON, 国土 TXT, zipped Shapefile, GeoPackage through the importer's readers, DXF here."""

import re
import tempfile
import zipfile
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyogrio
import pyogrio.errors
import shapely
from shapely.geometry.base import BaseGeometry

from app.core.errors import Problem, TooLarge
from app.imports.errors import CrsInvalid, CrsMissing, FileUnreadable, FormatUnknown
from app.imports.readers import ReadOptions, read
from app.imports.readers import crs as crs_of
from app.imports.readers.rings import polygon_of
from app.maps.analysis.errors import RangeInvalid, RangeNotPolygon
from app.maps.analysis.outline import Outline, united

SUFFIXES: Final = (".geojson", ".json", ".txt", ".zip", ".dxf", ".gpkg", ".fgb")
_UNPACKED: Final = 200 << 20
_CRS: Final = re.compile(r"(?:EPSG:)?\d{4,6}|OGC:CRS84", re.IGNORECASE)
_HINT: Final = "支持 GeoJSON、国土 TXT、打包为 zip 的 Shapefile、DXF (闭合线)、GeoPackage"


def from_file(name: str | None, content: bytes, *, crs: str | None, plane: int) -> Outline:
    """The range in a file. `crs` is the user's word; what neither he nor the file says is asked, never assumed."""
    clean = re.sub(r"[^\w.\-]", "_", Path((name or "").replace("\\", "/")).name)[-80:].lstrip(".")
    suffix = Path(clean).suffix.lower()
    if suffix not in SUFFIXES:
        raise FormatUnknown(f"不支持 {suffix or '没有后缀的'} 文件", pointer="/file", hint=_HINT)
    if crs and not _CRS.fullmatch(crs):
        raise CrsInvalid("坐标系应写作 EPSG 代码", pointer="/crs", hint=f"例如 EPSG:{plane}")
    if not content:
        raise FileUnreadable(f"{clean} 是空文件(0字节)", pointer="/file")
    with tempfile.TemporaryDirectory(prefix="yima-range-") as folder:
        path = Path(folder) / clean
        path.write_bytes(content)
        if suffix == ".zip":
            _refuse_bomb(path)
        try:
            return _dxf(path, crs, plane) if suffix == ".dxf" else _delivered(path, crs)
        except Problem as problem:
            problem.pointer = problem.pointer or "/file"
            problem.hint = problem.hint.replace("--crs", "crs=").replace("= ", "=") if problem.hint else None
            raise


def _refuse_bomb(path: Path) -> None:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            if sum(m.file_size for m in packed.infolist()) > _UNPACKED:
                raise TooLarge(f"解压后超过 {_UNPACKED >> 20} MB")


def _delivered(path: Path, crs: str | None) -> Outline:
    deliveries = read(path, ReadOptions(crs=crs))
    broken = [i for d in deliveries for i in d.issues if i.code == "geometry_unusable"]
    if broken:
        raise RangeInvalid(f"第 {broken[0].row} 个图形无法读取", hint="请更正界址点后再上传")
    geoms = [g for d in deliveries if d.geometry is not None for g in d.geometry]
    first = deliveries[0].detected
    return united(geoms, [note for d in deliveries for note in d.detected.notes], _source(path, first.format, first.crs, first.crs_reason))


def _source(path: Path, kind: str, crs: str, reason: str) -> dict[str, Any]:
    return {"kind": kind, "label": path.name, "crs": crs, "crs_reason": reason}


def _dxf(path: Path, crs: str | None, plane: int) -> Outline:
    """Closed outlines of a DXF; one inside another is a hole. A DXF never says its CRS."""
    if not crs:
        raise CrsMissing("DXF 不含坐标系", hint=f"请说明坐标系,例如 crs=EPSG:{plane}(本县 CGCS2000 三度带)")
    where = crs_of.choose_crs(explicit=crs, declared=None, source=path.name)
    try:
        meta, table = pyogrio.read_arrow(path, columns=[])
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, RuntimeError, ValueError) as error:
        raise FileUnreadable(f"{path.name} 无法打开,损坏或不是 DXF") from error
    name = meta.get("geometry_name") or "wkb_geometry"
    raw = table.column(name).to_pylist() if name in table.column_names else []
    drawn = [g for g in shapely.force_2d(shapely.from_wkb(np.array(raw, dtype=object), on_invalid="ignore")) if g is not None]
    shape, notes = closed_outlines(drawn)
    moved = crs_of.to_4490(shapely.from_wkb([shape.wkb]), where, file=path.name)
    return united(list(moved), notes, _source(path, "DXF", where.name, where.reason))


def closed_outlines(drawn: list[BaseGeometry]) -> tuple[BaseGeometry, list[str]]:
    """The face of the closed lines (and hatches) among drawn things, and what was left out. Pure."""
    lines = [p for g in drawn for p in shapely.get_parts(g) if p.geom_type in ("LineString", "LinearRing")]
    hatched = [p for g in drawn for p in shapely.get_parts(g) if p.geom_type == "Polygon"]
    rings = {shapely.normalize(line).wkb: line for line in lines if line.is_closed and len(line.coords) >= 4}
    if not rings and not hatched:
        raise RangeNotPolygon(f"DXF 里没有闭合线 (未闭合的线 {len(lines)} 条)", hint="请在 CAD 中将红线闭合为多段线")
    outlined = polygon_of([list(line.coords) for line in rings.values()]) if rings else None
    open_lines = sum(not line.is_closed for line in lines)
    notes = [f"DXF 闭合线 {len(rings)} 条,填充 {len(hatched)} 个" + (f",略去未闭合的线 {open_lines} 条" if open_lines else "")]
    if not hatched and outlined is not None:
        return outlined, notes
    faces = [g for g in (outlined, *hatched) if g is not None]
    return shapely.union_all([shapely.make_valid(g, method="structure", keep_collapsed=False) for g in faces]), notes
