"""Where the service stands for this caller: a reverse proxy's scheme, host and sub-path, put into the ASGI scope once.

With them there every address made from the request is right: links, redirects, the sub-path of the console's files. Sources, the
first that speaks: YIMA_PUBLIC_URL, X-Forwarded-Proto/-Host/-Prefix, YIMA_ROOT_PATH, the request itself. A proxy may strip the
prefix from the path or leave it.
"""

import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from app.settings import settings

HOST = re.compile(r"^[A-Za-z0-9.\-]+(:\d{1,5})?$|^\[[0-9A-Fa-f:]+\](:\d{1,5})?$")
PREFIX = re.compile(r"^(/[A-Za-z0-9._~\-]+)*/?$")
SCHEME = re.compile(r"^https?$")
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


def below_root(scope: Scope) -> str:
    """The path below the sub-path where the service is mounted."""
    path, root = str(scope["path"]), str(scope.get("root_path", "")).rstrip("/")
    return path[len(root) :] if root and path.startswith(f"{root}/") else path


def place(scope: Scope) -> None:
    """Rewrite the scope of a request; one that came directly and at the root stays untouched."""
    given = settings()
    forwarded = {name: value for name, value in scope["headers"] if name[:12] == b"x-forwarded-"}
    if forwarded or given.public_url or given.root_path:
        _place(scope, forwarded, given.public_url, given.root_path)


def _place(scope: Scope, forwarded: dict[bytes, bytes], public_url: str | None, root_path: str) -> None:
    if public_url:
        at = urlsplit(public_url)
        scheme, host, prefix = at.scheme, at.netloc, at.path
    else:
        scheme = _said(forwarded, "proto", SCHEME) or scope["scheme"]
        host = _said(forwarded, "host", HOST)
        prefix = _said(forwarded, "prefix", PREFIX) or root_path
    prefix = prefix.rstrip("/")
    scope["scheme"], scope["root_path"] = scheme, prefix
    if host:
        scope["headers"] = [(b"host", host.encode("latin-1")), *(pair for pair in scope["headers"] if pair[0] != b"host")]
    path = scope["path"]
    if prefix and path != prefix and not path.startswith(f"{prefix}/"):
        scope["path"] = prefix + path  # ASGI: the path holds the prefix, whether the proxy left it or not
        scope["raw_path"] = prefix.encode() + scope.get("raw_path", path.encode())


def _said(forwarded: dict[bytes, bytes], name: str, pattern: re.Pattern[str]) -> str:
    """A header's first value where it looks like one."""
    value = forwarded.get(b"x-forwarded-" + name.encode(), b"").decode("latin-1").split(",")[0].strip()
    return value if pattern.match(value) else ""
