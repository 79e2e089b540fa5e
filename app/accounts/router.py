"""Sign-in, the standing session, API keys."""

import re
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from app.accounts import queries, service
from app.accounts.deps import COOKIE, Read, Signed, Write
from app.accounts.errors import KeyScope
from app.accounts.schemas import AccountOut, CountyOut, KeyIn, KeyList, KeyOut, KeyRow, SessionOut, SignedIn, SignIn
from app.core import clock
from app.core.principal import SENSITIVE, Role
from app.settings import settings

router = APIRouter(prefix="/api", tags=["登录"])


@router.post("/session", summary="登录")
async def sign_in(body: SignIn, request: Request, response: Response) -> SignedIn:
    """Opaque token, revocable at once. Errors: bad_credentials, too_many_attempts."""
    address = request.client.host if request.client else None
    token, account = await service.sign_in(username=body.username, password=body.password, address=address)
    response.set_cookie(
        COOKIE, token, max_age=settings().session_hours * 3600, httponly=True, samesite="strict", secure=request.url.scheme == "https"
    )
    return SignedIn(token=token, account=AccountOut.model_validate(account, from_attributes=True))


@router.get("/session", summary="当前登录")
async def session(principal: Signed, conn: Read) -> SessionOut:
    """Who is signed in, business date, county with its extent, what the role may broadly do."""
    account = await queries.by_id(conn, principal.id)
    county = await queries.county(conn, principal.county_code)
    box = [float(n) for n in re.findall(r"-?[\d.]+", county.box[3:])] if county.box else None
    can = {
        "list_case": principal.role in (Role.planner, Role.acceptor, Role.officer),
        "accept_case": principal.role is Role.acceptor,
        "exact_figures": principal.role in SENSITIVE,
        "audit": principal.role in (Role.auditor, Role.admin),
    }
    return SessionOut(
        account=AccountOut.model_validate(account, from_attributes=True), as_of=clock.today(),
        county=CountyOut(code=county.code, name=county.name, bbox=box), can=can,
    )  # fmt: skip


@router.delete("/session", status_code=204, summary="退出")
async def sign_out(work: Write, response: Response) -> None:
    """Ends the session at once."""
    await service.sign_out(work)
    response.delete_cookie(COOKIE)


@router.post("/keys", status_code=201, summary="新建接口密钥")
async def create_key(body: KeyIn, work: Write) -> KeyOut:
    """A read-only key with the caller's own scope, for GIS clients and map front-ends; shown once."""
    terms = service.KeyTerms(body.label, body.origins, body.scopes, body.rate_per_minute)
    key_id, key = await service.issue_key(work.conn, work.principal.id, terms)
    work.audited("key.create", "api_key", key_id, **asdict(terms))
    await work.reply({"id": key_id, "key": None, "label": body.label}, 201)  # what is kept for a repeated request holds no secret
    return KeyOut(id=key_id, key=key, label=body.label)


@router.get("/keys", summary="接口密钥")
async def keys(principal: Signed, conn: Read) -> KeyList:
    """Own keys; the administrator sees those of the county. Never the key itself. Errors: key_scope with a key."""
    if principal.via == "key":
        raise KeyScope("密钥不能查看密钥")
    return KeyList(items=[KeyRow.model_validate(row) for row in await service.keys(conn, principal)])


@router.post("/keys/{key_id}/revoke", summary="停用接口密钥")
async def revoke_key(key_id: Annotated[int, Path(ge=0, le=2**31 - 1)], work: Write) -> KeyRow:
    """Refused from the next request on. Errors: key_unknown."""
    row = KeyRow.model_validate(await service.revoke_key(work.conn, work.principal, key_id))
    work.audited("key.revoke", "api_key", key_id, label=row.label, username=row.username)
    answer: KeyRow = KeyRow.model_validate(await work.reply(row.model_dump(mode="json"), 200))
    return answer
