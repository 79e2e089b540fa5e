"""Hands a request for a page to the same routes as JSON and answers with the document drawn as HTML."""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from fastapi import Request, Response

from app.core.proxy import below_root
from app.maps import answers, links
from app.maps.pages import render
from app.maps.pages.form import Document, document, wants_html

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ROWS = "50"
"""Rows of a page when `limit` is not given: a table is read, not loaded."""
_LEFT_EMPTY = ("bbox", "filter", "limit")
"""Fields of the page's form: left empty they are not asked."""
_OWN = {b"accept", b"accept-encoding", b"if-none-match", b"origin"}
_KEPT = ("www-authenticate", "retry-after", "ratelimit", "ratelimit-policy", "content-crs")
SAFE = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'self'; base-uri 'none'",
    "Content-Language": "zh-CN",
    "X-Content-Type-Options": "nosniff",
}
"""Nothing runs in these pages, so nothing may."""


class Pages:
    """ASGI middleware; a request that asks for no page passes untouched."""

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = None
        if scope["type"] == "http" and scope["method"] == "GET" and wants_html(scope["query_string"], scope["headers"]):
            found = document(below_root(scope))
        if found is None:
            await self.app(scope, receive, send)
        else:
            await self._page(found, scope, receive, send)

    async def _page(self, found: Document, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        every = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = [(name, value) for name, value in every if value or name not in _LEFT_EMPTY]
        trail = next((value for name, value in given if name == "trail"), "")
        asked = [(name, value) for name, value in given if name not in ("trail", "f")]
        if found.template == "items" and "limit" not in dict(asked):
            asked.append(("limit", ROWS))
        status, headers, body = await self._ask(scope, receive, scope["path"], asked)
        if status >= 400 and not wants_html(b"", scope["headers"]):
            await Response(body, status, headers)(scope, receive, send)  # a program that asked f=html reads problems as JSON
            return
        page = render.Page(found, links.base(request), dict(given), status, _told(body), trail)
        if status == 200 and found.collection:
            page.words = await self._words(scope, receive, asked)
        if found.template == "items" and status == 200 and "numberMatched" not in page.said and "cursor" in dict(asked):
            page.matched = await self._matched(scope, receive, asked)
        text = render.page(page).encode()
        tag = answers.etag("html", text.decode())
        kept = {name: headers[name] for name in _KEPT if name in headers}
        answer = answers.not_modified(request, tag) if status == 200 else None
        if answer is None:
            answer = await answers.send(
                request, text, tag=tag if status == 200 else None, media="text/html; charset=utf-8", headers=SAFE | kept | page.link_header
            )
            answer.status_code = status
        await answer(scope, receive, send)

    async def _ask(self, scope: Scope, receive: Receive, path: str, query: list[tuple[str, str]]) -> tuple[int, dict[str, str], bytes]:
        """What the routes answer this caller in JSON."""
        kept = [(name, value) for name, value in scope["headers"] if name not in _OWN]
        inner = {
            **scope, "path": path, "raw_path": path.encode(), "query_string": urlencode(query).encode(),
            "headers": [*kept, (b"accept", b"application/json")], "state": dict(scope.get("state", {})),
        }  # fmt: skip
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self.app(inner, receive, keep)
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in messages[0]["headers"]}
        return messages[0]["status"], headers, b"".join(m.get("body", b"") for m in messages[1:])

    async def _words(self, scope: Scope, receive: Receive, asked: list[tuple[str, str]]) -> dict[str, Any]:
        """The county's words and colours; without them codes are shown as they are."""
        key = [(name, value) for name, value in asked if name == "tk"]
        status, _, body = await self._ask(scope, receive, f"{scope.get('root_path', '')}/api/meta", key)
        return _told(body) if status == 200 else {}

    async def _matched(self, scope: Scope, receive: Receive, asked: list[tuple[str, str]]) -> int | None:
        """A later page of many rows doesn't count; the query's first page does."""
        first = [(name, value) for name, value in asked if name not in ("cursor", "offset", "limit")]
        status, _, body = await self._ask(scope, receive, scope["path"], [*first, ("limit", "1")])
        return _told(body).get("numberMatched") if status == 200 else None


def _told(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
