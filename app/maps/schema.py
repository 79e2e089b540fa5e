"""`/queryables`, `/sortables` and `/schema` of a collection as JSON Schema (OGC API Features Parts 3 and 5). Pure."""

from collections.abc import Mapping
from typing import Any, Literal

from app.maps import fields
from app.maps.layers import MIXED, Layer
from app.policy import registry
from app.policy.registry import Column

MEDIA = "application/schema+json"
Kind = Literal["queryables", "sortables", "schema"]
_TITLES: Mapping[Kind, str] = {"queryables": "可筛选字段", "sortables": "可排序字段", "schema": "字段说明"}


def document(base: str, layer: Layer, kind: Kind, *, is_public: bool) -> dict[str, Any]:
    """The schema of what a filter, `sortby` or an answer of the layer speaks of, for this caller."""
    if kind == "schema":
        columns: Mapping[str, Column] = {"id": fields.FIELDS["id"], **fields.shown(layer.id, is_public=is_public)}
    else:
        columns = fields.queryable(layer.id, is_public=is_public)
        if kind == "sortables":
            columns = {name: column for name, column in columns.items() if column.type != "text[]"}
    said = {}
    for number, column in enumerate(columns.values(), 1):
        said[column.name] = {**registry.schema_of(column), **_role(column), "x-ogc-propertySeq": number}
        if kind == "schema":
            said[column.name]["readOnly"] = True
    if kind != "sortables":
        form = "point" if layer.id == "parcels" and is_public else "any" if layer.id in MIXED else "multipolygon"
        said["geom"] = {"title": "图形", "format": f"geometry-{form}", "x-ogc-role": "primary-geometry"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{base}/collections/{layer.id}/{kind}",
        "type": "object",
        "title": f"{layer.title} {_TITLES[kind]}",
        "properties": said,
        "additionalProperties": False,
    }


def _role(column: Column) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if column.name == "id":
        found["x-ogc-role"] = "id"
    if column.type == "text[]":
        found["items"] = {"type": "string"}
    if column.data_date:
        found["x-data-date"] = column.data_date
    return found
