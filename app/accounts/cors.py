"""CORS per API key: a map front-end on another origin may call with its key, from the origins the key was issued to, and only read.

A preflight carries no key, so it is answered for the origins of any standing key; the request itself must come from its own key's.
"""

import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

from app.accounts import queries
from app.accounts.service import digest
from app.core import db

KEPT_S = 5.0
"""Seconds a worker may go on allowing an origin after its key was revoked; the key itself is refused at once."""
EXPOSED = b"ETag, Link, Content-Crs, OGC-NumberReturned, OGC-NumberMatched, Retry-After, RateLimit"
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class CorsPerKey:
    """ASGI middleware; without an Origin header, or for an origin no key names, it adds nothing."""

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self.app = app
        self._origins: dict[str, set[str]] = {}
        self._read_at = float("-inf")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = next((value.decode("latin-1") for name, value in scope.get("headers", ()) if name == b"origin"), "")
        if not origin or scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        if scope["method"] == "OPTIONS" and b"access-control-request-method" in headers:
            await self._preflight(origin, send)
        else:
            await self._answer(origin, headers, scope, receive, send)

    async def _preflight(self, origin: str, send: Send) -> None:
        allowed = any(origin in origins for origins in (await self._known()).values())
        said = [(b"vary", b"Origin")]
        if allowed:
            said += [
                (b"access-control-allow-origin", origin.encode("latin-1")),
                (b"access-control-allow-methods", b"GET, HEAD"),
                (b"access-control-allow-headers", b"X-API-Key, If-None-Match, Accept"),
                (b"access-control-max-age", b"600"),
            ]
        await send({"type": "http.response.start", "status": 204 if allowed else 403, "headers": said})
        await send({"type": "http.response.body", "body": b""})

    async def _answer(self, origin: str, headers: dict[bytes, bytes], scope: Scope, receive: Receive, send: Send) -> None:
        key = headers.get(b"x-api-key", b"").decode("latin-1") or "".join(
            parse_qs(scope.get("query_string", b"").decode("latin-1")).get("tk", [])
        )
        allowed = bool(key) and origin in (await self._known()).get(digest(key), ())

        async def marked(message: Message) -> None:
            if allowed and message["type"] == "http.response.start":
                cors = [
                    (b"access-control-allow-origin", origin.encode("latin-1")),
                    (b"access-control-expose-headers", EXPOSED),
                    (b"vary", b"Origin"),
                ]
                message = {**message, "headers": [*message["headers"], *cors]}
            await send(message)

        await self.app(scope, receive, marked)

    async def _known(self) -> dict[str, set[str]]:
        """Origins by key hash, read again every few seconds."""
        if time.monotonic() - self._read_at > KEPT_S:
            async with db.reading() as conn:
                self._origins = {row.key_hash: set(row.origins) for row in await queries.key_origins(conn)}
            self._read_at = time.monotonic()
        return self._origins
