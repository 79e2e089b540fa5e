"""Routes that are asked hundreds of times a second: declared, documented and refused as every other, read without ceremony.

FastAPI solves each declared parameter on each request, given or not: 0.9 ms of CPU for the map's twenty. Here only what was
given is validated, by the same fields and with the same errors.
"""

import inspect
from collections.abc import Callable, Coroutine, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_to_bytes

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.datastructures import QueryParams

from app.core import web

_NOTHING = QueryParams()
_KEPT, _LONGEST = 512, 4_096
"""Parts of queries that a route keeps, and octets up to which it keeps one."""


def header(request: Request, name: bytes) -> str:
    """A header (name in lower case, as ASGI has it), the first where it came twice, empty where it was not sent."""
    sent: dict[bytes, bytes] | None = getattr(request, "_sent", None)
    if sent is None:
        sent = request._sent = dict(reversed(request.scope["headers"]))  # type: ignore[attr-defined]
    value = sent.get(name)
    return str(value, "latin-1") if value else ""


def pairs(query: str) -> list[tuple[str, str]]:
    """Names and values of a query of ASCII characters, blank values kept."""
    parts = [part.partition("=") for part in query.split("&") if part]
    return [(_plain(name), _plain(value)) for name, _, value in parts]


def _plain(text: str) -> str:
    text = text.replace("+", " ")
    return unquote_to_bytes(text).decode("utf-8", "replace") if "%" in text else text


class Lean(APIRoute):
    """A GET whose endpoint returns its Response; parameters from path and query only, dependencies take the request only."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler: refusals common to all routes, dependencies, parameters, endpoint."""
        own = self.dependant
        query, path = {f.alias: f for f in own.query_params}, {f.alias: f for f in own.path_params}
        usual: dict[str, Any] = {f.name: f.get_default() for f in own.query_params}
        needed = tuple((d.name, d.call, bool(inspect.signature(d.call).parameters)) for d in own.dependencies if d.call)
        allowed = web.declared(own) | {"tk"}
        endpoint, takes_request, usually = self.endpoint, own.request_param_name, _usually(query)

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
            query_string = request.scope["query_string"]
            known = usually(query_string) if query_string else {}
            given = _NOTHING if known is not None else request.query_params
            if given:
                web.refuse_unknown(given, allowed)
                web.refuse_unstorable({}, given)
            values = usual | known if known else usual.copy()
            if takes_request:
                values[takes_request] = request
            overrides = request.scope["app"].dependency_overrides
            for name, call, takes in needed:
                other = overrides.get(call) if overrides else None  # tests put another in its place, as FastAPI lets them
                found = call(request) if takes and other is None else (other or call)()
                found = await found if hasattr(found, "__await__") else found
                if name:
                    values[name] = found
            errors: list[Any] = []
            for alias in given.keys() & query.keys() if given else ():
                values[query[alias].name] = _valid(query[alias], given[alias], ("query", alias), errors)
            if errors:
                raise RequestValidationError(errors)
            return await endpoint(**values, **placed(*[request.path_params[alias] for alias in path]))

        return handle


def _usually(query: Mapping[str, Any]) -> Callable[[bytes], dict[str, Any] | None]:
    """Reads a query with which nothing is wrong; what is None has to be looked at as a whole, and is refused there.

    Part by part, each kept with its value once it was accepted: a map repeats all but its extent.
    """

    @lru_cache(maxsize=_KEPT)
    def accepted(part: bytes) -> tuple[str, Any]:
        ((alias, text),) = pairs(part.decode("ascii"))
        value, wrong = query[alias].validate(text, {}, loc=("query", alias))
        if wrong or web.is_unstorable(text):
            raise ValueError(alias)
        return query[alias].name, value

    def values_of(given: bytes) -> dict[str, Any] | None:
        parts = given.split(b"&")
        try:
            values = dict([(accepted if len(part) < _LONGEST else accepted.__wrapped__)(part) for part in parts])
        except (KeyError, ValueError):
            return None
        return values if len(values) == len(parts) else None

    return values_of


def _valid(field: Any, text: str, loc: tuple[str, str], errors: list[Any]) -> Any:
    value, wrong = field.validate(text, {}, loc=loc)
    if wrong:
        errors.extend(wrong)
    return value
