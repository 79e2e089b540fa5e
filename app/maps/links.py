"""Absolute addresses, right behind any proxy: `app.core.proxy` has told the request where it stands."""

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import Request

from app.core.lean import header

JSON, GEOJSON, HTML = "application/json", "application/geo+json", "text/html"


def base(request: Request) -> str:
    """Where the service's root is for this caller, without a trailing slash."""
    host = header(request, b"host") or "127.0.0.1"
    return f"{request.scope['scheme']}://{host}{request.scope.get('root_path', '')}"


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
