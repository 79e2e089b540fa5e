"""What a route asks for: who signed in, a reading connection, a write in progress, the version it matches."""

import hashlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Header, Request
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts import queries, rates, scopes
from app.accounts.errors import CrossSite, KeyIsReadOnly
from app.accounts.service import digest, principal_of
from app.core import db
from app.core.errors import BadParameter, Forbidden, PreconditionRequired, Unauthenticated
from app.core.lean import header
from app.core.principal import Principal, Role
from app.core.proxy import below_root
from app.core.work import Work, writing

COOKIE = "yima_session"


_LAYER = re.compile(r"/collections/([a-z-]{1,20})/")


async def caller(request: Request) -> Principal | None:
    """Principal from Bearer token, session cookie, X-API-Key or ?tk= (bound to its Referer); None when nothing is presented.

    One statement; on the way of a collection it also tells that layer's version (`request.state.layer_version`), read before
    any of its data. Errors: Unauthenticated when something is presented that does not stand; KeyScope, TooManyRequests of a key.
    """
    bearer = header(request, b"authorization")
    cookies = request.cookies if header(request, b"cookie") else {}
    token = bearer[7:] if bearer.lower().startswith("bearer ") else cookies.get(COOKIE)
    header_key, query = header(request, b"x-api-key"), request.scope["query_string"]
    may_hold_key = b"tk=" in query or b"%74" in query or b"%6" in query  # "tk" however it is written; most have none and are not read here
    url_key = request.query_params.get("tk") if may_hold_key else None
    key = header_key or url_key
    if not (token or key):
        return None
    named = _LAYER.search(request.scope["path"])
    layer = named[1] if named else None
    row = await db.steady(db.APP).shared(queries.BY_KEY if key else queries.BY_TOKEN, digest(key or token or ""), layer)
    if row is None and not key:
        raise Unauthenticated("登录已失效,请重新登录")
    if row is None or (url_key and not header_key and not _referred(request, row["origins"])):
        raise Unauthenticated("接口密钥无效、已停用或来源不符")
    if key:
        scopes.check(row["scopes"], below_root(request.scope))
        if row["rate_per_minute"]:
            rates.take(row["key_id"], row["rate_per_minute"])
    request.scope.setdefault("state", {})["layer_version"] = (row["county_code"], layer, row["version"] or 0)
    return principal_of(row, via="key" if key else "session")


def _referred(request: Request, origins: list[str]) -> bool:
    """?tk= travels in URLs, so it stands only for the pages (or addresses) it was issued to."""
    referer = urlsplit(request.headers.get("referer", ""))
    address = request.client.host if request.client else ""
    return f"{referer.scheme}://{referer.netloc}" in origins or address in origins


async def signed(request: Request) -> Principal:
    """The signed-in caller; Unauthenticated otherwise."""
    principal = await caller(request)
    if principal is None:
        raise Unauthenticated
    return principal


Signed = Annotated[Principal, Depends(signed)]


async def _read() -> AsyncIterator[AsyncConnection]:
    async with db.reading() as conn:
        yield conn


Read = Annotated[AsyncConnection, Depends(_read, scope="function")]


def may_write(request: Request, principal: Principal) -> None:
    """What a write asks for before anything is read of its body. Errors: KeyIsReadOnly, CrossSite, PreconditionRequired."""
    if principal.via == "key":
        raise KeyIsReadOnly
    origin = request.headers.get("origin")
    own = (request.headers.get("host"), request.headers.get("x-forwarded-host"))  # a proxy may rewrite Host
    if origin and "authorization" not in request.headers and urlsplit(origin).netloc not in own:
        raise CrossSite(origin)
    if request.method == "POST" and not request.headers.get("idempotency-key"):
        raise PreconditionRequired("缺少 Idempotency-Key 请求头", pointer="header:Idempotency-Key", hint="每次操作生成一个新的 UUID")


async def write(
    request: Request,
    principal: Signed,
    idempotency_key: Annotated[str | None, Header(description="POST: 每次操作一个新值,重发同一操作用同一值")] = None,
) -> AsyncIterator[Work]:
    """A write: session only, own site only; POST needs Idempotency-Key. Committed before the answer is sent."""
    may_write(request, principal)
    async with writing(principal) as work:
        if idempotency_key:
            await work.claim_key(idempotency_key[:200], request.url.path.encode() + b"\n" + await _content(request))
        yield work


async def _content(request: Request) -> bytes:
    """What makes a body the same: its bytes, or the fields and files of a form (its boundary differs each time)."""
    if not request.headers.get("content-type", "").startswith("multipart/"):
        return await request.body()
    digest = hashlib.sha256()
    for name, value in (await request.form()).multi_items():
        digest.update(f"\n{name}\n".encode())
        if isinstance(value, str):
            digest.update(value.encode())
            continue
        while chunk := await value.read(1 << 20):
            digest.update(chunk)
        await value.seek(0)
    return digest.digest()


Write = Annotated[Work, Depends(write, scope="function")]


async def if_match(if_match: Annotated[str | None, Header(description='该对象的 version,如 "3"')] = None) -> int:
    """Version the caller has seen. Errors: PreconditionRequired, BadParameter."""
    if if_match is None:
        raise PreconditionRequired("缺少 If-Match 请求头", pointer="header:If-Match", hint="填该对象最近读到的 version")
    match = re.fullmatch(r'(?:W/)?"?(\d{1,9})"?', if_match.strip())
    if match is None:
        raise BadParameter("If-Match 应为版本号", pointer="header:If-Match")
    return int(match[1])


IfMatch = Annotated[int, Depends(if_match)]


def require(*roles: Role) -> Callable[[Principal], Awaitable[Principal]]:
    """Dependency that lets only these roles pass; Forbidden otherwise."""

    async def check(principal: Signed) -> Principal:
        if principal.role not in roles:
            raise Forbidden(f"需要角色: {'、'.join(roles)}")
        return principal

    return check
