"""HEAD and OPTIONS for every route, `Allow` for a method that none takes (RFC 9110 §9.3.2, §9.3.7, §15.5.6)."""

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute, Mount

from app.core.proxy import below_root

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


def allowed(routes: Sequence[BaseRoute], scope: Scope) -> list[str]:
    """Methods that the routes of this path take, in order; none for a path that leads nowhere."""
    found: set[str] = set()
    for route in iter_route_contexts(routes):
        if not isinstance(route.original_route, Mount) and route.path_regex.match(below_root(scope)):
            found |= route.methods or set()
    if "GET" in found:
        found.add("HEAD")
    return sorted(found | {"OPTIONS"}) if found else []


class HeadAndOptions:
    """ASGI middleware: HEAD is GET without its content, OPTIONS says what a path takes."""

    def __init__(self, app: Callable[..., Awaitable[None]], routes: Sequence[BaseRoute]) -> None:
        self.app, self.routes = app, routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "OPTIONS" and (methods := allowed(self.routes, scope)):
            headers = [(b"allow", ", ".join(methods).encode())]
            await send({"type": "http.response.start", "status": 204, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
        elif scope["type"] == "http" and scope["method"] == "HEAD":
            await self.app({**scope, "method": "GET"}, receive, _without_content(send))
        else:
            await self.app(scope, receive, send)


def _without_content(send: Send) -> Send:
    async def headers_only(message: Message) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return headers_only
