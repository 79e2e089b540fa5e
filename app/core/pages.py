"""Keyset pages: an opaque cursor bound to the query it continues and sealed, so that its key is one this service gave out."""

import base64
import hashlib
import hmac
import json
from functools import lru_cache
from typing import Any

from app.core.errors import BadParameter
from app.settings import settings


@lru_cache
def _secret() -> bytes:
    """Every worker of one database has the same; nothing but cursors hangs on it."""
    return hashlib.sha256(b"cursor\n" + settings().dsn.encode()).digest()


def _seal(after: Any, binding: str) -> str:
    return hmac.new(_secret(), json.dumps([after, binding], default=str).encode(), hashlib.sha256).hexdigest()[:16]


def bind(*parts: object) -> str:
    """Short digest of what a cursor belongs to (collection, filter, scope)."""
    return hashlib.sha256(json.dumps(parts, default=str, ensure_ascii=False).encode("utf-8", "replace")).hexdigest()[:12]


def encode(after: Any, binding: str) -> str:
    """Cursor that continues after the given key."""
    said = [after, binding, _seal(after, binding)]
    return base64.urlsafe_b64encode(json.dumps(said, default=str).encode()).decode().rstrip("=")


def decode(cursor: str, binding: str) -> Any:
    """Key of the cursor; BadParameter when it is damaged, made up, or belongs to another query."""
    try:
        after, bound, seal = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        is_ours = hmac.compare_digest(seal, _seal(after, bound))
    except (ValueError, TypeError, RecursionError) as error:
        raise BadParameter("游标已损坏", pointer="query:cursor") from error
    if not is_ours:
        raise BadParameter("游标已损坏", pointer="query:cursor")
    if bound != binding:
        raise BadParameter("游标属于另一个查询", pointer="query:cursor", hint="从第一页重新开始")
    return after
