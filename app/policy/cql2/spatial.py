"""Spatial predicates: geometry literals are checked and brought to 4490 here (the database would answer 500), bound as GeoJSON."""

import json
from collections.abc import Mapping
from decimal import Decimal
from itertools import chain
from math import isfinite
from typing import Any, Final

import numpy as np
from shapely.errors import ShapelyError  # type: ignore[attr-defined]
from shapely.geometry import mapping, shape

from app.core.crs import STORED, reproject
from app.policy.cql2.guard import MAX_VERTICES
from app.policy.cql2.terms import Parameters, Term
from app.policy.errors import FilterGeometry, FilterTooManyVertices, FilterType

PREDICATES: Final[Mapping[str, str]] = {
    "s_intersects": "ST_Intersects", "s_within": "ST_Within", "s_contains": "ST_Contains", "s_disjoint": "ST_Disjoint",
    "s_equals": "ST_Equals", "s_touches": "ST_Touches", "s_crosses": "ST_Crosses", "s_overlaps": "ST_Overlaps",
}  # fmt: skip
GEOGRAPHIC: Final = frozenset({4490, 4326})
_NESTING: Final = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}


def geometry(node: Mapping[str, Any], *, srid: int) -> Term:
    """Term of a geometry literal, GeoJSON or bbox; a collection keeps its members apart."""
    if "bbox" in node:
        return Term("geometry", geometries=(json.dumps(_box(node["bbox"], srid=srid)),))
    if node.get("type") == "GeometryCollection":
        members = node.get("geometries")
        if not isinstance(members, list) or not members or not all(isinstance(m, dict) for m in members):
            raise FilterGeometry("图形集合不能为空")
    else:
        members = [node]
    plain = [_plain(member, srid=srid) for member in members]
    return Term("geometry", geometries=tuple(json.dumps(member) for member in plain))


def vertices(node: Mapping[str, Any]) -> int:
    """Coordinate positions of a GeoJSON literal, counted without recursion."""
    count = 0
    todo: list[Any] = [node.get("coordinates"), node.get("geometries")]
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            todo += [value.get("coordinates"), value.get("geometries")]
        elif isinstance(value, list) and value and not isinstance(value[0], list | dict):
            count += 1
        elif isinstance(value, list):
            todo += value
    return count


def _plain(node: Mapping[str, Any], *, srid: int) -> dict[str, Any]:
    """A valid 2D geometry in range; third coordinates are dropped."""
    kind = node.get("type")
    if not isinstance(kind, str) or kind not in _NESTING:
        raise FilterGeometry(f"不支持的图形类型: {str(kind)[:40]}")
    if vertices(node) > MAX_VERTICES:
        raise FilterTooManyVertices(f"图形顶点不得超过 {MAX_VERTICES} 个")
    flat = {"type": kind, "coordinates": _positions(node.get("coordinates"), depth=_NESTING[kind], srid=srid)}
    try:
        made = shape(flat)
    except (ValueError, TypeError, IndexError, ShapelyError) as error:
        raise FilterGeometry("图形坐标不完整", hint="面的每个环至少 4 点且首尾相同") from error
    if made.is_empty or not made.is_valid or not _closed(flat):
        raise FilterGeometry("图形无效", hint="面的每个环须首尾相同且不自相交")
    return flat if srid == STORED else _moved(flat, srid=srid)


def _moved(flat: Mapping[str, Any], *, srid: int) -> dict[str, Any]:
    """The geometry in 4490; coordinates outside the plane's domain are refused."""
    made = reproject(np.array([shape(flat)], dtype=np.object_), srid, STORED)[0]
    if not all(isfinite(bound) for bound in made.bounds):
        raise FilterGeometry(f"坐标不在 EPSG:{srid} 的范围内")
    moved: dict[str, Any] = mapping(made)
    return moved


def _closed(flat: Mapping[str, Any]) -> bool:
    """Rings end where they begin (shapely would close them silently, PostGIS refuses)."""
    coordinates = flat["coordinates"]
    rings = coordinates if flat["type"] == "Polygon" else list(chain.from_iterable(coordinates)) if flat["type"] == "MultiPolygon" else []
    return all(len(ring) > 3 and ring[0] == ring[-1] for ring in rings)


def _positions(value: Any, *, depth: int, srid: int) -> Any:
    """Coordinates with exactly the nesting of their type (at most three lists)."""
    if depth == 0:
        return _position(value, srid=srid)
    if not isinstance(value, list) or not value:
        raise FilterGeometry("图形坐标不完整")
    return [_positions(inner, depth=depth - 1, srid=srid) for inner in value]


def _position(value: Any, *, srid: int) -> list[float]:
    if not isinstance(value, list) or len(value) not in {2, 3} or not all(_is_number(n) for n in value):
        raise FilterGeometry("坐标应为两个数")
    x, y = float(value[0]), float(value[1])
    if not (isfinite(x) and isfinite(y)) or max(abs(x), abs(y)) > 1e9:
        raise FilterGeometry("坐标超出范围")
    if srid in GEOGRAPHIC and not (-180 <= x <= 180 and -90 <= y <= 90):
        raise FilterGeometry(f"坐标 {x}, {y} 不是经纬度", hint="顺序为经度、纬度")
    return [x, y]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _box(value: Any, *, srid: int) -> dict[str, Any]:
    """A bounding box as polygon; west > east crosses the antimeridian and becomes two."""
    if not isinstance(value, list) or len(value) not in {4, 6} or not all(_is_number(n) for n in value):
        raise FilterGeometry("BBOX 应为 4 或 6 个数")
    half = len(value) // 2
    west, south = _position(value[:2], srid=srid)
    east, north = _position(value[half : half + 2], srid=srid)
    if south > north:
        raise FilterGeometry("BBOX 的南界大于北界")
    if west == east or south == north:
        if west == east and south == north:
            return {"type": "Point", "coordinates": [west, south]}
        return {"type": "LineString", "coordinates": [[west, south], [east, north]]}
    if west < east:
        return {"type": "Polygon", "coordinates": [_ring(west, south, east, north)]}
    if srid not in GEOGRAPHIC:
        raise FilterGeometry("BBOX 的西界大于东界")
    return {"type": "MultiPolygon", "coordinates": [[_ring(west, south, 180.0, north)], [_ring(-180.0, south, east, north)]]}


def _ring(west: float, south: float, east: float, north: float) -> list[list[float]]:
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def predicate(op: str, terms: list[Term], parameters: Parameters) -> Term:
    """SQL of a spatial predicate between the layer's geometry and one literal."""
    if len(terms) != 2 or any(t.family != "geometry" for t in terms) or sum(t.is_literal for t in terms) != 1:
        raise FilterType(f"{op.upper()} 需要图形字段和一个图形", hint="例如 S_INTERSECTS(geom, BBOX(121.2,30.1,121.3,30.2))")
    members = next(t for t in terms if t.is_literal).geometries
    if len(members) > 1 and op not in {"s_intersects", "s_disjoint"}:
        raise FilterGeometry(f"{op.upper()} 不支持图形集合", hint="请改用 MULTIPOLYGON 等同类图形")
    name = PREDICATES[op]
    calls = []
    for member in members:
        sides = [t.sql if t.sql is not None else _bound(member, parameters) for t in terms]
        calls.append(f"{name}({', '.join(sides)})")
    joined = (" AND " if op == "s_disjoint" else " OR ").join(calls)
    return Term("boolean", sql=f"({joined})" if len(calls) > 1 else joined)


def _bound(member: str, parameters: Parameters) -> str:
    return f"ST_SetSRID(ST_GeomFromGeoJSON({parameters.bind(member, 'text')}), {STORED})"
