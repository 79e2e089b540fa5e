"""The OpenAPI document: what the routes declare, the problems and credentials they share, in version 3.0."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

from app.accounts import deps
from app.description import forms, problems
from app.description.version30 import VERSION, downgraded
from app.maps import described as maps

CREDENTIALS = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "POST /api/session 返回的 token"},
    "session": {"type": "apiKey", "in": "cookie", "name": deps.COOKIE, "description": "登录后的 Cookie"},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "只读密钥"},
    "tk": {"type": "apiKey", "in": "query", "name": "tk", "description": "只读密钥,限来源页面;用于瓦片地址"},
}
_LIMIT = {"name": "limit", "in": "query", "required": False, "style": "form", "explode": False}
_EXAMPLES: dict[str, Any] = {
    "land_code": "330282002P000006M", "feature_id": "330282000000006", "collection_id": "parcels", "target_id": "CX-008",
    "code": "not_found", "z": 14, "row": 6748, "col": 13707, "case": "330282000000001",
}  # fmt: skip
"""Of the demo county: what a reader can try."""
_NEEDED: dict[str, Any] = {
    "if-match": {"pattern": r'^(W/)?"?[0-9]{1,9}"?$', "example": '"1"'},
    "idempotency-key": {"minLength": 1},
}
"""Headers without which a write is refused (428)."""
_BBOX = {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}, "example": [121.0, 30.0, 121.6, 30.4]}


def described(app: FastAPI) -> dict[str, Any]:
    """OpenAPI 3.0 of the whole service; built once a process."""
    document = get_openapi(title=app.title, version=app.version, description=app.summary, routes=app.routes)
    for route in iter_route_contexts(app.routes):
        if isinstance(route.original_route, APIRoute) and route.include_in_schema:
            for method in route.methods or ():
                _operation(route, method.lower(), document["paths"][route.path_format][method.lower()])
    document["openapi"] = VERSION
    parts = document.setdefault("components", {})
    schemas = {name: part for name, part in parts.get("schemas", {}).items() if name not in ("HTTPValidationError", "ValidationError")}
    parts["schemas"] = {**schemas, **forms.SCHEMAS, **maps.SCHEMAS, "Problem": problems.SCHEMA}
    parts["securitySchemes"] = CREDENTIALS
    found: dict[str, Any] = downgraded(document)
    found["components"]["parameters"] = {"limit": _limit(found)}
    return found


def _operation(route: RouteContext, method: str, operation: dict[str, Any]) -> None:
    """One operation: who may ask, how values are written, what is answered."""
    is_write = problems.asks_for(route, deps.write)
    is_signed = problems.asks_for(route, deps.signed)
    ways = ("bearer", "session") if is_write else ("bearer", "session", "key", "tk") if is_signed else ()
    operation["security"] = [{way: []} for way in ways]
    for parameter in operation.get("parameters", ()):
        _parameter(parameter, method)
    fine = {status: answer for status, answer in operation["responses"].items() if status < "400"}
    path = route.path_format or ""
    for status, told in {**forms.answers(method, path), **maps.answers(path)}.items():
        own = fine.get(status, {"description": "未改变" if status == "304" else "没有内容"})
        content = {media: {**own.get("content", {}).get(media, {}), **part} for media, part in told.get("content", {}).items()}
        fine[status] = {**own, **told, **({"content": content} if content else {})}
    operation["responses"] = fine | problems.answers(route, operation)
    maps.with_page(path, operation)


def _parameter(parameter: dict[str, Any], method: str) -> None:
    """A query parameter that is not given is absent, never null; lists are comma-separated. A write names its headers (else 428)."""
    if parameter["in"] == "path" and parameter["name"] in _EXAMPLES:
        parameter.setdefault("example", _EXAMPLES[parameter["name"]])
    if parameter["in"] not in ("query", "header"):
        return
    schema = parameter["schema"]
    options = [option for option in schema.get("anyOf", ()) if option != {"type": "null"}]
    if len(options) == 1:
        schema = {**options[0], **{key: value for key, value in schema.items() if key != "anyOf"}}
    elif options:
        schema = {**schema, "anyOf": options}
    if parameter["name"] == "bbox":
        schema = {**_BBOX, "description": schema.get("description", "")}
    parameter["schema"] = schema
    if parameter["in"] == "query":
        parameter |= {"style": "form", "explode": False}
    elif parameter["name"] == "if-match" or (parameter["name"] == "idempotency-key" and method == "post"):
        parameter |= {"required": True, "schema": schema | _NEEDED[parameter["name"]]}


def _limit(document: dict[str, Any]) -> dict[str, Any]:
    """`limit` of the collections by its conventional name: QGIS and GDAL read page sizes there."""
    given = document["paths"]["/collections/parcels/items"]["get"]["parameters"]
    found: dict[str, Any] = {**next(p for p in given if p["name"] == "limit"), **_LIMIT}
    return found
