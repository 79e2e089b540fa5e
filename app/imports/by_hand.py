"""`yima import` and `yima imports`: the same use-cases as over HTTP, with a bar on a terminal."""

import asyncio
import gc
import sys
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from app.core import clock, db
from app.core.errors import Problem
from app.core.principal import Principal
from app.core.work import writing
from app.imports import progress, report
from app.imports.columns import read_mapping
from app.imports.jobs import findings, service, states, views
from app.imports.jobs.errors import ManifestMismatch
from app.imports.jobs.schemas import ApplyAsked, ManifestAsked
from app.imports.kinds import kind_of
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


def replayed(manifest: Path, files: list[Path]) -> tuple[str, dict[str, Any]]:
    """Kind and options of the import that a manifest tells of. Errors: ManifestMismatch."""
    from app.imports.apply.parcel_classes import Acceptance
    from app.imports.service import uploads_of

    try:
        told = ManifestAsked.model_validate_json(manifest.read_bytes())
    except (OSError, ValidationError) as error:
        raise ManifestMismatch(f"{manifest.name} 不是导入清单", hint="用 GET /api/imports/{编号}/manifest 下载") from error
    asked, _ = service.replayed(told, uploads_of(files))
    said = asked.options.said()
    left_out = said.pop("accepted", {})
    acceptance = Acceptance(**{name: frozenset(values) for name, values in left_out.items()})
    return asked.kind, {**said, "data_date": asked.data_date, "acceptance": acceptance}


async def import_files(
    files: list[Path], kind: str, principal: Principal, said: dict[str, Any], *, mapping: Path | None = None, dry_run: bool
) -> ImportReport:
    """Read, check, apply in one transaction; what was found is said before a question. Errors: Problems of app/imports/errors.py."""
    from app.imports import packed
    from app.imports.readers import Look
    from app.imports.service import Options, axis_order_of, import_files, prepare

    said["axis_order"] = axis_order_of(said.get("axis_order"))
    options = Options(**said if mapping is None else {**said, "mapping": read_mapping(mapping)})
    look = Look()
    how: dict[str, Any] = {"kind": kind, "county_code": principal.county_code, "options": options, "principal": principal, "look": look}
    gc.disable()  # it would walk over the millions of values of a delivery again and again, and find no cycle
    packed.keep_together()
    try:
        with progress.heard(bar):
            return await (_rehearsed(await prepare(files, dry_run=True, **how)) if dry_run else import_files(files, **how))
    except Problem:
        _end_of_bar()
        sys.stderr.writelines(f"{line}\n" for file in look.as_dicts(kind_of(kind)) for line in report.told(file))
        raise
    finally:
        gc.enable()
        _end_of_bar()


async def _rehearsed(prepared: Any) -> ImportReport:
    """The report of a dry run, which tells each row that applying would change."""
    from app.imports import changes, rehearsal

    plan, found = await rehearsal.rehearse(prepared)
    report: ImportReport = prepared.report
    report.import_id, report.lines = None, partial(changes.lines, prepared, plan, found)
    return report


def give_back(report: ImportReport, files: list[Path], folder: Path) -> list[Path]:
    """Every workbook among the files with what was found in its cells, into a folder."""
    from app.imports.workbooks.giving_back import mapping_of
    from app.imports.workbooks.markable import MARKABLE, name_of
    from app.imports.workbooks.returned import returned

    folder.mkdir(parents=True, exist_ok=True)
    told = {file["name"]: file for file in report.files}
    made = []
    for path in files:
        if path.suffix.lower() in MARKABLE and path.name in told:
            issues = [issue for issue in report.issues if issue.file == path.name]
            made.append(folder / name_of(path.name))
            made[-1].write_bytes(returned(path.read_bytes(), issues, kind_of(report.kind), mapping=mapping_of(told[path.name])))
    return made


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
        row = await service.look(work.conn, principal, import_id)
        await service.accept(work, import_id, row.version, ApplyAsked.model_validate(row.options.get("accepted") or {}))
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
    return f"{said['id']}\t{said['state_label']}\t{said['kind_label']}\t{said['data_on']}\t{clock.told(when)}\t{names}\t{told}"
