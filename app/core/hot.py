"""The routes of `lean` found before the framework's layers and router: its nested matching and exit stacks take as long as a 304.

They stand in the router as well (for the OpenAPI document, other methods, `url_for`); here a GET of theirs goes straight to its handler.
"""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any

from fastapi import FastAPI, Request, Response
from starlette.datastructures import QueryParams

from app.core.lean import Lean, pairs
from app.core.protocol import WHOLE
from app.core.proxy import below_root, place

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Handlers = Mapping[Any, Callable[[Request, Any], Any]]


class HotRequest(Request):
    """A request whose query is read once, in a fifth of the framework's time."""

    @property
    def query_params(self) -> QueryParams:
        """The query's names and values, as `urllib.parse.parse_qsl` reads them."""
        found = getattr(self, "_query_params", None)
        if found is None:
            query: bytes = self.scope["query_string"]
            found = self._query_params = QueryParams(pairs(query.decode()) if query.isascii() else query)
        return found


class HotFirst:
    """ASGI middleware; `handlers` are the application's own, so that every refusal reads as everywhere."""

    def __init__(self, app: Callable[..., Awaitable[None]], routes: Sequence[Lean], handlers: Handlers) -> None:
        self.app = app
        self._routes = [(route.path_regex, route, route.get_route_handler()) for route in routes]
        self._handlers = {kind: handler for kind, handler in handlers.items() if isinstance(kind, type) and kind is not Exception}
        self._refused: tuple[type[Exception], ...] = tuple(self._handlers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_hot = scope["type"] == "http" and scope["method"] == "GET"
        response = await self.response(scope, receive, send) if is_hot else None
        await (response or self.app)(scope, receive, send)

    async def response(self, scope: Scope, receive: Receive, send: Send) -> Response | None:
        """The answer to a GET, None where its route is no hot one."""
        path = below_root(scope)
        for pattern, route, handle in self._routes:
            if match := pattern.match(path):
                scope.update(path_params=match.groupdict(), route=route, endpoint=route.endpoint)
                request = HotRequest(scope, receive, send)
                try:
                    return await handle(request)
                except self._refused as error:
                    kind = next(kind for kind in type(error).__mro__ if kind in self._handlers)
                    refused: Response = await self._handlers[kind](request, error)
                    return refused
        return None


class Service(FastAPI):
    """The application; a GET of a hot route goes past all middleware, unless it may concern it: a page for people, another origin."""

    hot: HotFirst | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            place(scope)
            if self.hot is not None and scope["method"] == "GET" and _is_plain(scope):
                scope["app"] = self
                try:
                    response = await self.hot.response(scope, receive, send)
                except Exception as error:  # a fault of ours is told and logged as the framework's outermost layer does
                    told: Response = await self.exception_handlers[Exception](Request(scope), error)  # type: ignore[misc]
                    await told(scope, receive, send)
                    raise
                if response is not None:
                    whole = scope.get("extensions", {}).get(WHOLE) if type(response) is Response and not response.background else None
                    if not (whole and whole(response.status_code, response.raw_headers, response.body)):
                        await response(scope, receive, send)
                    return
        await super().__call__(scope, receive, send)


def _is_plain(scope: Scope) -> bool:
    """No header and no `f` that may ask for HTML, no origin: `maps.pages` and `accounts.cors` have nothing to do."""
    for name, value in scope["headers"]:
        if name == b"origin" or (name == b"accept" and b"html" in value):
            return False
    return b"f=" not in scope["query_string"]
