"""How map answers leave: ETag from versions alone (304 without touching the layer), private, packed."""

import asyncio
import hashlib
import json
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import Request, Response

from app.core.lean import header
from app.maps import encodings
from app.maps.links import GEOJSON

PRIVATE = {"Cache-Control": "private, no-cache", "Vary": "Accept, Accept-Encoding, Authorization, Cookie, X-API-Key"}
_OCTETS = [(name.lower().encode(), value.encode()) for name, value in PRIVATE.items()]


def private(answer: Response, tag: str | None) -> Response:
    """The answer with its ETag, private; as octets, where Starlette takes each header apart anew."""
    answer.raw_headers += [(b"etag", tag.encode()), *_OCTETS] if tag else _OCTETS
    return answer


@lru_cache
def build() -> str:
    """Digest of this room's code: a changed answer format changes every ETag."""
    folder = Path(__file__).parent
    content = hashlib.sha256()
    for path in sorted((*folder.rglob("*.py"), *folder.rglob("*.sql"))):
        content.update(path.read_bytes())
    return content.hexdigest()[:12]


def etag(*parts: object) -> str:
    """Weak validator: equal parts mean an equivalent answer (its timeStamp and encoding may differ)."""
    said = "\n".join([build(), *[part if type(part) is str else _said(part) for part in parts]])
    return f'W/"{hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:24]}"'


_said = lru_cache(maxsize=1_024)(repr)
"""Days, versions and scopes as text: many answers' have the same."""


def not_modified(request: Request, tag: str) -> Response | None:
    """304 when the caller already holds this answer."""
    held = header(request, b"if-none-match")
    if held and (
        held == tag or held.strip() == "*" or tag.removeprefix("W/") in (part.strip().removeprefix("W/") for part in held.split(","))
    ):
        return private(Response(status_code=304), tag)
    return None


async def send(
    request: Request, body: bytes, *, tag: str | None = None, media: str = GEOJSON, headers: dict[str, str] | None = None
) -> Response:
    """The answer, packed when accepted and worth it; large bodies in a thread so that others are not kept waiting."""
    sent = [(name.lower().encode(), value.encode("latin-1")) for name, value in (headers or {}).items()]
    if len(body) > encodings.SMALL and (coding := encodings.chosen(header(request, b"accept-encoding"))):
        brief = len(body) < encodings.BRIEF
        body = encodings.packed(body, coding) if brief else await asyncio.to_thread(encodings.packed, body, coding)
        sent.append((b"content-encoding", coding.encode()))
    answer = private(Response(body, media_type=media), tag)
    answer.raw_headers += sent
    return answer


_JSON = json.JSONEncoder(ensure_ascii=False, default=str, separators=(",", ":"))


def encode(value: Any) -> bytes:
    """JSON text of an answer's own members."""
    return _JSON.encode(value).encode()


@lru_cache(maxsize=256)
def _told(value: str | date | None) -> str:
    """The JSON of a member's value; a day or a second is that of many answers."""
    return _JSON.encode(value)


def collection(rows: list[bytes], links: bytes, **members: Any) -> bytes:
    """A FeatureCollection of ready texts; its links, ready as well, and its other members follow the features."""
    said = ",".join([f'"{name}":{value if type(value) is int else _told(value)}' for name, value in members.items()])
    head, tail = b'{"type":"FeatureCollection","features":[', b'],"links":%b,%b}' % (links, said.encode())
    if not rows:
        return head + tail
    if len(rows) == 1:
        return b"".join((head, rows[0], tail))
    framed = rows.copy()  # one copy of the texts, not three
    framed[0] = head + framed[0]
    framed[-1] += tail
    return b",".join(framed)
