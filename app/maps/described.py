"""Answers of the standard surface as the OpenAPI document tells them: GeoJSON, its other forms, the standard's own documents."""

import re
from typing import Any

from app.maps import formats, schema
from app.maps.links import GEOJSON, HTML, JSON
from app.maps.pages.form import document

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_TEXT, _BINARY = {"type": "string"}, {"type": "string", "format": "binary"}
_OBJECT: dict[str, Any] = {"type": "object"}
_INSTANT: dict[str, Any] = {"type": "string", "format": "date-time", "nullable": True}
_GEOMETRIES = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon")


def described_ref(name: str) -> dict[str, Any]:
    """A schema of the document by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def _list(name: str) -> dict[str, Any]:
    return {"type": "array", "items": described_ref(name)}


def described_json(name: str, **others: dict[str, Any]) -> dict[str, Any]:
    """A 200 with a named JSON schema, and its other media types."""
    return {"200": {"content": {JSON: {"schema": described_ref(name)}, **{media: {"schema": form} for media, form in others.items()}}}}


def _needs(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": properties}


SCHEMAS: dict[str, Any] = {
    "Link": _needs("href", "rel", href=_TEXT, rel=_TEXT, type=_TEXT, title=_TEXT),
    "LandingPage": _needs("links", title=_TEXT, description=_TEXT, links=_list("Link")),
    "Conformance": _needs("conformsTo", conformsTo={"type": "array", "items": _TEXT}),
    "Collection": _needs(
        "id",
        "links",
        id=_TEXT,
        title=_TEXT,
        description=_TEXT,
        links=_list("Link"),
        extent=described_ref("Extent"),
        itemType={"type": "string", "enum": ["feature"]},
        crs={"type": "array", "items": _TEXT},
        storageCrs=_TEXT,
    ),
    "Extent": {
        "type": "object",
        "properties": {
            "spatial": _needs("bbox", bbox={"type": "array", "items": {"type": "array", "items": {"type": "number"}}}, crs=_TEXT),
            "temporal": _needs("interval", interval={"type": "array", "items": {"type": "array", "items": _INSTANT}}, trs=_TEXT),
        },
    },
    "Collections": _needs("links", "collections", links=_list("Link"), collections=_list("Collection")),
    "Geometry": _needs(
        "type", "coordinates", type={"type": "string", "enum": list(_GEOMETRIES)}, coordinates={"type": "array", "items": {}}
    ),
    "Feature": _needs(
        "type",
        "id",
        "geometry",
        "properties",
        type={"type": "string", "enum": ["Feature"]},
        id={"type": "integer", "format": "int64"},
        geometry={"allOf": [described_ref("Geometry")], "nullable": True},
        properties={**_OBJECT, "nullable": True},
        links=_list("Link"),
    ),
    "FeatureCollection": _needs(
        "type",
        "features",
        "numberReturned",
        "links",
        "timeStamp",
        type={"type": "string", "enum": ["FeatureCollection"]},
        features=_list("Feature"),
        links=_list("Link"),
        numberReturned={"type": "integer", "minimum": 0},
        numberMatched={"type": "integer", "minimum": 0, "description": "不超过一万时必有,更多时也可能有;有即准确"},
        timeStamp={"type": "string", "format": "date-time"},
        facts_as_of={"type": "string", "format": "date", "nullable": True},
    ),
    "TileMatrixSets": _needs("tileMatrixSets", tileMatrixSets={"type": "array", "items": _OBJECT}, links=_list("Link")),
    "TileMatrixSet": _needs("id", "crs", "tileMatrices", id=_TEXT, crs=_TEXT, tileMatrices={"type": "array", "items": _OBJECT}),
    "TileSets": _needs("tilesets", tilesets=_list("TileSet"), links=_list("Link")),
    "TileSet": _needs(
        "dataType",
        "crs",
        "links",
        title=_TEXT,
        dataType={"type": "string", "enum": ["vector"]},
        crs=_TEXT,
        tileMatrixSetURI=_TEXT,
        tileMatrixSetLimits={"type": "array", "items": _OBJECT},
        layers={"type": "array", "items": _OBJECT},
        boundingBox=_OBJECT,
        links=_list("Link"),
    ),
    "TileJSON": _needs(
        "tilejson",
        "tiles",
        "vector_layers",
        tilejson={"type": "string", "enum": ["3.0.0"]},
        tiles={"type": "array", "items": _TEXT},
        vector_layers={"type": "array", "items": _OBJECT},
        minzoom={"type": "integer"},
        maxzoom={"type": "integer"},
        bounds={"type": "array", "items": {"type": "number"}},
        center={"type": "array", "items": {"type": "number"}},
    ),
    "Styles": _needs("styles", default=_TEXT, styles={"type": "array", "items": _OBJECT}, links=_list("Link")),
    "MapLibreStyle": _needs(
        "version",
        "sources",
        "layers",
        version={"type": "integer", "enum": [8]},
        sources=_OBJECT,
        layers={"type": "array", "items": _OBJECT},
    ),
    "FieldSchema": _needs(
        "$schema",
        "$id",
        "type",
        "properties",
        **{"$schema": _TEXT, "$id": _TEXT, "type": {"type": "string", "enum": ["object"]}, "properties": _OBJECT},
    ),
}


def _items() -> dict[str, Any]:
    """Every form of a page, with the headers that say what follows and how much there is."""
    media = {value.partition(";")[0] for value in formats.MEDIA.values()} - {GEOJSON}
    told = {
        "Link": ("self、next", _TEXT), "Content-Crs": ("坐标系", _TEXT), "OGC-NumberReturned": ("本页要素数", {"type": "integer"}),
        "OGC-NumberMatched": ("符合的要素数", {"type": "integer"}), "ETag": ("校验值", _TEXT),
    }  # fmt: skip
    return {
        "200": {
            "content": {GEOJSON: {"schema": described_ref("FeatureCollection")}, **{m: {"schema": _form(m)} for m in sorted(media)}},
            "headers": {name: {"description": said, "schema": form} for name, (said, form) in told.items()},
        },
        **_UNCHANGED,
    }


def _form(media: str) -> dict[str, Any]:
    return _TEXT if media.startswith("text/") or media.endswith("-seq") else _BINARY


_UNCHANGED: dict[str, Any] = {"304": {"description": "未改变 (If-None-Match)"}}
_ANSWERS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/", described_json("LandingPage")),
    ("/conformance", described_json("Conformance")),
    ("/collections", described_json("Collections")),
    (r"/collections/[^/]+", described_json("Collection")),
    (r"/collections/[^/]+/items", _items()),
    (r"/collections/[^/]+/items/[^/]+", {"200": {"content": {GEOJSON: {"schema": described_ref("Feature")}}}, **_UNCHANGED}),
    (
        r"/collections/[^/]+/(queryables|sortables|schema)",
        {"200": {"content": {schema.MEDIA: {"schema": described_ref("FieldSchema")}}}, **_UNCHANGED},
    ),
    (
        r"/collections/[^/]+/tiles/[^/]+/\{z\}/\{row\}/\{col\}",
        {"200": {"content": {"application/vnd.mapbox-vector-tile": {"schema": _BINARY}}}, "204": {"description": "空瓦片"}, **_UNCHANGED},
    ),
    ("/tileMatrixSets", described_json("TileMatrixSets")),
    ("/tileMatrixSets/[^/]+", described_json("TileMatrixSet")),
    (r"/collections/[^/]+/tiles", described_json("TileSets")),
    (r"/collections/[^/]+/tiles/[^/]+", described_json("TileSet")),
    (r"/collections/[^/]+/tiles/[^/]+/tilejson.json", described_json("TileJSON")),
    (r"(/collections/[^/]+)?/styles", described_json("Styles")),
    (
        r"(/collections/[^/]+)?/styles/[^/]+",
        {"200": {"content": {"application/vnd.mapbox.style+json": {"schema": described_ref("MapLibreStyle")}}}},
    ),
    ("/api/meta", {**described_json("Words"), **_UNCHANGED}),
)


def answers(path: str) -> dict[str, Any]:
    """Responses of a path of this room that its route does not declare."""
    return next((found for pattern, found in _ANSWERS if re.fullmatch(pattern, path)), {})


def with_page(path: str, operation: dict[str, Any]) -> None:
    """Tell the HTML form of a document that has one (app/maps/pages draws it from the JSON answer)."""
    if document(path) is None:
        return
    for parameter in operation.get("parameters", ()):
        if parameter["name"] == "f":
            parameter["schema"] = {**parameter["schema"], "enum": [*parameter["schema"]["enum"], "html"]}
            parameter["description"] = parameter["schema"]["description"] = f"{parameter['description']};html 为网页"
    operation["responses"]["200"]["content"][HTML] = {"schema": _TEXT}
