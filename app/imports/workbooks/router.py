"""Workbooks over HTTP: the template of a kind for a responsible body, and a delivered workbook given back with its issues."""

import asyncio
import shutil
import tempfile
from pathlib import Path as FilePath
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Response
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from app.accounts.deps import Read, require
from app.core import audit, child, clock, db
from app.core.errors import Forbidden, NotFound, Problem
from app.core.principal import Principal, Role
from app.imports.jobs import service as jobs
from app.imports.jobs.intake import Person
from app.imports.kinds import kind_of
from app.imports.workbooks import subjects
from app.imports.workbooks.markable import file_of
from app.maps.exports.download import disposition
from app.settings import settings

router = APIRouter(prefix="/api/imports", tags=["导入"])
MEDIA: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ANSWER: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "工作簿", "content": {MEDIA: {"schema": {"type": "string", "format": "binary"}}}},
    422: {"description": "没有这个类别,或此类交付须带图形"},
}
_MARKED: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "标注后的工作簿", "content": {MEDIA: {"schema": {"type": "string", "format": "binary"}}}},
    422: {"description": "不是 .xlsx、.xlsm 工作簿"},
}
_ONE_AT_A_TIME = asyncio.Semaphore(1)
"""A workbook is held whole while it is marked."""
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


@router.get("/{import_id}/files/{number}/returned", summary="退回的工作簿", responses=_MARKED, response_class=FileResponse)
async def marked(
    person: Person, import_id: Annotated[int, Path(ge=1, lt=1 << 63)],
    number: Annotated[int, Path(ge=1, le=10_000, description="第几个文件,按 files 的次序")],
) -> Response:  # fmt: skip
    """交来的 Excel 原样退回:有问题的单元格按级别着色并加批注,另附「问题清单」表;改好后可直接再交。"""
    async with db.reading() as conn:  # given back at once: marking takes seconds
        job = await jobs.look(conn, person, import_id)
    if not jobs.shows_cells(person, job):
        raise Forbidden("含企业精确税收、能耗,只有交付人和可看精确数的角色可以下载")
    file_of(job, number)
    if job.kind in jobs.FIGURES:
        async with db.engine().begin() as log:
            await audit.log_read(log, person, layer="imports", fields=job.kind, object_id=str(import_id))
    folder = FilePath(tempfile.mkdtemp(prefix="yima-returned-"))
    try:
        out = folder / "returned"
        name = await _mark(person.county_code, import_id, number, out)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    headers = {"Content-Disposition": disposition(name, f"returned-{import_id}-{number}.xlsx"), "Cache-Control": "private, no-store",
               "X-Content-Type-Options": "nosniff"}  # fmt: skip
    return FileResponse(out, media_type=MEDIA, headers=headers, background=BackgroundTask(shutil.rmtree, folder, ignore_errors=True))


async def _mark(county: str, import_id: int, number: int, out: FilePath) -> str:
    """The workbook written to `out`; its name. Errors: those of giving_back.give_back, MemoryExceeded."""
    args = [county, str(import_id), str(number), str(out)]
    async with _ONE_AT_A_TIME:
        said, code = await child.run("app.imports.workbooks.process", lambda _: None, args=args, memory_mb=settings().import_memory_mb)
    if code or not said:
        raise Problem(f"标注进程中断 ({code})")
    if "code" in said:
        raise Problem.catalogue[said["code"]](said["detail"], hint=said["hint"] or None)
    return str(said["name"])
