"""Keyset pages: an opaque cursor bound to the query it continues."""

import base64
import hashlib
import json
from typing import Any

from app.core.errors import BadParameter


def bind(*parts: object) -> str:
    """Short digest of what a cursor belongs to (collection, filter, scope)."""
    return hashlib.sha256(json.dumps(parts, default=str, ensure_ascii=False).encode()).hexdigest()[:12]


def encode(after: Any, binding: str) -> str:
    """Cursor that continues after the given key."""
    return base64.urlsafe_b64encode(json.dumps([after, binding], default=str).encode()).decode().rstrip("=")


def decode(cursor: str, binding: str) -> Any:
    """Key of the cursor; BadParameter when it is damaged or belongs to another query."""
    try:
        after, bound = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError as error:
        raise BadParameter("游标已损坏", pointer="query:cursor") from error
    if bound != binding:
        raise BadParameter("游标属于另一个查询", pointer="query:cursor", hint="从第一页重新开始")
    return after
