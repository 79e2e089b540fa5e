"""Import a delivery: read, check, apply. One transaction with one audit record; all or nothing."""

import asyncio
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import Any, get_args

from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import clock, db
from app.core.errors import NotFound
from app.core.principal import Principal
from app.core.work import Work, writing
from app.imports import context, queries, standing
from app.imports.apply import Applied, handler_of, images, tables_of, undo
from app.imports.apply.parcel_classes import Acceptance
from app.imports.apply.plan import Job, Plan
from app.imports.checks.catalogue import CATALOGUE, at_apply, unexplained
from app.imports.checks.issue import Issue
from app.imports.checks.tables import check_data_dates
from app.imports.columns import Known, Stated
from app.imports.data_day import data_day
from app.imports.errors import DeliveryStopped, MappingInvalid
from app.imports.kinds import Kind, kind_of
from app.imports.readers import Look, ReadOptions, container
from app.imports.readers.base import AxisOrder, Place, sha256_of
from app.imports.report import ImportReport
from app.imports.stage import Staged, stage
from app.imports.steps import Steps

BY_HEADERS = "按这组表头指定的对应"


@dataclass(frozen=True)
class Options:
    """What the user states beside the files."""

    layer: str | None = None
    crs: str | None = None
    encoding: str | None = None
    mapping: Stated | None = None
    family: str | None = None
    data_date: date | None = None
    acceptance: Acceptance = field(default_factory=Acceptance)
    axis_order: AxisOrder | None = None
    units: Mapping[str, str] = field(default_factory=dict)
    covers: str | None = None
    """Parcels: towns that the delivery is whole for: all that it names, none, or codes."""
    mappings: Mapping[str, Stated] = field(default_factory=dict)
    """Hash of a file's headers → how they are to be understood: of a manifest that is replayed, or one of several files."""

    def said(self) -> dict[str, Any]:
        """What was stated of reading, as the import keeps it."""
        named = {one.name for one in fields(self)} - {"data_date", "acceptance"}
        return {name: value for name in sorted(named) if (value := getattr(self, name))}

    def reading(self, kind: Kind, place: Place | None = None) -> ReadOptions:
        return ReadOptions(
            layer=self.layer, crs=self.crs, encoding=self.encoding, axis_order=self.axis_order, units=self.units,
            layer_is_label=kind.name == "lists", place=place or Place(),
        )  # fmt: skip


def axis_order_of(said: str | None) -> AxisOrder | None:
    """The axis order as people type it."""
    if said is None:
        return None
    found = next((order for order in get_args(AxisOrder) if order == said), None)
    if found is None:
        raise MappingInvalid(f"没有坐标次序 {said}", hint="可选:" + "、".join(get_args(AxisOrder)))
    return found


@dataclass
class Prepared:
    """A delivery that is read: its rows, where it goes, what is said of it."""

    staged: Staged
    job: Job
    report: ImportReport
    steps: Steps
    look: Look


async def prepare(
    files: Sequence[Path], *, kind: str, county_code: str, options: Options, principal: Principal, dry_run: bool = False,
    remembered: Mapping[str, Known] | None = None, steps: Steps | None = None, look: Look | None = None,
) -> Prepared:  # fmt: skip
    """Read the files of one delivery; `look` holds what was found, whatever ends it. Errors: Problems of app/imports/errors.py."""
    wanted, steps, look = kind_of(kind), steps or Steps(), Look() if look is None else look
    data_on = data_day(options.data_date)
    known = {**(remembered or {}), **{one: Known(mapping, BY_HEADERS, wins=True) for one, mapping in options.mappings.items()}}
    async with db.reading() as conn:
        reading = options.reading(wanted, await context.place(conn, county_code))
    with steps.of("reading"):
        staged = await asyncio.to_thread(
            stage, files, wanted, options=reading, data_on=data_on, mapping=options.mapping, remembered=known, look=look
        )
    check_data_dates(staged, clock.today())
    if wanted.name == "parcels":
        async with db.reading() as conn:
            await standing.compare(conn, county_code, staged.deliveries, stated=options.crs is not None)
    job = Job(county_code, data_on, principal, options.family, options.layer, options.covers, acceptance=options.acceptance)
    return Prepared(staged, job, _report(staged, job, look, dry_run=dry_run, options=options), steps, look)


async def compared(conn: AsyncConnection, prepared: Prepared) -> Plan:
    """All checks that need the register; what would be written. The report is told, each fault once."""
    report = prepared.report
    with prepared.steps.of("checking"):
        county = await context.load(conn, prepared.job.county, on=prepared.job.data_on)
        plan = await handler_of(prepared.staged.kind.name)(conn, prepared.staged, county, prepared.job)
        prepared.staged.issues[:] = unexplained(prepared.staged.issues)
    report.counts |= plan.counts
    report.files = prepared.look.as_dicts(prepared.staged.kind)
    report.issues, report.differences, report.seconds = prepared.staged.issues, plan.differences, prepared.steps.seconds
    return plan


async def write(work: Work, prepared: Prepared, plan: Plan) -> None:
    """Write what was compared, for the import of `prepared.job`, and say so in the audit record; issues become those of this moment.

    Errors: DeliveryStopped, with the issues that stop it.
    """
    report, job, issues = prepared.report, prepared.job, prepared.staged.issues
    report.import_id = job.import_id
    _refuse_stopped(issues)
    async with images.kept(work.conn, job.county, job.import_id, tables_of(report.kind)):
        await plan.write(work)
    issues[:] = [at_apply(found) for found in issues]
    work.audited(
        "import.apply", "import", job.import_id, kind=report.kind, data_on=job.data_on, delivery_hash=report.delivery_hash,
        files=[f["name"] for f in report.files], counts=report.counts, issues=report.issue_counts,
    )  # fmt: skip


def _refuse_stopped(issues: Sequence[Issue]) -> None:
    stopping = [one for one in map(at_apply, issues) if one.severity == "error" and CATALOGUE[one.code].stops == "delivery"]
    if stopping:
        first = stopping[0]
        where = f"{first.file} 第 {first.row} 行" if first.row else first.file
        raise DeliveryStopped(
            f"{CATALOGUE[first.code].message} {len(stopping)} 处,例如 {where}:{first.value}", hint=first.hint, issue=first.code
        )


async def import_files(
    files: Sequence[Path], *, kind: str, county_code: str, options: Options, principal: Principal, dry_run: bool = False,
    steps: Steps | None = None, look: Look | None = None,
) -> ImportReport:  # fmt: skip
    """Import the files of one delivery. A dry run reads and checks the same and writes nothing.

    Errors: Problems of app/imports/errors.py; a bad row is an issue in the report, never an exception.
    """
    prepared = await prepare(
        files, kind=kind, county_code=county_code, options=options, principal=principal, dry_run=dry_run, steps=steps, look=look
    )
    if dry_run:
        async with db.reading() as conn:
            await compared(conn, prepared)
        return prepared.report
    async with writing(principal) as work:
        await queries.lock_imports(work.conn, county_code)
        plan = await compared(work.conn, prepared)
        uploads = await asyncio.to_thread(uploads_of, files, prepared.report)
        prepared.job.import_id = await queries.insert_job(work.conn, prepared.report, uploads, options.said(), by=principal.name)
        with prepared.steps.of("writing"):
            await write(work, prepared, plan)
            await queries.insert_issues(work.conn, county_code, prepared.job.import_id, prepared.staged.issues)
    return prepared.report


def uploads_of(files: Sequence[Path], report: ImportReport | None = None) -> list[dict[str, Any]]:
    """The files by name, content and size: what a manifest is held against. A hash that the report tells is not made again."""
    known = {} if report is None else {file["name"]: file["sha256"] for file in report.files}
    parts = [(path, part) for path in files for part in container.parts_of(path)]
    return [
        {"name": part.name, "sha256": (known.get(path.name) if part == path else None) or sha256_of([part]), "size": part.stat().st_size}
        for path, part in parts
    ]


async def take_back(work: Work, job: Any, reason: str) -> dict[str, int]:
    """Undo what an import (its row) applied, in the caller's transaction, and say so. Errors: UndoRefused with what stands against it."""
    await queries.lock_imports(work.conn, job.county_code)
    counts = await undo(work, job.kind, Applied(job.county_code, job.id, job.applied_at), reason)
    work.audited("import.undo", "import", job.id, kind=job.kind, reason=reason, counts=counts)
    return counts


async def undo_import(import_id: int, *, county_code: str, reason: str, principal: Principal) -> dict[str, int]:
    """Take an applied import back; returns what was put back, counted. Errors: NotFound, UndoRefused with what stands against it."""
    async with writing(principal) as work:
        job = await queries.applied_job(work.conn, county_code, import_id)
        if job is None:
            raise NotFound(f"没有已入库的导入 {import_id}")
        counts = await take_back(work, job, reason)
        await queries.undone(work.conn, county_code, import_id, by=principal.name)
    return counts


def _report(staged: Staged, job: Job, look: Look, *, dry_run: bool, options: Options) -> ImportReport:
    files = look.as_dicts(staged.kind)
    return ImportReport(
        kind=staged.kind.name, county_code=job.county, data_on=job.data_on, dry_run=dry_run, files=files, counts={"rows": len(staged)},
        issues=staged.issues, delivery_hash=delivery_hash([d.sha256 for d in staged.deliveries], staged.kind.name, job.data_on, options),
    )  # fmt: skip


def delivery_hash(hashes: Sequence[str], kind: str, data_on: date, options: Options) -> str:
    """SHA-256 over the files' hashes, kind, day and options: the same delivery has the same one."""
    stated: list[Any] = [options.layer, options.crs, options.encoding, options.family, options.mapping]
    # Added only where stated, so that the hash of an earlier delivery stays what it was.
    stated += [{"axis_order": options.axis_order, "units": dict(options.units)}] if options.axis_order or options.units else []
    stated += [{"covers": options.covers}] if options.covers else []
    left_out = [sorted(options.acceptance.except_classes), sorted(options.acceptance.except_rows)]
    said = [list(hashes), kind, data_on.isoformat(), stated, *(left_out if any(left_out) else [])]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
