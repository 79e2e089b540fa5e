"""Sign-in, the standing session, API keys."""

import re

from fastapi import APIRouter, Request, Response

from app.accounts import queries, service
from app.accounts.deps import COOKIE, Read, Signed, Write
from app.accounts.schemas import AccountOut, CountyOut, KeyIn, KeyOut, SessionOut, SignedIn, SignIn
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
    key = await service.create_key(work.conn, account_id=work.principal.id, label=body.label, origins=body.origins)
    work.audited("key.create", "api_key", body.label, origins=body.origins)
    answer: KeyOut = KeyOut.model_validate(await work.reply({"key": key, "label": body.label}, 201))
    return answer
