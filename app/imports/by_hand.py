"""`yima import` and `yima imports`: the same use-cases as over HTTP, with a bar on a terminal."""

import asyncio
import sys
from pathlib import Path
from typing import Any

from app.core import db
from app.core.principal import Principal
from app.core.work import writing
from app.imports import progress
from app.imports.columns import read_mapping
from app.imports.jobs import findings, service, states, views
from app.imports.jobs.schemas import ApplyAsked
from app.imports.report import ImportReport

_WIDTH, _LOOK_SECONDS = 30, 0.5


def bar(step: str, done: int, total: int | None) -> None:
    """One line that is written over; nothing where nobody looks."""
    if not sys.stderr.isatty():
        return
    filled = _WIDTH * done // total if total else 0
    shown = f"{done} / {total}" if total else str(done or "")
    sys.stderr.write(f"\r\x1b[K{progress.STEPS[step]} [{'█' * filled}{'·' * (_WIDTH - filled)}] {shown} 行")
    sys.stderr.flush()


def _end_of_bar() -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")


async def import_files(
    files: list[Path], kind: str, principal: Principal, said: dict[str, Any], *, mapping: Path | None, dry_run: bool
) -> ImportReport:
    """Read, check, apply in one transaction. Errors: Problems of app/imports/errors.py."""
    from app.imports.service import Options, axis_order_of, import_files

    said["axis_order"] = axis_order_of(said["axis_order"])
    options = Options(**said, mapping=None if mapping is None else read_mapping(mapping))
    try:
        with progress.heard(bar):
            return await import_files(
                files, kind=kind, county_code=principal.county_code, options=options, principal=principal, dry_run=dry_run
            )
    finally:
        _end_of_bar()


async def newest(principal: Principal, kind: str | None, limit: int) -> list[dict[str, Any]]:
    """Imports of the county, newest first."""
    async with db.reading() as conn:
        said = await service.newest(conn, principal, kind=kind, state=None, before=None, limit=limit)
    return list(said["imports"])


async def show(principal: Principal, import_id: int) -> dict[str, Any]:
    """One import with its first differences. Errors: NotFound."""
    async with db.reading() as conn:
        said = views.said(await service.look(conn, principal, import_id))
        found = await findings.differences(conn, principal.county_code, import_id, findings.ALL_ROWS, after=None, limit=20)
    return said | {"diff": found}


async def apply(principal: Principal, import_id: int) -> dict[str, Any]:
    """Say apply and wait for the worker. Errors: NotFound, StepRefused."""
    async with writing(principal) as work:
        version = (await service.look(work.conn, principal, import_id)).version
        await service.accept(work, import_id, version, ApplyAsked())
    try:
        while True:
            async with db.reading() as conn:
                row = await service.look(conn, principal, import_id)
            if row.state not in states.MOVING:
                return views.said(row)
            bar(row.step or "reading", row.rows_done, row.rows_total)
            await asyncio.sleep(_LOOK_SECONDS)
    finally:
        _end_of_bar()


async def undo(principal: Principal, import_id: int, reason: str) -> dict[str, Any]:
    """Take it back. Errors: NotFound, UndoRefused with what stands against it."""
    from app.imports.service import undo_import

    await undo_import(import_id, county_code=principal.county_code, reason=reason, principal=principal)
    async with db.reading() as conn:
        return views.said(await service.look(conn, principal, import_id))


def line(said: dict[str, Any]) -> str:
    """An import in one line."""
    names = "、".join(one["name"] for one in said["uploads"] or said["files"])
    when = said["applied_at"] or said["made_at"]
    told = said["message"] or (said["problem"] or {}).get("detail") or "  ".join(f"{k} {v}" for k, v in said["counts"].items())
    return f"{said['id']}\t{said['state_label']}\t{said['kind_label']}\t{said['data_on']}\t{when:%Y-%m-%d %H:%M}\t{names}\t{told}"
