"""Import a delivery: read, check, apply. One transaction with one audit record; all or nothing."""

import asyncio
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import clock, db
from app.core.principal import Principal
from app.core.work import writing
from app.imports import context, queries
from app.imports.apply import handler_of
from app.imports.apply.plan import Job
from app.imports.kinds import Kind, kind_of
from app.imports.readers import ReadOptions
from app.imports.report import ImportReport
from app.imports.stage import Staged, stage


@dataclass(frozen=True)
class Options:
    """What the user states beside the files."""

    layer: str | None = None
    crs: str | None = None
    encoding: str | None = None
    mapping: Path | None = None
    family: str | None = None
    data_date: date | None = None

    def reading(self, kind: Kind) -> ReadOptions:
        return ReadOptions(layer=self.layer, crs=self.crs, encoding=self.encoding, layer_is_label=kind.name == "lists")


async def import_files(
    files: Sequence[Path], *, kind: str, county_code: str, options: Options, principal: Principal, dry_run: bool = False
) -> ImportReport:
    """Import the files of one delivery. A dry run reads and checks the same and writes nothing.

    Errors: Problems of app/imports/errors.py; a bad row is an issue in the report, never an exception.
    """
    wanted = kind_of(kind)
    data_on = options.data_date or clock.today()
    staged = await asyncio.to_thread(stage, files, wanted, options=options.reading(wanted), data_on=data_on, mapping=options.mapping)
    job = Job(county_code, data_on, principal, options.family, options.layer)
    report = _report(staged, job, dry_run=dry_run, options=options)
    if dry_run:
        async with db.reading() as conn:
            plan = await _plan(conn, staged, job)
        report.counts |= plan.counts
    else:
        async with writing(principal) as work:
            await queries.lock_imports(work.conn, county_code)
            plan = await _plan(work.conn, staged, job)
            report.counts |= plan.counts
            report.import_id = job.import_id = await queries.insert_job(work.conn, report, by=principal.name)
            await plan.write(work)
            await queries.insert_issues(work.conn, county_code, job.import_id, staged.issues)
            work.audited(
                "import.apply", "import", job.import_id, kind=kind, data_on=data_on, delivery_hash=report.delivery_hash,
                files=[f["name"] for f in report.files], counts=report.counts, issues=report.issue_counts,
            )  # fmt: skip
    report.issues = staged.issues
    return report


async def _plan(conn: AsyncConnection, staged: Staged, job: Job) -> Any:
    """All checks that need the register; what would be written."""
    county = await context.load(conn, job.county, on=job.data_on)
    return await handler_of(staged.kind.name)(conn, staged, county, job)


def _report(staged: Staged, job: Job, *, dry_run: bool, options: Options) -> ImportReport:
    files = [
        {"name": d.file, "sha256": d.sha256, "rows": len(d.frame), **d.detected.as_dict(), "mapping": m.as_dict()}
        for d, m in zip(staged.deliveries, staged.maps, strict=True)
    ]
    return ImportReport(
        kind=staged.kind.name, county_code=job.county, data_on=job.data_on, dry_run=dry_run, files=files, counts={"rows": len(staged)},
        issues=staged.issues, delivery_hash=delivery_hash([d.sha256 for d in staged.deliveries], staged.kind.name, job.data_on, options),
    )  # fmt: skip


def delivery_hash(hashes: Sequence[str], kind: str, data_on: date, options: Options) -> str:
    """SHA-256 over the files' hashes, kind, day and options: the same delivery has the same one."""
    stated = [options.layer, options.crs, options.encoding, options.family, options.mapping.read_text("utf-8") if options.mapping else None]
    return hashlib.sha256(json.dumps([list(hashes), kind, data_on.isoformat(), stated]).encode()).hexdigest()
