"""Archive, portrait, and the page a QR code opens."""

import json
from datetime import date
from decimal import Decimal
from html import escape
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import HTMLResponse

from app.accounts.deps import Read, Signed
from app.core.errors import NotFound
from app.dossiers import service
from app.maps.moments import parse
from app.parcels.codes import fold, parse_one_code

router = APIRouter(tags=["档案"])
Key = Annotated[str, Path(max_length=40)]

PAGE = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>一码管地 {code}</title>
<style>body{{font:16px/1.6 sans-serif;margin:0;background:#f4f6f8;color:#1f2d3d}}main{{max-width:26rem;margin:12vh auto;padding:2rem;
background:#fff;border-top:4px solid #1f5fa8}}h1{{font-size:1.1rem;margin:0}}code{{display:block;font-size:1.35rem;margin:1rem 0;
overflow-wrap:anywhere}}a{{color:#1f5fa8}}</style></head>
<body><main><h1>一码管地 · 工业用地</h1><p>本系统地块码</p><code>{code}</code>
<p>查看这宗地的档案需要登录。<br><a href="../console/#/parcel/{code}">登录并打开档案</a></p></main></body></html>
"""


def _plain(value: Any) -> Any:
    """Decimals leave as JSON numbers (at most 16 digits, so a double prints them exactly), days and moments as ISO text."""
    return float(value) if isinstance(value, Decimal) else value.isoformat()


def _private(value: Any) -> Response:
    body = json.dumps(value, ensure_ascii=False, default=_plain)
    return Response(body, media_type="application/json", headers={"Cache-Control": "private, no-store"})


@router.get("/api/parcels/{land_code}", summary="一地一档案")
async def parcel(
    principal: Signed, conn: Read, land_code: Key,
    as_of: Annotated[date | None, Query(description="现实世界的日期 (默认今天)")] = None,
    known_at: Annotated[str | None, Query(max_length=40, description="登记簿当时所知: 日期或时刻")] = None,
) -> Response:  # fmt: skip
    """按地块码、宗地代码或整数 id。"""
    return _private(await service.archive(conn, principal, land_code, parse(as_of, known_at)))


@router.get("/api/enterprises/{uscc}", summary="一企一画像")
async def enterprise(principal: Signed, conn: Read, uscc: Key) -> Response:
    """按统一社会信用代码。"""
    return _private(await service.portrait(conn, principal, uscc))


@router.get("/c/{land_code}", summary="扫码页", response_class=HTMLResponse)
async def code_page(land_code: Key) -> HTMLResponse:
    """What the QR code opens: says the code, nothing of the parcel; not even whether it exists."""
    code = fold(land_code)
    if parse_one_code(code) is None:
        raise NotFound("地块码不正确")
    return HTMLResponse(PAGE.format(code=escape(code)), headers={"Cache-Control": "no-store"})
