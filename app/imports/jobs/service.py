"""Use-cases of import jobs: hand in, look, decide, apply, cancel, undo. The worker does what they ask for."""

import hashlib
import json
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.errors import NotFound, Stale
from app.core.principal import Principal
from app.core.work import Work
from app.imports.data_day import data_day
from app.imports.jobs import queries, states, views
from app.imports.jobs.errors import ManifestMismatch, StepRefused
from app.imports.jobs.schemas import ApplyAsked, DecisionsAsked, ImportAsked, ManifestAsked
from app.imports.kinds import kind_of

Uploads = list[dict[str, Any]]
FIGURES = frozenset({"indicators"})
"""Kinds whose cells are exact tax and energy figures of named enterprises."""


async def create(work: Work, asked: ImportAsked, uploads: Uploads) -> dict[str, Any]:
    """Queue a delivery whose files are in place. Errors: KindUnknown, DataDateFuture."""
    kind_of(asked.kind)
    options = asked.options.said()
    day = data_day(asked.data_date)
    values = {"kind": asked.kind, "hash": _hash(asked.kind, uploads, options), "day": day, "uploads": uploads, "options": options,
              "supplier": (asked.supplier or "").strip() or None}  # fmt: skip
    job_id = await queries.add(work.conn, work.principal, values)
    work.audited("import.create", "import", job_id, kind=asked.kind, data_on=day, supplier=values["supplier"], options=options,
                 files=[{"name": u["name"], "sha256": u["sha256"]} for u in uploads])  # fmt: skip
    return await _now(work, job_id)


def told(principal: Principal, row: Row[Any]) -> dict[str, Any]:
    """An import as this person may see it: cells of exact tax and energy only for who sees such figures, or delivered them."""
    return views.said(row, shows_cells=shows_cells(principal, row))


def shows_cells(principal: Principal, row: Row[Any]) -> bool:
    """Whether what stands in the files is open to this person."""
    return row.kind not in FIGURES or principal.sees_exact_figures(None) or principal.id == row.owner_id


def replayed(manifest: ManifestAsked, uploads: Uploads) -> tuple[ImportAsked, Uploads]:
    """The import that a manifest tells of, with its files under the names it gives them. Errors: ManifestMismatch."""
    sizes = {u["sha256"]: u["size"] for u in uploads}
    missing = [one.name for one in manifest.files if one.sha256 not in sizes]
    known = {one.sha256 for one in manifest.files}
    foreign = [u["name"] for u in uploads if u["sha256"] not in known]
    if missing or foreign:
        told = [f"缺 {name}(或内容不同)" for name in missing] + [f"多出 {name}" for name in foreign]
        raise ManifestMismatch(";".join(told), pointer="/file", hint="按清单里的 SHA-256 提交同样的文件")
    named = [{"name": one.name, "sha256": one.sha256, "size": sizes[one.sha256]} for one in manifest.files]
    left_out = manifest.accepted if manifest.accepted != ApplyAsked() else None
    options = manifest.options.model_copy(update={"mappings": manifest.mappings or None, "accepted": left_out})
    asked = ImportAsked(kind=manifest.kind, data_date=manifest.data_date, supplier=manifest.supplier, options=options)
    return asked, named


async def newest(
    conn: AsyncConnection, principal: Principal, *, kind: str | None, state: str | None, before: int | None, limit: int
) -> dict[str, Any]:
    """Imports of the county, newest first."""
    rows = await queries.newest(conn, principal.county_code, kind=kind, state=state, before=before, limit=limit + 1)
    return {"imports": [views.said(row, shows_cells=False) for row in rows[:limit]], "more": len(rows) > limit}


async def look(conn: AsyncConnection, principal: Principal, job_id: int) -> Row[Any]:
    """An import of the county. Errors: NotFound."""
    row = await queries.one(conn, principal.county_code, job_id)
    if row is None:
        raise NotFound(f"没有导入 {job_id}")
    return row


async def decide(work: Work, job_id: int, version: int, asked: DecisionsAsked) -> dict[str, Any]:
    """Answer questions, or decide otherwise: read and compared anew. Errors: NotFound, Stale, StepRefused, DataDateFuture."""
    row = await _held(work, job_id, version, "decide")
    day = data_day(asked.data_date) if asked.data_date else row.data_on
    options = {**row.options, **asked.said()}
    supplier = row.supplier if asked.supplier is None else asked.supplier.strip() or None
    await queries.clear(work.conn, row.county_code, job_id)
    await queries.step(
        work.conn, row.county_code, job_id, state="queued", options=options, data_on=day, supplier=supplier,
        attempts=0, beat_at=None, problem=None, questions=[], counts={}, issue_counts=[], files=[], outcome_hash=None, message=None,
        accepted=None, step=None,
    )  # fmt: skip
    work.audited("import.decide", "import", job_id, options=options, data_on=day, supplier=supplier)
    return await _now(work, job_id)


async def accept(work: Work, job_id: int, version: int, asked: ApplyAsked) -> dict[str, Any]:
    """Say apply: the worker writes it as this person. Errors: NotFound, Stale, StepRefused."""
    row = await _held(work, job_id, version, "apply")
    left_out = {"except_classes": sorted(set(asked.except_classes)), "except_rows": sorted(set(asked.except_rows))}
    if any(left_out.values()) and row.kind != "parcels":
        raise StepRefused(f"“{kind_of(row.kind).label}”只能整批入库,不能只接受一部分", state=row.state, can=states.can(row.state))
    await _for_the_worker(work, row, "applying", left_out)
    work.audited("import.accept", "import", job_id, except_classes=left_out["except_classes"], except_rows=len(left_out["except_rows"]))
    return await _now(work, job_id)


async def cancel(work: Work, job_id: int, version: int) -> dict[str, Any]:
    """Not to be applied; who reads it just now notices at its next beat. Errors: NotFound, Stale, StepRefused."""
    row = await _held(work, job_id, version, "cancel")
    await queries.step(work.conn, row.county_code, job_id, state="cancelled", beat_at=None, message=None)
    work.audited("import.cancel", "import", job_id, state=row.state)
    return await _now(work, job_id)


async def undo(work: Work, job_id: int, version: int, reason: str) -> dict[str, Any]:
    """Ask for an applied import to be taken back; what stands against it is told in `problem`. Errors: NotFound, Stale, StepRefused."""
    row = await _held(work, job_id, version, "undo")
    await _for_the_worker(work, row, "undoing", {**(row.accepted or {}), "reason": reason})
    work.audited("import.take_back", "import", job_id, reason=reason)
    return await _now(work, job_id)


async def _for_the_worker(work: Work, row: Row[Any], state: str, said: dict[str, Any]) -> None:
    """The worker does it as this person."""
    who = work.principal
    by = {"id": who.id, "name": who.name, "role": str(who.role), "department_code": who.department_code}
    await queries.step(work.conn, row.county_code, row.id, state=state, accepted={**said, "by": by}, attempts=0, beat_at=None, problem=None,
                       message=None, step=None, rows_done=0, rows_total=None)  # fmt: skip


async def _held(work: Work, job_id: int, version: int, step: str) -> Row[Any]:
    """The job, locked, in the version the caller saw and in a state that allows the step."""
    await queries.lock(work.conn, work.principal.county_code, job_id)
    row = await look(work.conn, work.principal, job_id)
    if row.version != version:
        raise Stale(f"导入 {job_id} 已是第 {row.version} 版", version=row.version, state=row.state)
    if row.state not in states.STEPS[step]:
        raise StepRefused(f"导入 {job_id} {states.LABELS[row.state]},不能{states.WORDS[step]}", state=row.state, can=states.can(row.state))
    return row


async def _now(work: Work, job_id: int) -> dict[str, Any]:
    return told(work.principal, await look(work.conn, work.principal, job_id))


def _hash(kind: str, uploads: Uploads, options: dict[str, Any]) -> str:
    """Stands until the files are read; then the delivery's own."""
    return hashlib.sha256(json.dumps([kind, [u["sha256"] for u in uploads], options], sort_keys=True).encode()).hexdigest()
