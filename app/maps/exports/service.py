"""Use-cases of exports: ask, list, look, fetch the file, delete; the county's switch for shifted coordinates."""

from pathlib import Path
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import clock
from app.core.errors import NotFound, Stale
from app.core.principal import Principal
from app.core.work import Work
from app.maps.exports import queries
from app.maps.exports.errors import ExportGone, ExportNotReady, ShiftedCrsOff, TooManyExports
from app.maps.exports.spec import FORMS, Plan, Spec, plan_of
from app.settings import settings

MOST = 5
"""Unfinished exports of one account."""


def folder() -> Path:
    """Where the files are, one folder a job."""
    return settings().state_dir / "exports"


def file_of(job_id: int, suffix: str) -> Path:
    """Place of a job's file."""
    return folder() / str(job_id) / f"file{suffix}"


async def ask(conn: AsyncConnection, spec: Spec) -> dict[str, Any]:
    """Queue an export after finding every mistake of the request. Errors: those of the plan, ShiftedCrsOff, TooManyExports."""
    plan = plan_of(spec)
    if plan.target.shift:
        await checked_shift(conn, spec.county_code)
    if await queries.unfinished(conn, spec.principal) >= MOST:
        raise TooManyExports(f"同时进行的导出至多 {MOST} 个", hint="请等前面的完成,或删除不需要的")
    return said(await queries.add(conn, spec, plan.name(clock.today())))


async def checked_shift(conn: AsyncConnection, county_code: str) -> None:
    """Refuse shifted coordinates where no administrator has switched them on."""
    switch = await queries.shifted(conn, county_code)
    if switch is None or not switch.is_enabled:
        raise ShiftedCrsOff("GCJ-02、BD-09 坐标须由系统管理员开启", pointer="/crs", hint="PUT /api/settings/shifted-crs")


async def own(conn: AsyncConnection, principal: Principal, before: int | None, limit: int) -> dict[str, Any]:
    """The caller's exports, newest first."""
    return {"items": [said(row) for row in await queries.own(conn, principal, before=before, limit=limit)]}


async def look(conn: AsyncConnection, principal: Principal, job_id: int) -> Row[Any]:
    """One of the caller's exports; NotFound for anybody else's."""
    row = await queries.one(conn, principal, job_id)
    if row is None:
        raise NotFound(f"没有导出 {job_id}")
    return row


async def fetch(conn: AsyncConnection, principal: Principal, job_id: int) -> tuple[Row[Any], Path, Plan]:
    """A finished export and its file. Errors: ExportNotReady, ExportGone."""
    row = await look(conn, principal, job_id)
    plan = plan_of(Spec.from_json(row.spec))
    path = file_of(job_id, plan.form.suffix)
    if row.state in ("queued", "running", "failed"):
        raise ExportNotReady(row.message or "导出尚未完成", state=row.state)
    if row.state == "expired" or not path.exists():
        raise ExportGone("导出文件保留一天")
    return row, path, plan


async def delete(work: Work, job_id: int, version: int) -> dict[str, Any]:
    """Stop it if it runs, drop its file. Errors: NotFound, Stale."""
    row = await queries.one(work.conn, work.principal, job_id, lock=True)
    if row is None:
        raise NotFound(f"没有导出 {job_id}")
    if row.version != version:
        raise Stale(f"导出已是第 {row.version} 版", version=row.version)
    await queries.drop(work.conn, work.principal, job_id)
    for path in (folder() / str(job_id)).glob("*"):
        path.unlink(missing_ok=True)
    work.audited("export.delete", "export", job_id, file_name=row.file_name)
    return {"id": job_id, "state": "deleted"}


def said(row: Row[Any]) -> dict[str, Any]:
    """A job as the API shows it."""
    spec = Spec.from_json(row.spec)
    asked = {k: v for k in ("filter", "filter_lang", "bbox", "properties", "crs", "encoding") if (v := getattr(spec, k)) is not None}
    percent = 100 if row.state == "done" else min(99, row.rows_done * 100 // row.rows_total) if row.rows_total else 0
    return {
        "id": row.id, "version": row.version, "state": row.state, "collection": spec.collection, "format": spec.format,
        "format_label": FORMS[spec.format].label, "asked": asked, "file_name": row.file_name, "rows_done": row.rows_done,
        "rows_total": row.rows_total, "percent": percent, "size_bytes": row.size_bytes, "sha256": row.sha256,
        "layer_version": row.layer_version, "facts_as_of": row.facts_as_of, "message": row.message, "made_at": row.made_at,
        "finished_at": row.finished_at,
    }  # fmt: skip


async def switch(conn: AsyncConnection, county_code: str) -> dict[str, Any]:
    """Whether shifted coordinates are on; off since ever is version 0."""
    row = await queries.shifted(conn, county_code)
    return dict(row._mapping) if row else {"is_enabled": False, "version": 0, "changed_by": None, "changed_at": None}


async def set_switch(work: Work, version: int, *, is_enabled: bool) -> dict[str, Any]:
    """Switch shifted coordinates on or off for the county. Errors: Stale."""
    county = work.principal.county_code
    row = await queries.shifted(work.conn, county, lock=True)
    now = row.version if row else 0
    if now != version:
        raise Stale(f"设置已是第 {now} 版", version=now)
    made = await queries.set_shifted(work.conn, county, is_enabled=is_enabled, by=work.principal.name)
    work.audited("settings.shifted_crs", "setting", "shifted-crs", is_enabled=is_enabled)
    return dict(made._mapping)
