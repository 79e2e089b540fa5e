"""Which problems a route can answer, read off what it depends on: RFC 9457 everywhere, and no answer left undeclared."""

from collections.abc import Iterator
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext

from app.accounts import deps

SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "问题 (RFC 9457)",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string", "description": "问题目录中的地址"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "code": {"type": "string", "description": "见 /api/errors"},
        "detail": {"type": "string"},
        "pointer": {"type": "string", "description": "query:名、path:名、header:名 或请求内容的 JSON 指针"},
        "hint": {"type": "string"},
    },
}
_SAID = {
    400: "参数不正确,或是不认识的参数", 401: "未登录,或登录、密钥已失效", 403: "没有权限", 404: "没有找到", 405: "不支持的方法",
    406: "没有所要的格式", 409: "与现有状态冲突", 410: "已清理", 412: "内容已被他人更新", 413: "请求内容过大", 415: "不支持的文件类型",
    416: "所要的一段超出文件",
    422: "请求内容不正确", 428: "缺少前置条件", 429: "请求过于频繁", 500: "内部错误", 503: "系统繁忙或查询超时,稍后再试",
}  # fmt: skip


def _calls(dependant: Dependant) -> Iterator[Any]:
    yield dependant.call
    for part in dependant.dependencies:
        yield from _calls(part)


def asks_for(route: RouteContext, *calls: Any) -> bool:
    """Whether the route depends on one of these."""
    return bool(set(calls) & set(_calls(route.dependant)))


def statuses(route: RouteContext, operation: dict[str, Any]) -> set[int]:
    """Status codes of the problems this operation can answer."""
    found = {400, 500, 503}
    content = operation.get("requestBody", {}).get("content", {})
    if asks_for(route, deps.signed):
        found |= {401, 403, 404, 429}
    if any(p["in"] == "path" for p in operation.get("parameters", ())):
        found.add(404)
    if any(p["name"] == "f" for p in operation.get("parameters", ())):
        found.add(406)
    if asks_for(route, deps.if_match):
        found.add(412)
    if asks_for(route, deps.write):
        found |= {409, 422}
    if any(p["in"] == "header" and p["required"] for p in operation.get("parameters", ())):
        found.add(428)
    if content:
        found |= {401, 413, 415, 422, 429}
    return found


def answers(route: RouteContext, operation: dict[str, Any]) -> dict[str, Any]:
    """The responses of an operation's problems; what a route says of one itself stays."""
    own = operation["responses"]
    declared = 422 in getattr(route.original_route, "responses", {})  # the framework says 422 of every route with a parameter
    body = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        str(status): {
            "description": (own.get(str(status), {}).get("description") if status != 422 or declared else None) or _SAID[status],
            "content": body,
        }
        for status in sorted(statuses(route, operation) | {int(s) for s in own if s.isdigit() and int(s) >= 400})
        if status in _SAID and (status != 422 or declared or "requestBody" in operation or asks_for(route, deps.write))
    }
