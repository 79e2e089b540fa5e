"""Routes that are asked hundreds of times a second: declared, documented and refused as every other, read without ceremony.

FastAPI solves each declared parameter on each request, given or not: 0.9 ms of CPU for the map's twenty. Here only what was
given is validated, by the same fields and with the same errors.
"""

import inspect
from collections.abc import Awaitable, Callable, Coroutine
from functools import lru_cache
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.datastructures import QueryParams

from app.core import web

_NOTHING = QueryParams()


def header(request: Request, name: bytes) -> str:
    """A header (name in lower case, as ASGI has it), empty where it was not sent; a missing one costs no exception."""
    for key, value in request.scope["headers"]:
        if key == name:
            return str(value, "latin-1")
    return ""


class Lean(APIRoute):
    """A GET whose endpoint returns its Response; parameters from path and query only, dependencies take the request only."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler: refusals common to all routes, dependencies, parameters, endpoint."""
        own = self.dependant
        query, path = {f.alias: f for f in own.query_params}, {f.alias: f for f in own.path_params}
        usual = {f.name: f.get_default() for f in own.query_params}
        needed = tuple((d.name, d.call, bool(inspect.signature(d.call).parameters)) for d in own.dependencies if d.call)
        allowed = web.declared(own) | {"tk"}
        endpoint, takes_request = self.endpoint, own.request_param_name

        @lru_cache(maxsize=4_096)
        def placed(*texts: str) -> dict[str, Any]:
            """Values of the path's parameters; texts that are refused are not kept."""
            place, errors = dict(zip(path, texts, strict=True)), list[Any]()
            web.refuse_unstorable(place, _NOTHING)
            values = {path[alias].name: _valid(path[alias], text, ("path", alias), errors) for alias, text in place.items()}
            if errors:
                raise RequestValidationError(errors)
            return values

        async def handle(request: Request) -> Response:
            given = request.query_params if request.scope["query_string"] else _NOTHING
            if given:
                web.refuse_unknown(given, allowed)
                web.refuse_unstorable({}, given)
            values = {**usual, takes_request: request} if takes_request else dict(usual)
            for name, call, takes in needed:
                other = request.app.dependency_overrides.get(call)  # tests put another in its place, as FastAPI lets them
                found = call(request) if takes and other is None else (other or call)()
                found = await found if isinstance(found, Awaitable) else found
                if name:
                    values[name] = found
            errors: list[Any] = []
            for alias in given.keys() & query.keys():
                values[query[alias].name] = _valid(query[alias], given[alias], ("query", alias), errors)
            if errors:
                raise RequestValidationError(errors)
            return await endpoint(**values, **placed(*[request.path_params[alias] for alias in path]))

        return handle


def _valid(field: Any, text: str, loc: tuple[str, str], errors: list[Any]) -> Any:
    value, wrong = field.validate(text, {}, loc=loc)
    if wrong:
        errors.extend(wrong)
    return value
