"""SQL of a tile: parcels one by one where they can be read, stored cells above that, the small layers as simplified shapes."""

from datetime import date
from functools import lru_cache
from typing import Any

from app.maps import queries
from app.maps.cells import ALL, TOGETHER
from app.maps.queries import View
from app.maps.tiles.grids import BUFFER, CELLS, EXTENT, Grid
from app.maps.tiles.themes import UNKNOWN, Theme

READABLE = 13
"""From this zoom on parcels are drawn one by one; below it a tile holds numbers and 亩 per cell."""
SHOWN = {
    "control-lines": ("code", "name", "level"),
    "towns": ("code", "name", "kind"),
    "blocks": ("code", "name", "responsible_body"),
    "cases": ("code", "name", "state", "category", "responsible_body"),
    "freed-land": ("measure_key", "campaign", "method", "kind", "counted_m2", "responsible_body"),
}
"""Properties of the small layers in a tile: what a style or a label needs; the rest is at /items/{id}."""
_PIXELS = 2048
"""Simplification: a quarter of a pixel where a tile is drawn 512 pixels wide."""


def _wide(grid: Grid, z: int, row: int, col: int) -> tuple[float, ...]:
    """The tile with its buffer, in units of the grid."""
    edge = grid.side(z) * BUFFER / EXTENT
    west, south, east, north = grid.bounds(z, row, col)
    return west - edge, south - edge, east + edge, north + edge


@lru_cache
def _parcels(name: str, is_degrees: bool, columns: str, joined: str) -> str:
    box = "box && box(point($6::float8, $7::float8), point($8::float8, $9::float8))"
    plane = "ST_MakeEnvelope($6::float8, $7::float8, $8::float8, $9::float8, 3857)"
    if name == "tile_points":
        near = f"m.{box}" if is_degrees else f"m.geom_3857 && {plane}"
    elif is_degrees:
        near = f"map_parcel p ON p.{box} JOIN map_shape m ON m.county_code = p.county_code AND m.id = p.id"
    else:
        near = f"map_shape m ON m.geom_3857 && {plane}"
    parts = {
        "{columns}": columns, "{geom}": "geom" if is_degrees else "geom_3857", "{srid}": "4490" if is_degrees else "3857",
        "{turned}": "ST_ForcePolygonCW(m.geom)" if is_degrees else "m.geom_3857", "{near}": near, "{joined}": joined,
    }  # fmt: skip
    return _filled(name, parts)


def _filled(name: str, parts: dict[str, str]) -> str:
    statement = queries.sql(name)
    for part, text in parts.items():
        statement = statement.replace(part, text)
    return statement


def fields_of(theme: Theme, *, is_public: bool) -> tuple[str, ...]:
    """Properties of a parcel in a tile of this theme."""
    if is_public:
        return ("land_code", "responsible_body", "grade", "standard_land")
    always = ("land_code", "responsible_body", "display_class", "grade")
    return always if theme.field in always else (*always, theme.field)


def parcels(view: View, grid: Grid, z: int, row: int, col: int, theme: Theme) -> tuple[str, list[Any]]:
    """Parcels of a readable tile; an officer reads the values of his own body only."""
    values: list[Any] = [view.county_code, *grid.bounds(z, row, col), *_wide(grid, z, row, col)]
    if view.is_public:
        return _parcels("tile_points", grid.is_degrees, "", ""), values
    found = {"responsible_body": "m.responsible_body", "display_class": "m.display_class", "grade": "m.grade"}
    joined = ""
    if theme.is_joined:
        found[theme.field] = queries.sql("tile_far_band") if theme.field == "far_band" else f"f.{theme.field}"
        joined = " LEFT JOIN map_filter f ON f.county_code = m.county_code AND f.id = m.id"
    if view.is_officer:
        found = {name: f"CASE WHEN m.responsible_body = $10 THEN {column} END" for name, column in found.items()}
        values.append(view.own_body or "")
    columns = ", ".join(f"{column} AS {name}" for name, column in found.items())
    return _parcels("tile_parcels", grid.is_degrees, columns, joined), values


def values(view: View, grid: Grid, theme: Theme) -> tuple[str, list[Any]]:
    """Values of a theme that the caller may read, one a row."""
    return _filled("tile_values", {"{table}": _cell_table(view)}), [view.county_code, grid.id, theme.stored, _own(view)]


def cells(view: View, grid: Grid, z: int, row: int, col: int, theme: Theme, known: tuple[str, ...]) -> tuple[str, list[Any]]:
    """Overview of a tile above that: every parcel of the county is in one cell of one tile. A theme of fewer cells a side is read from a
    zoom farther out, whose cells are theirs (there is none above zoom 0)."""
    out = min(z, (CELLS // theme.cells).bit_length() - 1)
    side = CELLS >> out
    bound: list[Any] = [view.county_code, grid.id, theme.stored, z - out, col * side, row * side, _own(view), side]
    return _cells(_cell_table(view), known, _bodies(view, z - out)), [*bound, *known]


def _bodies(view: View, z: int) -> str:
    """Which rows of a cell make it: all bodies', added up or one by one where they are not; an officer's own and the others'."""
    return "" if z not in TOGETHER else f" AND c.responsible_body {'<>' if view.is_officer else '='} '{ALL}'"


def _cell_table(view: View) -> str:
    return "map_cell_public" if view.is_public else "map_cell"


def _own(view: View) -> str | None:
    return (view.own_body or "") if view.is_officer else None


@lru_cache(maxsize=256)
def _cells(table: str, known: tuple[str, ...], bodies: str) -> str:
    named = dict(enumerate(("other", *known, UNKNOWN)))
    shown = {at: name.replace('"', '""') for at, name in named.items()}
    bound = {at: f"${at + 8}::text" for at in range(1, len(known) + 1)}
    said = "".join(f" WHEN c.mu{at} THEN {value}" for at, value in bound.items())
    parts = {
        "{table}": table,
        "{bodies}": bodies,
        "{at}": " ".join(f"WHEN c.value = {value} THEN {at}" for at, value in bound.items()),
        "{unknown}": str(len(known) + 1),
        "{counts}": "".join(
            f", (sum(n) FILTER (WHERE at = {at}))::int AS n{at}, sum(mu) FILTER (WHERE at = {at}) AS mu{at}" for at in named
        ),
        "{numbers}": ", ".join(f"n{at}" for at in named),
        "{top}": f"CASE greatest({', '.join(f'c.mu{at}' for at in bound)}){said} ELSE '{UNKNOWN}' END" if known else f"'{UNKNOWN}'",
        "{columns}": "".join(
            f', c.n{at} AS "{name}", CASE WHEN f.is_full THEN floor(c.mu{at} / 10000 + 0.5) ELSE c.mu{at} / 10000 END AS "{name}_mu"'
            for at, name in shown.items()
        ),
    }
    return _filled("tile_cells", parts)


def places(layer_id: str, view: View, grid: Grid, z: int, row: int, col: int, today: date) -> tuple[str, list[Any]]:
    """Shapes and labels of a small layer; an officer sees cases and freed land of his own body only."""
    parts = {
        "{layer}": queries.sql("tile_cases" if layer_id == "cases" else f"layer_{layer_id}"),
        "{moved}": "s.geom" if grid.is_degrees else "ST_Transform(s.geom, 3857)",
        "{srid}": str(grid.srid),
        "{name}": layer_id,
    }
    bound = [view.county_code, today, today, *grid.bounds(z, row, col), *grid.degrees(z, row, col), _own(view), list(SHOWN[layer_id])]
    return _filled("tile_places", parts), [*bound, grid.side(z) / _PIXELS]
