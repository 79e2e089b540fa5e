"""Spatial predicates: geometry literals are checked and brought to 4490 here (the database would answer 500), bound as GeoJSON."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain, pairwise, product
from math import isfinite
from typing import Any, Final

import numpy as np
import shapely
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
MAX_MEMBERS: Final = 20
"""Members of a collection are asked one by one."""
_NESTING: Final = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}


_PIECES: Final = 32
"""A side of a plane's box is a curve in degrees: it is cut into this many pieces."""


@dataclass(frozen=True, slots=True)
class Axes:
    """How literals are written: the system's SRID, and whether its first coordinate is the northing."""

    srid: int = STORED
    is_north_first: bool = False

    @property
    def is_geographic(self) -> bool:
        """Degrees, not metres."""
        return self.srid in GEOGRAPHIC


DEGREES: Final = Axes()
"""CRS84: longitude, latitude."""


def geometry(node: Mapping[str, Any], axes: Axes) -> Term:
    """Term of a geometry literal, GeoJSON or bbox; a collection keeps its members apart."""
    if "bbox" in node:
        return Term("geometry", geometries=(json.dumps(_moved(_box(node["bbox"], axes), axes)),))
    if node.get("type") == "GeometryCollection":
        members = node.get("geometries")
        if not isinstance(members, list) or not members or not all(isinstance(m, dict) for m in members):
            raise FilterGeometry("图形集合不能为空")
        if len(members) > MAX_MEMBERS:
            raise FilterGeometry(f"图形集合不得超过 {MAX_MEMBERS} 个图形")
    else:
        members = [node]
    return Term("geometry", geometries=tuple(json.dumps(_plain(member, axes)) for member in members))


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


def _plain(node: Mapping[str, Any], axes: Axes) -> dict[str, Any]:
    """A valid 2D geometry in range, in degrees; third coordinates are dropped."""
    kind = node.get("type")
    if not isinstance(kind, str) or kind not in _NESTING:
        raise FilterGeometry(f"不支持的图形类型: {str(kind)[:40]}")
    if vertices(node) > MAX_VERTICES:
        raise FilterTooManyVertices(f"图形顶点不得超过 {MAX_VERTICES} 个")
    flat = {"type": kind, "coordinates": _positions(node.get("coordinates"), axes, depth=_NESTING[kind])}
    try:
        made = shape(flat)
    except (ValueError, TypeError, IndexError, ShapelyError) as error:
        raise FilterGeometry("图形坐标不完整", hint="面的每个环至少 4 点且首尾相同") from error
    if made.is_empty or not made.is_valid or not _closed(flat):
        raise FilterGeometry("图形无效", hint="面的每个环须首尾相同且不自相交")
    return _moved(flat, axes)


def _moved(flat: dict[str, Any], axes: Axes) -> dict[str, Any]:
    """The geometry in 4490; coordinates outside the plane's domain are refused."""
    if axes.is_geographic:
        return flat
    made = reproject(np.array([shape(flat)], dtype=np.object_), axes.srid, STORED)[0]
    if not all(isfinite(bound) for bound in made.bounds):
        raise FilterGeometry(f"坐标不在 EPSG:{axes.srid} 的范围内")
    moved: dict[str, Any] = mapping(made)
    return moved


def _closed(flat: Mapping[str, Any]) -> bool:
    """Rings end where they begin (shapely would close them silently, PostGIS refuses)."""
    coordinates = flat["coordinates"]
    rings = coordinates if flat["type"] == "Polygon" else list(chain.from_iterable(coordinates)) if flat["type"] == "MultiPolygon" else []
    return all(len(ring) > 3 and ring[0] == ring[-1] for ring in rings)


def _positions(value: Any, axes: Axes, *, depth: int) -> Any:
    """Coordinates with exactly the nesting of their type (at most three lists)."""
    if depth == 0:
        return _position(value, axes)
    if not isinstance(value, list) or not value:
        raise FilterGeometry("图形坐标不完整")
    return [_positions(inner, axes, depth=depth - 1) for inner in value]


def _position(value: Any, axes: Axes) -> list[float]:
    """x (east), y (north) of a position in its system's order."""
    if not isinstance(value, list) or len(value) not in {2, 3} or not all(_is_number(n) for n in value):
        raise FilterGeometry("坐标应为两个数")
    first, second = float(value[0]), float(value[1])
    x, y = (second, first) if axes.is_north_first else (first, second)
    if not (isfinite(x) and isfinite(y)) or max(abs(x), abs(y)) > 1e9:
        raise FilterGeometry("坐标超出范围")
    if axes.is_geographic and not (-180 <= x <= 180 and -90 <= y <= 90):
        raise FilterGeometry(
            f"坐标 {value[0]}, {value[1]} 不是经纬度", hint=f"顺序为{'纬度、经度' if axes.is_north_first else '经度、纬度'}"
        )
    return [x, y]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _box(value: Any, axes: Axes) -> dict[str, Any]:
    """A bounding box as polygon; west > east crosses the antimeridian and becomes two, sides in a plane are cut into pieces."""
    if not isinstance(value, list) or len(value) not in {4, 6} or not all(_is_number(n) for n in value):
        raise FilterGeometry("BBOX 应为 4 或 6 个数")
    half = len(value) // 2
    west, south = _position(value[:2], axes)
    east, north = _position(value[half : half + 2], axes)
    if south > north:
        raise FilterGeometry("BBOX 的南界大于北界")
    if west == east or south == north:
        if west == east and south == north:
            return {"type": "Point", "coordinates": [west, south]}
        return {"type": "LineString", "coordinates": [[west, south], [east, north]]}
    if west < east:
        return {"type": "Polygon", "coordinates": [_ring(west, south, east, north, pieces=1 if axes.is_geographic else _PIECES)]}
    if not axes.is_geographic:
        raise FilterGeometry("BBOX 的西界大于东界")
    return {"type": "MultiPolygon", "coordinates": [[_ring(west, south, 180.0, north)], [_ring(-180.0, south, east, north)]]}


def _ring(west: float, south: float, east: float, north: float, *, pieces: int = 1) -> list[list[float]]:
    corners = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    steps = [n / pieces for n in range(pieces)]
    sides = pairwise(corners)
    return [[a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t] for a, b in sides for t in steps] + [corners[-1]]


def predicate(op: str, terms: list[Term], parameters: Parameters) -> Term:
    """SQL of a spatial predicate between two of: the layer's geometry, literals."""
    if any(t.family != "geometry" for t in terms):
        raise FilterType(f"{op.upper()} 需要图形字段和一个图形", hint="例如 S_INTERSECTS(geom, BBOX(121.2,30.1,121.3,30.2))")
    is_split = op in {"s_intersects", "s_disjoint"}
    sides = [[t.sql] if t.sql is not None else _bound(t, parameters, is_split=is_split, op=op) for t in terms]
    calls = [f"{PREDICATES[op]}({left}, {right})" for left, right in product(*sides)]
    joined = (" AND " if op == "s_disjoint" else " OR ").join(calls)
    return Term("boolean", sql=f"({joined})" if len(calls) > 1 else joined)


def _bound(term: Term, parameters: Parameters, *, is_split: bool, op: str) -> list[str]:
    """SQL of a literal's members: one by one where that says the same, else dissolved into one (PostGIS refuses collections)."""
    members = term.geometries if is_split or len(term.geometries) == 1 else (_dissolved(term.geometries, op),)
    return [f"ST_SetSRID(ST_GeomFromGeoJSON({parameters.bind(member, 'text')}), {STORED})" for member in members]


def _dissolved(members: tuple[str, ...], op: str) -> str:
    """The union of a collection's members, of one kind."""
    made = shapely.union_all(shapely.from_geojson(members))
    if made.geom_type == "GeometryCollection":
        raise FilterGeometry(f"{op.upper()} 不支持点、线、面混合的图形集合", hint="请改用 MULTIPOLYGON 等同类图形")
    return json.dumps(mapping(made))
