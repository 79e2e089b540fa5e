"""Absolute addresses right behind any proxy: settings first, then X-Forwarded-*, then the request itself."""

import re
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import Request

from app.core.lean import header
from app.core.proxy import HOST, PREFIX, SCHEME
from app.settings import settings

JSON, GEOJSON, HTML = "application/json", "application/geo+json", "text/html"


def _forwarded(request: Request, name: str, pattern: re.Pattern[str]) -> str | None:
    value = request.headers.get(f"x-forwarded-{name}", "").split(",")[0].strip()
    return value if value and pattern.match(value) else None


def base(request: Request) -> str:
    """Where the service's root is for this caller, without a trailing slash."""
    if settings().public_url:
        return str(settings().public_url).rstrip("/")
    scheme, host = request.scope["scheme"], header(request, b"host") or "127.0.0.1"
    prefix = request.scope.get("root_path") or settings().root_path
    if any(name.startswith(b"x-forwarded-") for name, _ in request.scope["headers"]):
        scheme = _forwarded(request, "proto", SCHEME) or scheme
        host = _forwarded(request, "host", HOST) or host
        prefix = _forwarded(request, "prefix", PREFIX) or prefix
    return f"{scheme}://{host}{prefix}".rstrip("/")


def query(request: Request) -> str:
    """The query as it was sent."""
    return str(request.scope["query_string"].decode("latin-1"))


def link(href: str, rel: str, *, media: str = JSON, title: str | None = None) -> dict[str, Any]:
    """One link object."""
    return {"href": href, "rel": rel, "type": media, **({"title": title} if title else {})}


def page(href: str) -> dict[str, Any]:
    """Link to the same document as a page for people."""
    return link(f"{href}{'&' if '?' in href else '?'}f=html", "alternate", media=HTML, title="网页")


def with_query(path: str, given: dict[str, Any], **changed: Any) -> str:
    """The path with the given query, some of it changed; None drops a parameter."""
    merged = {k: v for k, v in {**given, **changed}.items() if v is not None}
    return f"{path}?{urlencode(merged)}" if merged else path


def query_of(address: str) -> list[tuple[str, str]]:
    """Names and values of an address's query."""
    return parse_qsl(urlsplit(address).query, keep_blank_values=True)
