"""POST /api/exports and what follows from it; GET/PUT /api/settings/shifted-crs."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Path, Query, Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.responses import FileResponse, JSONResponse

from app.accounts.deps import IfMatch, Read, Signed, Write, require
from app.core import db
from app.core.principal import Role
from app.maps import links
from app.maps.exports import download, service
from app.maps.exports.schemas import ASK_ANSWER, ASKED_EXAMPLES, FILE_ANSWER, JOB_ANSWER, LIST_ANSWER, ExportAsked, SwitchAsked

router = APIRouter(prefix="/api", tags=["导出"])
JobId = Annotated[int, Path(ge=1, lt=1 << 63)]
Asked = Annotated[ExportAsked, Body(openapi_examples=ASKED_EXAMPLES)]


def _json(value: dict[str, Any], status: int = 200, **headers: str) -> Response:
    return JSONResponse(jsonable_encoder(value), status, headers={"Cache-Control": "private, no-store", **headers})


@router.post("/exports", summary="导出", status_code=202, responses=ASK_ANSWER)
async def ask(request: Request, principal: Signed, asked: Asked) -> Response:
    """排队导出一个图层或其中一部分;由单独的进程生成。只读,不需要 Idempotency-Key;内容限于地图字段,不含精确税收、能耗。"""
    async with db.engine().begin() as conn:
        said = await service.ask(conn, asked.spec(principal))
    return _json(said, 202, Location=f"{links.base(request)}/api/exports/{said['id']}")


@router.get("/exports", summary="我的导出", responses=LIST_ANSWER)
async def listed(
    principal: Signed, conn: Read, before: Annotated[int | None, Query(ge=1, lt=1 << 63, description="只要更早的 (id)")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:  # fmt: skip
    """本账号的导出,新的在前。"""
    return _json(await service.own(conn, principal, before, limit))


@router.get("/exports/{export_id}", summary="导出进度", responses=JOB_ANSWER)
async def look(principal: Signed, conn: Read, export_id: JobId) -> Response:
    """状态 queued 排队、running 进行中、done 完成、failed 未成功、expired 已清理;行数、百分比、大小、SHA-256。"""
    row = await service.look(conn, principal, export_id)
    return _json(service.said(row), ETag=f'"{row.version}"')


@router.get("/exports/{export_id}/file", summary="下载导出文件", responses=FILE_ANSWER, response_class=FileResponse)
async def fetch(request: Request, principal: Signed, conn: Read, export_id: JobId) -> Response:
    """可断点续传 (Range、If-Range)。"""
    return download.answer(request, *await service.fetch(conn, principal, export_id))


@router.delete("/exports/{export_id}", summary="删除导出")
async def delete(work: Write, export_id: JobId, version: IfMatch) -> Response:
    """停止并删除。"""
    return _json(await service.delete(work, export_id, version))


@router.get("/settings/shifted-crs", summary="偏移坐标是否开启")
async def switch(principal: Signed, conn: Read) -> Response:
    """GCJ-02、BD-09 只在开启后可用于导出。"""
    said = await service.switch(conn, principal.county_code)
    return _json(said, ETag=f'"{said["version"]}"')


@router.put("/settings/shifted-crs", summary="开启或关闭偏移坐标", dependencies=[Depends(require(Role.admin))])
async def set_switch(work: Write, version: IfMatch, asked: SwitchAsked) -> Response:
    """系统管理员;留操作日志。"""
    return _json(await service.set_switch(work, version, is_enabled=asked.is_enabled))
