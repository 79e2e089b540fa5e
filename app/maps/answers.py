"""How map answers leave: ETag from versions alone (304 without touching the layer), private, compressed at level 1."""

import asyncio
import gzip
import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import Request, Response

from app.maps.links import GEOJSON

PRIVATE = {"Cache-Control": "private, no-cache", "Vary": "Accept, Accept-Encoding, Authorization, Cookie, X-API-Key"}
_SMALL, _BRIEF = 1_024, 65_536


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
    return f'W/"{hashlib.sha256(repr((build(), parts)).encode("utf-8", "replace")).hexdigest()[:24]}"'


def not_modified(request: Request, tag: str) -> Response | None:
    """304 when the caller already holds this answer."""
    held = request.headers.get("if-none-match", "")
    if held.strip() == "*" or tag.removeprefix("W/") in (part.strip().removeprefix("W/") for part in held.split(",")):
        return Response(status_code=304, headers={"ETag": tag, **PRIVATE})
    return None


async def send(
    request: Request, body: bytes, *, tag: str | None = None, media: str = GEOJSON, headers: dict[str, str] | None = None
) -> Response:
    """The answer, gzipped at level 1 when accepted and worth it; large bodies in a thread so that others are not kept waiting."""
    sent = {**PRIVATE, **(headers or {}), **({"ETag": tag} if tag else {})}
    if len(body) > _SMALL and accepts_gzip(request.headers.get("accept-encoding", "")):
        body = gzip.compress(body, 1) if len(body) < _BRIEF else await asyncio.to_thread(gzip.compress, body, 1)
        sent["Content-Encoding"] = "gzip"
    return Response(body, media_type=media, headers=sent)


def accepts_gzip(accepted: str) -> bool:
    """Whether the client takes gzip (RFC 9110 §12.5.3)."""
    for part in accepted.lower().split(","):
        name, _, quality = part.strip().partition(";")
        if name.strip() in ("gzip", "*"):
            return quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def encode(value: Any) -> bytes:
    """JSON text of an answer's own members."""
    return json.dumps(value, ensure_ascii=False, default=str, separators=(",", ":")).encode()


def collection(rows: list[bytes], **members: Any) -> bytes:
    """A FeatureCollection of ready texts; its other members follow the features."""
    return b'{"type":"FeatureCollection","features":[' + b",".join(rows) + b"]," + encode(members)[1:]
