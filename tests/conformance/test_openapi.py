"""The OpenAPI document is 3.0 and true: every operation tells its answers, and real answers are what it tells."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from app.description.version30 import downgraded

pytestmark = pytest.mark.serial
REFERENCES = re.compile(r"^#/components/schemas/([A-Za-z0-9_]+)$")


def members(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in the document."""
    if isinstance(value, dict):
        yield value
        for part in value.values():
            yield from members(part)
    elif isinstance(value, list):
        for part in value:
            yield from members(part)


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def test_it_speaks_version_3_0(openapi: dict[str, Any]) -> None:
    assert openapi["openapi"] == "3.0.3"
    assert not re.search(r'"(?:const|prefixItems|contentMediaType|\$defs)":', str(openapi).replace("'", '"'))
    for one in members(openapi):
        assert one.get("type") != "null"
        assert not isinstance(one.get("type"), list)
        assert not isinstance(one.get("exclusiveMinimum"), float)
        if isinstance(one.get("$ref"), str) and (match := REFERENCES.match(one["$ref"])):
            assert match[1] in openapi["components"]["schemas"], one


def test_every_operation_tells_its_problems_and_who_may_ask(openapi: dict[str, Any]) -> None:
    for path, method, operation in operations(openapi):
        answers = operation["responses"]
        assert any(status < "400" for status in answers), path
        for status, answer in answers.items():
            if status >= "400":
                schema = answer["content"]["application/problem+json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/Problem"}, (path, method, status)
        assert {"400", "503"} <= set(answers), path
        if operation["security"]:
            assert "401" in answers, path
        for content in (c for status, a in answers.items() if status < "400" for c in a.get("content", {}).values()):
            assert content.get("schema"), (path, method, "an answer without a schema")


def test_parameters_are_written_as_the_standard_says(openapi: dict[str, Any]) -> None:
    for path, _, operation in operations(openapi):
        told = {p["name"]: p for p in operation.get("parameters", ()) if p["in"] == "query"}
        if re.fullmatch(r"/collections/[^/]+/items", path):
            bbox = told["bbox"]
            assert (bbox["schema"]["type"], bbox["schema"]["minItems"], bbox["schema"]["maxItems"]) == ("array", 4, 6)
            assert (bbox["style"], bbox["explode"], bbox["required"]) == ("form", False, False)
            assert told["datetime"]["schema"]["type"] == "string"
            assert set(told) >= {
                "limit",
                "bbox",
                "datetime",
                "filter",
                "filter-lang",
                "filter-crs",
                "crs",
                "bbox-crs",
                "sortby",
                "properties",
            }


def test_headers_without_which_a_write_is_refused_are_required(openapi: dict[str, Any]) -> None:
    told = {(p["name"], method): p for _, method, o in operations(openapi) for p in o.get("parameters", ()) if p["in"] == "header"}
    for name, method in (("idempotency-key", "post"), ("if-match", "post"), ("if-match", "put"), ("if-match", "delete")):
        assert told[name, method]["required"], (name, method)
    assert told["idempotency-key", "post"]["schema"]["minLength"] == 1
    assert not told["idempotency-key", "put"]["required"]
    for path, method, operation in operations(openapi):
        needs = any(p["name"] in ("idempotency-key", "if-match") and p["required"] for p in operation.get("parameters", ()))
        assert needs == ("428" in operation["responses"]), (path, method)


def test_the_server_is_where_the_caller_reached_it(live_server: Any) -> None:
    headers = {"x-forwarded-proto": "https", "x-forwarded-host": "gis.example.cn", "x-forwarded-prefix": "/yima"}
    assert httpx.get(f"{live_server.url}/api", headers=headers).json()["servers"] == [{"url": "https://gis.example.cn/yima"}]
    assert httpx.get(f"{live_server.url}/api").json()["servers"] == [{"url": live_server.url}]


def test_schemas_of_3_1_are_written_as_3_0() -> None:
    assert downgraded({"anyOf": [{"type": "string", "maxLength": 4}, {"type": "null"}], "title": "x"}) == {
        "type": "string", "maxLength": 4, "title": "x", "nullable": True,
    }  # fmt: skip
    assert downgraded({"anyOf": [{"$ref": "#/a"}, {"type": "null"}]}) == {"allOf": [{"$ref": "#/a"}], "nullable": True}
    assert downgraded({"anyOf": [{"type": "number"}, {"type": "string"}, {"type": "null"}]}) == {
        "anyOf": [{"type": "number"}, {"type": "string"}], "nullable": True,
    }  # fmt: skip
    assert downgraded({"type": ["integer", "null"], "exclusiveMinimum": 0.0}) == {
        "type": "integer", "nullable": True, "minimum": 0.0, "exclusiveMinimum": True,
    }  # fmt: skip
    assert downgraded({"const": "a", "examples": ["a", "b"]}) == {"enum": ["a"], "example": "a"}
    assert downgraded({"properties": {"const": {"type": "string"}, "default": {"const": 1}}}) == {
        "properties": {"const": {"type": "string"}, "default": {"enum": [1]}}
    }
