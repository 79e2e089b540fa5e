"""The range as it was given → one valid (multi)polygon in degrees (4490), with what was done to it said in words. Pure."""

import math
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from app.maps.analysis.errors import RangeEmpty, RangeInvalid, RangeNotDegrees, RangeNotPolygon, RangeTooComplex

MAX_VERTICES: Final = 10_000
POINTER: Final = "/geometry"
_POLYGONAL: Final = ("Polygon", "MultiPolygon")


@dataclass(frozen=True)
class Outline:
    """A range ready to be laid over the register."""

    geom: BaseGeometry
    notes: list[str] = field(default_factory=list)
    source: dict[str, Any] = field(default_factory=dict)


def from_geojson(geometry: Any) -> Outline:
    """A GeoJSON Polygon or MultiPolygon in degrees. Errors: the named refusals of errors.py."""
    if not isinstance(geometry, dict) or not isinstance(geometry.get("type"), str):
        raise RangeInvalid("geometry 应为 GeoJSON 几何对象", pointer=POINTER)
    kind = geometry["type"]
    if kind not in _POLYGONAL:
        raise RangeNotPolygon(f"收到 {kind[:40]}", pointer=f"{POINTER}/type", hint="只接受 Polygon 或 MultiPolygon")
    listed = geometry.get("coordinates")
    if not isinstance(listed, list):
        raise RangeInvalid("缺少 coordinates", pointer=f"{POINTER}/coordinates")
    polygons = [listed] if kind == "Polygon" else listed
    if not polygons or not any(polygons):
        raise RangeEmpty("没有坐标", pointer=f"{POINTER}/coordinates")
    notes: list[str] = []
    budget = [MAX_VERTICES]
    parts = [_polygon(rings, budget, notes) for rings in polygons]
    return settled(shapely.multipolygons(parts) if len(parts) > 1 else parts[0], notes, {"kind": "geojson", "label": "绘制或提交的图形"})


def _polygon(rings: Any, budget: list[int], notes: list[str]) -> BaseGeometry:
    if not isinstance(rings, list) or not rings:
        raise RangeInvalid("每个面应至少有一个环", pointer=f"{POINTER}/coordinates")
    drawn = [shapely.linearrings(_ring(ring, budget, notes)) for ring in rings]
    return shapely.polygons(drawn[0], drawn[1:] or None)


def _ring(ring: Any, budget: list[int], notes: list[str]) -> list[tuple[float, float]]:
    if not isinstance(ring, list):
        raise RangeInvalid("环应为坐标的列表", pointer=f"{POINTER}/coordinates")
    budget[0] -= len(ring)
    if budget[0] < 0:
        raise _too_many()
    points = [_point(position) for position in ring]
    if points and points[0] != points[-1]:
        points.append(points[0])
        notes.append("有环首尾未闭合,已闭合")
    if len(points) < 4:
        raise RangeInvalid(f"一个环至少要有 3 个不同的点,收到 {len(set(points))} 个", pointer=f"{POINTER}/coordinates")
    return points


def _point(position: Any) -> tuple[float, float]:
    if not isinstance(position, list) or not 2 <= len(position) <= 4:
        raise RangeInvalid("坐标应为 [经度, 纬度]", pointer=f"{POINTER}/coordinates")
    x, y = position[:2]
    is_number = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in (x, y))
    if not is_number or not (abs(x) < 1e12 and abs(y) < 1e12 and math.isfinite(x) and math.isfinite(y)):
        raise RangeInvalid("坐标应为有限的数", pointer=f"{POINTER}/coordinates")
    if abs(x) > 180 or abs(y) > 90:
        raise RangeNotDegrees(f"例如 {x},{y}", pointer=f"{POINTER}/coordinates", hint="请提交经纬度 (度);平面坐标请上传文件并说明坐标系")
    return float(x), float(y)


def _too_many(count: int | None = None) -> RangeTooComplex:
    said = f"有 {count} 个顶点," if count else ""
    return RangeTooComplex(f"{said}上限 {MAX_VERTICES} 个", pointer=POINTER, hint="请简化图形或分块分析")


def united(geoms: list[BaseGeometry | None], notes: list[str], source: dict[str, Any]) -> Outline:
    """The shapes of a file as one range; what is no face is left out and said, nothing but such is refused."""
    given = [g for g in geoms if g is not None and not g.is_empty]
    if not given:
        raise RangeEmpty("文件里没有图形", pointer="/file")
    faces = [g for g in given if g.geom_type in _POLYGONAL]
    if not faces:
        kinds = "、".join(sorted({g.geom_type for g in given}))
        raise RangeNotPolygon(f"文件里只有 {kinds}", pointer="/file", hint="请提供面图层")
    if len(faces) < len(given):
        notes.append(f"略去 {len(given) - len(faces)} 个不是面的图形")
    count = sum(shapely.get_num_coordinates(g) for g in faces)
    if count > MAX_VERTICES:
        raise _too_many(int(count))
    _finite(faces)
    if len(faces) == 1:
        return settled(faces[0], notes, source)
    notes.append(f"文件含 {len(faces)} 个图斑,合并为一个范围")
    sound = [_repaired(g, notes) for g in faces]
    return settled(shapely.union_all(sound), notes, source)


def _finite(geoms: list[BaseGeometry]) -> None:
    if not np.isfinite(shapely.get_coordinates(shapely.force_2d(geoms))).all():
        raise RangeInvalid("坐标含 NaN 或无穷大", pointer=POINTER)


def settled(geom: BaseGeometry, notes: list[str], source: dict[str, Any]) -> Outline:
    """Valid, without Z, on the earth, not empty; a repair is said."""
    flat = shapely.force_2d(geom)
    _finite([flat])
    bounds = shapely.bounds(flat)
    if not np.isfinite(bounds).all():
        raise RangeEmpty("没有坐标", pointer=POINTER)
    if np.abs(bounds[[0, 2]]).max() > 180 or np.abs(bounds[[1, 3]]).max() > 90:
        raise RangeNotDegrees(f"例如 {bounds[0]:.1f},{bounds[1]:.1f}", pointer=POINTER, hint="请提交经纬度 (度),或说明坐标系")
    repaired = _repaired(flat, notes)
    if repaired.is_empty or repaired.area == 0:
        raise RangeEmpty("范围没有面积", pointer=POINTER)
    return Outline(repaired, list(dict.fromkeys(notes)), source)


def _repaired(geom: BaseGeometry, notes: list[str]) -> BaseGeometry:
    if shapely.is_valid(geom):
        return geom
    notes.append("图形自相交或环重叠,已自动修复;请核对范围面积")
    return faces_of(shapely.make_valid(geom, method="structure", keep_collapsed=False))


def faces_of(geom: BaseGeometry) -> BaseGeometry:
    """Only the faces of a geometry."""
    if geom.geom_type in _POLYGONAL:
        return geom
    parts = [p for p in shapely.get_parts(geom) if p.geom_type in _POLYGONAL]
    return shapely.union_all(parts) if parts else Polygon()
