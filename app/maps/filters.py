"""`filter`, `filter-lang`, `filter-crs`: a CQL2 text over the map's columns becomes a bound condition. Pure."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import shapely

from app.core.errors import Problem
from app.maps import fields
from app.maps.crs import parse_crs
from app.policy import registry
from app.policy.cql2 import Node, Target, compile_node, parse_filter
from app.policy.cql2.spatial import PREDICATES, Axes, geometry
from app.policy.errors import FilterProperty
from app.policy.registry import Column

Lang = Literal["cql2-text", "cql2-json"]
GEOMETRY = ("geom", "geometry")
_NUMBERED = re.compile(r"\$(\d+)")
_TYPED = re.compile(r"\bt\.")


@dataclass(frozen=True, eq=False)
class Condition:
    """SQL over aliases t (map_filter) and g (the table that is shown), with its values from $1 on; the same request, the same object."""

    sql: str
    values: tuple[Any, ...]
    columns: frozenset[str] = frozenset()
    """What it reads of t."""
    needs_shape: bool = False
    is_asked: bool = True
    """Asked by the caller (an officer's holds in his own body only), not a part of the extent."""
    bounds: tuple[float, float, float, float] | None = None
    """Outside of this box (degrees) it is never true."""

    def after(self, bound: list[Any], table: str = "t") -> str:
        """The SQL with its values put behind those already bound, over another alias than t where that has its columns."""
        shift = len(bound)
        bound += self.values
        sql = self.sql if table == "t" else _TYPED.sub(f"{table}.", self.sql)
        return _NUMBERED.sub(lambda m: f"${int(m.group(1)) + shift}", sql)


class _Readable(dict[str, Column]):
    """Columns by name; an exact figure of a named enterprise is not among them: say which band is."""

    def get(self, name: str, default: Any = None) -> Any:
        hidden = registry.COLUMNS.get(name)
        if name not in self and hidden is not None and hidden.level > registry.Level.L2:
            raise FilterProperty(f"地图不开放精确值 “{name}”", hint=f"请用分档字段 {hidden.band or 'tax_band'}")
        return super().get(name, default)


@lru_cache(maxsize=128)
def condition(source: str | None, lang: Lang | None, filter_crs: str | None, layer_id: str, is_public: bool) -> Condition | None:
    """The condition of a request, None without one; every mistake is a named 400 that points at the parameter.

    Kept: a map asks the same filter with every move, and reading it costs as much as a small extent.
    """
    columns = fields.queryable(layer_id, is_public=is_public)
    crs = parse_crs(filter_crs, "filter-crs")
    if source is None:
        return None
    try:
        node = parse_filter(source, lang=lang or "cql2-text")
        axes = Axes(crs.srid, crs.is_north_first)
        target = Target(_Readable(columns), alias="t", geometry="shape", axes=axes, geometry_names=GEOMETRY)
        compiled = compile_node(node, target)
    except Problem as problem:
        problem.pointer = problem.pointer or "query:filter"
        raise
    sql = compiled.sql.replace("t.shape", "g.geom")
    return Condition(sql, tuple(compiled.params), compiled.properties, needs_shape=sql != compiled.sql, bounds=_bounds(node, axes))


def _bounds(root: Node, axes: Axes) -> tuple[float, float, float, float] | None:
    """Box of the first spatial condition that must hold; the tree has been compiled, so its literals are right."""
    todo = [root]
    while todo:
        node = todo.pop()
        op = node["op"].lower() if isinstance(node, dict) and "op" in node else ""
        if op == "and":
            todo += node["args"]
        elif op in PREDICATES and op != "s_disjoint":
            literals = [part for part in node["args"] if "property" not in part]
            if len(literals) == 1:
                shapes = shapely.from_geojson(geometry(literals[0], axes).geometries)
                found: tuple[float, float, float, float] = shapely.union_all(shapes).bounds
                return found
    return None


def touching(geojson: str) -> Condition:
    """The shape meets this GeoJSON (degrees): an extent that is no rectangle there."""
    return Condition("ST_Intersects(g.geom, ST_SetSRID(ST_GeomFromGeoJSON($1::text), 4490))", (geojson,), needs_shape=True, is_asked=False)
