"""/api/imports: hand a delivery in, watch it, decide, see issues and differences, apply, cancel, undo. Planner and admin of the county."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse, StreamingResponse

from app.accounts.deps import IfMatch, Read, Write
from app.core import web
from app.imports.jobs import examples, findings, service, stream, suppliers, uploads, views, words
from app.imports.jobs.intake import Delivered, Person, delivered
from app.imports.jobs.schemas import ApplyAsked, CancelAsked, DecisionsAsked, Form, Severity, UndoAsked
from app.maps import links

PATH = "/api/imports"
router = APIRouter(prefix=PATH, tags=["导入"])
web.takes_large_bodies(PATH, uploads.limit)
JobId = Annotated[int, Path(ge=1, lt=1 << 63)]
Limit = Annotated[int | None, Query(ge=1, le=1000)]
_PAGE = 100
Text = Annotated[str | None, Query(max_length=200)]


def _json(value: dict[str, Any], status: int = 200, **headers: str) -> Response:
    tag = {"ETag": f'"{value["version"]}"'} if "version" in value else {}
    return JSONResponse(jsonable_encoder(value), status, headers={"Cache-Control": "private, no-store", **tag, **headers})


def _stream(parts: Any, media: str, name: str) -> Response:
    held = {
        "Cache-Control": "private, no-store",
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(parts, media_type=media, headers=held)


@router.post("", status_code=201, summary="提交交付文件", openapi_extra=examples.UPLOAD, responses=examples.MADE)
async def create(request: Request, given: Annotated[Delivered, Depends(delivered)], work: Write) -> Response:
    """排队读取、检查、比对;不会自动入库。同一次交付的文件一起提交(Shapefile 的各部分可分开,也可打包为 zip)。"""
    said = jsonable_encoder(await service.create(work, given.asked, given.files))
    await work.reply(said, 201)
    return _json(said, 201, Location=f"{links.base(request)}{PATH}/{said['id']}")


@router.get("", summary="导入列表", responses=examples.LIST)
async def newest(
    person: Person, conn: Read, kind: Text = None, state: Text = None,
    before: Annotated[int | None, Query(ge=1, lt=1 << 63, description="只要更早的 (id)")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:  # fmt: skip
    """本县的导入,新的在前。"""
    return _json(await service.newest(conn, person, kind=kind, state=state, before=before, limit=limit))


@router.get("/suppliers", summary="供件质量", responses=examples.SUPPLIERS)
async def quality(person: Person, conn: Read) -> Response:
    """各供件单位、各类交付每千行的问题数(错误、提醒)及历次变化。"""
    return _json(await suppliers.quality(conn, person.county_code))


@router.get("/words", summary="导入用语", responses=examples.WORDS)
async def labels(_: Person) -> Response:
    """各类交付的列、单位、必填,状态、步骤、比对类别、级别等的中文名称。"""
    return _json(words.words())


@router.get("/{import_id}", summary="一次导入", responses=examples.JOB)
async def look(person: Person, conn: Read, import_id: JobId) -> Response:
    """状态、识别结果及理由、列对应、待确认事项、问题统计、进度、可办的步骤。"""
    return _json(service.told(person, await service.look(conn, person, import_id)))


@router.get("/{import_id}/events", summary="导入进度 (SSE)", responses=examples.EVENTS, response_class=StreamingResponse)
async def events(request: Request, person: Person, import_id: JobId, conn: Read) -> Response:
    """每次变化发一个 job 事件,内容同 GET;停在需要人办理的状态时结束。"""
    await service.look(conn, person, import_id)
    held = {"Cache-Control": "private, no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream.of(person, import_id, request.is_disconnected), media_type="text/event-stream", headers=held)


@router.post("/{import_id}/decisions", summary="确认导入参数", responses=examples.JOB)
async def decide(_: Person, work: Write, import_id: JobId, version: IfMatch, asked: DecisionsAsked) -> Response:
    """回答待确认事项或更改参数,重新读取、检查、比对。"""
    return await _answer(work, await service.decide(work, import_id, version, asked))


@router.get("/{import_id}/issues", summary="问题清单", responses=examples.ISSUES)
async def issues(
    person: Person, conn: Read, import_id: JobId, code: Text = None, severity: Severity | None = None, file: Text = None,
    after: Annotated[int, Query(ge=0, lt=1 << 63)] = 0, limit: Limit = None, format: Form = "json",
) -> Response:  # fmt: skip
    """按行的问题;format=csv 为全部(UTF-8 BOM),format=geojson 带问题所在图形(EPSG:4490 度),不写 limit 为全部。"""
    await service.look(conn, person, import_id)
    asked = {"code": code, "severity": severity, "file": file}
    if format == "csv":
        return _stream(findings.issues_csv(person.county_code, import_id, asked), "text/csv; charset=utf-8", f"issues-{import_id}.csv")
    if format == "geojson":
        places = findings.issues_geojson(person.county_code, import_id, asked, after, limit)
        return _stream(places, "application/geo+json", f"issues-{import_id}.geojson")
    return _json(await findings.issues(conn, person.county_code, import_id, asked, after=after, limit=limit or _PAGE))


@router.get("/{import_id}/diff", summary="与底数的比对", responses=examples.DIFF)
async def diff(
    person: Person, conn: Read, import_id: JobId, kind: Annotated[str | None, Query(alias="class", max_length=30)] = None,
    file: Text = None, row: Annotated[int | None, Query(ge=0, lt=1 << 31)] = None,
    after: Annotated[str | None, Query(max_length=40, description="上一页最后的 row_id")] = None, limit: Limit = None,
    format: Form = "json",
) -> Response:  # fmt: skip
    """入库会改变什么:新增、属性变化、图形变化、分割、合并、灭失等;未变的只计数。format=geojson 为图形,不写 limit 为全部。"""
    job, asked = await service.look(conn, person, import_id), {"class": kind, "file": file, "row": row}
    if format == "geojson":
        shapes = findings.differences_geojson(person.county_code, import_id, asked, after, limit)
        return _stream(shapes, "application/geo+json", f"diff-{import_id}.geojson")
    said = await findings.differences(conn, person.county_code, import_id, asked, after=after, limit=limit or _PAGE)
    return _json(said | {"classes": {**said["classes"], "same": job.counts.get("same", 0)}})


@router.post("/{import_id}/apply", status_code=202, summary="入库", responses=examples.APPLYING)
async def accept(_: Person, work: Write, import_id: JobId, version: IfMatch, asked: ApplyAsked) -> Response:
    """一次事务写入底数;比对之后底数若有变化,会重新比对而不写入。except_classes、except_rows 为不接受的部分。"""
    return await _answer(work, await service.accept(work, import_id, version, asked), 202)


@router.post("/{import_id}/cancel", summary="取消", responses=examples.JOB)
async def cancel(_: Person, work: Write, import_id: JobId, version: IfMatch, asked: CancelAsked) -> Response:
    """不再办理;正在读取的立即停止。"""
    del asked
    return await _answer(work, await service.cancel(work, import_id, version))


@router.post("/{import_id}/undo", summary="撤销已入库的导入", responses=examples.JOB)
async def undo(_: Person, work: Write, import_id: JobId, version: IfMatch, asked: UndoAsked) -> Response:
    """恢复到入库之前;之后已有办理的不能撤销,并说明原因。"""
    return await _answer(work, await service.undo(work, import_id, version, asked.reason))


@router.get("/{import_id}/manifest", summary="演练清单", responses=examples.MANIFEST)
async def manifest(person: Person, conn: Read, import_id: JobId) -> Response:
    """文件的 SHA-256、参数、列对应、结果;连同原文件再次提交可重现这次导入。"""
    return _json(views.manifest(await service.look(conn, person, import_id)))


async def _answer(work: Any, said: dict[str, Any], status: int = 200) -> Response:
    encoded = jsonable_encoder(said)
    await work.reply(encoded, status)
    return _json(encoded, status)
