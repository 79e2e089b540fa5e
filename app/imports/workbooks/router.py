"""GET /api/imports/template: the Excel template of a kind for a responsible body."""

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Response

from app.accounts.deps import Read, require
from app.core import clock
from app.core.errors import NotFound
from app.core.principal import Principal, Role
from app.imports.kinds import kind_of
from app.imports.workbooks import subjects
from app.maps.exports.download import disposition

router = APIRouter(prefix="/api/imports", tags=["导入"])
MEDIA: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ANSWER: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "工作簿", "content": {MEDIA: {"schema": {"type": "string", "format": "binary"}}}},
    422: {"description": "没有这个类别,或此类交付须带图形"},
}
Filler = Annotated[Principal, Depends(require(Role.planner, Role.admin, Role.officer))]


@router.get("/template", summary="Excel 模板", responses=_ANSWER, response_class=Response)
async def get(
    principal: Filler, conn: Read, kind: Annotated[str, Query(description="交付类别,如 indicators", max_length=40)],
    body: Annotated[str | None, Query(description="责任主体代码;不写为全县,专管员为本单位", max_length=9)] = None,
) -> Response:  # fmt: skip
    """预填并锁定该责任主体的宗地、企业或合同,带下拉、批注和校验;填好后直接导入。专管员只能取本单位的。"""
    from app.imports.workbooks.template import template

    wanted = kind_of(kind)
    body = body or principal.responsible_body
    if not principal.sees_body(body):
        raise NotFound("没有这个责任主体", pointer="query:body")
    found = await subjects.load(conn, principal.county_code, body, on=clock.today())
    content = await asyncio.to_thread(template, wanted, found)
    name = f"{wanted.label}_{found.place}_{clock.today():%Y%m%d}.xlsx"
    headers = {"Content-Disposition": disposition(name, f"{wanted.name}.xlsx"), "Cache-Control": "private, no-store"}
    return Response(content, media_type=MEDIA, headers=headers)
