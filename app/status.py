"""Health: alive, and ready (migrations at head, demo applied and its run published)."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.deps import Read
from app.core import clock, state
from app.core.errors import NotFound, Problem
from app.imports.checks.catalogue import CATALOGUE, SIDES, IssueType
from app.prepared import head
from app.settings import settings

router = APIRouter(tags=["运行状态"])
HEAD = head()
COUNTS = (
    "SELECT (SELECT count(*) FROM map_parcel) AS parcels, (SELECT count(*) FROM enterprise) AS enterprises,"
    " (SELECT count(*) FROM ledger_posting) AS postings"
)
LAST_RUN = "SELECT id, county_code, as_of, rule_version FROM classification_run WHERE finished_at IS NOT NULL ORDER BY id DESC LIMIT 1"


class NotReady(Problem):
    code, status, title = "not_ready", 503, "服务尚未就绪"


@router.get("/healthz", summary="存活")
async def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/readyz", summary="就绪")
async def readyz(conn: Read) -> dict[str, Any]:
    """200 only when migrations are at head, the demo is applied and its run published (with --no-demo: says so)."""
    at = await migration(conn)
    if at != HEAD:
        raise NotReady("数据库结构不是最新", hint="运行 alembic upgrade head", migrations=at)
    demo = await state.reached(conn, "demo")
    if settings().demo and demo is None:
        raise NotReady("演示县尚未装载完成", hint="运行 yima demo load")
    counts = (await conn.execute(text(COUNTS))).one()._asdict()
    run = (await conn.execute(text(LAST_RUN))).one_or_none()
    return {
        "status": "ready", "migrations": at, "demo": demo if settings().demo else "无演示县 (--no-demo)", "counts": counts,
        "run_id": run.id if run else None, "rule_version": run.rule_version if run else None, "facts_as_of": run.as_of if run else None,
        "as_of": clock.today(),
    }  # fmt: skip


async def migration(conn: AsyncConnection) -> str | None:
    """Revision the database is at; None before the first migration."""
    if (await conn.execute(text("SELECT to_regclass('alembic_version')"))).scalar() is None:
        return None
    return (await conn.execute(text("SELECT version_num FROM alembic_version"))).scalar()


@router.get("/api/errors", summary="问题目录", tags=["目录"])
async def errors() -> list[dict[str, Any]]:
    """Every problem code with its status and title, then every code that a row of an import may bear (these have no status)."""
    problems = sorted(Problem.catalogue.values(), key=lambda k: k.code)
    return [{"code": k.code, "status": k.status, "title": k.title} for k in problems] + [_row_issue(k) for k in CATALOGUE.values()]


@router.get("/api/errors/{code}", summary="一个问题", tags=["目录"])
async def error(code: str) -> JSONResponse:
    """One problem of the catalogue, or one issue of imports."""
    kind = Problem.catalogue.get(code)
    if kind is not None:
        return JSONResponse({"code": kind.code, "status": kind.status, "title": kind.title, "about": (kind.__doc__ or "").strip() or None})
    if code in CATALOGUE:
        return JSONResponse(_row_issue(CATALOGUE[code]))
    raise NotFound(code)


def _row_issue(kind: IssueType) -> dict[str, Any]:
    """What FORMATS.md says of the code."""
    return {
        "code": kind.code, "status": None, "title": kind.message, "hint": kind.hint, "stage": kind.stage, "apply": kind.apply,
        "side": SIDES[kind.side], "tolerance": [{"number": t.number, "unit": t.unit} for t in kind.tolerance],
        "explained_by": [*kind.explained_by, *kind.explained_in_cell],
    }  # fmt: skip
