"""What the standards say about tiles in JSON: tile matrix sets, lists of tile sets, a tile set, TileJSON. Pure."""

from typing import Any
from urllib.parse import urlencode

from app.maps import fields
from app.maps.layers import Layer
from app.maps.links import link
from app.maps.ogc import REL
from app.maps.tiles.grids import DEEPEST, GRIDS, Grid
from app.maps.tiles.queries import READABLE, SHOWN, fields_of
from app.maps.tiles.themes import Theme, offered
from app.policy import registry

MVT = "application/vnd.mapbox-vector-tile"
STYLE = "application/vnd.mapbox.style+json"
FINEST = 17
"""Zoom up to which map clients fetch tiles (7 cm a unit); deeper they enlarge them."""
FAR_BAND = {"type": "string", "title": "容积率档"}


def matrix_sets(base: str) -> dict[str, Any]:
    """`/tileMatrixSets`."""
    entries = []
    for grid in GRIDS.values():
        here = link(f"{base}/tileMatrixSets/{grid.id}", "self", title=grid.title)
        entries.append({"id": grid.id, "title": grid.title, **({"uri": grid.uri} if grid.uri else {}), "crs": grid.crs, "links": [here]})
    return {"tileMatrixSets": entries, "links": [link(f"{base}/tileMatrixSets", "self")]}


def query(theme: Theme | None, key: str | None) -> str:
    """Query of a tile's address: the theme, and the ?tk= of a caller whose map layers can send no header."""
    given = {"theme": theme.id if theme else None, "tk": key}
    told = {name: value for name, value in given.items() if value}
    return f"?{urlencode(told)}" if told else ""


def _entry(base: str, layer: Layer, grid: Grid) -> dict[str, Any]:
    here = f"{base}/collections/{layer.id}/tiles/{grid.id}"
    template = {**link(f"{here}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}", "item", media=MVT, title="瓦片"), "templated": True}
    return {
        "title": f"{layer.title} ({grid.id})",
        "dataType": "vector",
        "crs": grid.crs,
        **({"tileMatrixSetURI": grid.uri} if grid.uri else {}),
        "links": [
            link(here, "self", title=layer.title),
            link(f"{base}/tileMatrixSets/{grid.id}", f"{REL}tiling-scheme", title=grid.title),
            template,
            link(f"{here}/tilejson.json", "describedby", title="TileJSON"),
        ],
    }


def tilesets(base: str, layer: Layer) -> dict[str, Any]:
    """`/collections/{id}/tiles`: the tile sets of a collection."""
    here = f"{base}/collections/{layer.id}"
    said = [link(f"{here}/tiles", "self"), link(here, "collection"), link(f"{here}/styles", f"{REL}styles", title="样式")]
    return {"tilesets": [_entry(base, layer, grid) for grid in GRIDS.values()], "links": said}


def tileset(base: str, layer: Layer, grid: Grid, bbox: list[float] | None, *, is_public: bool) -> dict[str, Any]:
    """`/collections/{id}/tiles/{tms}`: a tile set for this caller; the bounding box is east first, in degrees."""
    extent: dict[str, Any] = {}
    if bbox:
        box = {"lowerLeft": bbox[:2], "upperRight": bbox[2:], "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"}
        extent = {"boundingBox": box, "tileMatrixSetLimits": grid.limits(bbox)}
    return {
        **_entry(base, layer, grid),
        "description": layer.description,
        "mediaTypes": [MVT],
        **extent,
        "layers": [
            {
                "id": name,
                "title": title,
                "dataType": "vector",
                "geometryDimension": dimension,
                "minTileMatrix": str(max(first, grid.first)),
                "maxTileMatrix": str(last),
                "propertiesSchema": {"type": "object", "properties": properties},
            }
            for name, title, dimension, first, last, properties in _layers(layer, is_public=is_public)
        ],
    }


def _layers(layer: Layer, *, is_public: bool) -> list[tuple[str, str, int, int, int, dict[str, Any]]]:
    """Layers inside a tile: name, title, dimension, first and last zoom, properties as JSON Schema."""
    if layer.id != "parcels":
        shown = {name: registry.schema_of(column) for name, column in fields.LAYERS[layer.id].items() if name in SHOWN[layer.id]}
        return [(layer.id, layer.title, 2, 0, DEEPEST, shown), (f"{layer.id}_labels", f"{layer.title}注记点", 0, 0, DEEPEST, shown)]
    names = dict.fromkeys(name for theme in offered(is_public=is_public) for name in fields_of(theme, is_public=is_public))
    known = {**fields.FIELDS}
    properties = {name: registry.schema_of(known[name]) if name in known else FAR_BAND for name in names}
    cells = {
        "n": {"type": "integer", "title": "宗地数"},
        "mu": {"type": "number", "title": "用地面积", "x-unit": "亩"},
        "top": {"type": "string", "title": "面积最大的专题值"},
    }
    return [
        ("parcels", layer.title, 0 if is_public else 2, READABLE, DEEPEST, properties),
        ("parcel_cells", f"{layer.title}分格统计:各专题值的宗地数 (值) 与亩数 (值_mu)", 0, 0, READABLE - 1, cells),
    ]


def tilejson(base: str, layer: Layer, grid: Grid, bbox: list[float] | None, asked: str, *, is_public: bool) -> dict[str, Any]:
    """TileJSON 3.0.0; for CGCS2000Quad the addresses are the same but only clients that know the grid can draw them."""
    extent: dict[str, Any] = {}
    if bbox:
        extent = {"bounds": bbox, "center": [(bbox[0] + bbox[2]) / 2, (bbox[1] + bbox[3]) / 2, 10]}
    return {
        "tilejson": "3.0.0",
        "name": layer.title,
        "description": layer.description,
        "scheme": "xyz",
        "tiles": [f"{base}/collections/{layer.id}/tiles/{grid.id}/{{z}}/{{y}}/{{x}}{asked}"],
        "minzoom": grid.first,
        "maxzoom": FINEST,
        **extent,
        "vector_layers": [
            {
                "id": name,
                "description": title,
                "minzoom": max(first, grid.first),
                "maxzoom": min(last, FINEST),
                "fields": {field: said.get("title", field) for field, said in properties.items()},
            }
            for name, title, _, first, last, properties in _layers(layer, is_public=is_public)
        ],
        "tileMatrixSet": grid.id,
        "crs": grid.crs,
    }


def styles(base: str, layer: Layer, found: list[tuple[str, str]]) -> dict[str, Any]:
    """`/collections/{id}/styles`: (id, title) of each; the first is the default."""
    here = f"{base}/collections/{layer.id}"
    combined = link(f"{base}/styles", f"{REL}styles", title="全部图层的样式")
    return _styles(f"{here}/styles", found, [link(here, "collection"), combined])


def combined(base: str, found: list[tuple[str, str]]) -> dict[str, Any]:
    """`/styles`: those that draw all collections together."""
    return _styles(f"{base}/styles", found, [])


def _styles(here: str, found: list[tuple[str, str]], more: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "default": found[0][0],
        "styles": [{"id": name, "title": title, "links": [link(f"{here}/{name}", "stylesheet", media=STYLE)]} for name, title in found],
        "links": [link(here, "self"), *more],
    }
