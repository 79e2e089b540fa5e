"""What the worker's process does with a job: stage it (read, check, compare) or apply it. The command line takes the same way in one go."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import clock, db
from app.core.errors import NotFound, Problem
from app.core.principal import Principal, Role, system
from app.core.queue import Dropped
from app.core.work import writing
from app.imports import changes, queries, rehearsal, service
from app.imports.apply import tables_of
from app.imports.apply.parcel_classes import Acceptance
from app.imports.apply.plan import Plan
from app.imports.apply.row_diff import RowDifference
from app.imports.checks.catalogue import CATALOGUE
from app.imports.columns import Known, headers_hash
from app.imports.jobs import kept, questions
from app.imports.jobs import queries as jobs
from app.imports.kinds import kind_of
from app.imports.readers import Look
from app.imports.service import Options, Prepared

_BEFORE = {"applying": "staged", "undoing": "applied"}
"""Where a job stands again when what was asked for is refused."""
SUPPLIERS = "沿用该供件单位上次的对应"
CHANGED = "比对之后底数有变化,已重新比对,请再看一遍"


class RegisterChanged(Exception):
    """Applying would now do something else than was shown."""


async def work(county: str, job_id: int, attempt: int) -> None:
    """One attempt at a job; a refusal becomes its state. Errors: Dropped when the job is no longer ours."""
    async with db.reading() as conn:
        job = await jobs.one(conn, county, job_id)
        if job is None:
            raise NotFound(f"没有导入 {job_id}")
        remembered = {one: Known(mapping, SUPPLIERS) for one, mapping in (await jobs.remembered(conn, job)).items()}
    if job.attempts != attempt or job.state not in ("staging", *_BEFORE):
        raise Dropped
    look = Look()
    try:
        if job.state == "undoing":
            await _undo(job)
            return
        with kept.opened(county, job.uploads) as files:
            await (_stage if job.state == "staging" else _apply)(job, files, remembered, look)
    except RegisterChanged:
        await _settled(job, state="queued", attempts=0, message=CHANGED, accepted=None)
    except Problem as problem:
        if job.state == "staging":
            await _asked(job, problem, look)
        elif job.state == "applying" and "question" in problem.extra:  # what needed no answer when it was shown needs one now
            await _settled(job, state="queued", attempts=0, message=CHANGED, accepted=None)
        else:
            await _settled(job, state=_BEFORE[job.state], problem=questions.told(problem), message=problem.detail or problem.title)


async def _settled(job: Any, **values: Any) -> None:
    async with db.engine().begin() as conn:
        await jobs.settle(conn, job, **values)


async def _stage(job: Any, files: list[Path], remembered: Mapping[str, Known], look: Look) -> None:
    """Read, check, compare; the result is written in one transaction."""
    prepared = await _prepared(job, files, remembered, look, system(job.county_code, job.made_by))
    report, prepared.job.import_id = prepared.report, job.id
    plan, found = await rehearsal.rehearse(prepared)
    async with db.engine().begin() as conn:
        await jobs.clear(conn, job.county_code, job.id)
        await queries.insert_issues(conn, job.county_code, job.id, prepared.staged.issues)
        await changes.insert(conn, prepared, plan, found)
        is_ours = await jobs.settle(
            conn, job, state="staged", staged_at=clock.now(), files=report.files, counts=report.counts, questions=[], problem=None,
            issue_counts=report.issue_totals(), delivery_hash=report.delivery_hash, rows_done=len(prepared.staged),
            rows_total=len(prepared.staged), outcome_hash=changes.outcome_hash(report, plan, found),
        )  # fmt: skip
        if not is_ours:
            raise Dropped


async def _asked(job: Any, problem: Problem, look: Look) -> None:
    """Ask what somebody can decide, refuse the rest; with it stands what was found up to there."""
    files = look.as_dicts(kind_of(job.kind))
    async with db.engine().begin() as conn:
        asked = questions.of(problem, files, meridian_epsg=await jobs.meridian(conn, job.county_code))
        await jobs.clear(conn, job.county_code, job.id)
        await jobs.settle(conn, job, state="asking" if asked else "refused", questions=asked, problem=questions.told(problem), files=files)


async def _apply(job: Any, files: list[Path], remembered: Mapping[str, Known], look: Look) -> None:
    """One transaction, one audit record; the job's state is part of it."""
    person = _person(job)
    prepared = await _prepared(job, files, remembered, look, person)
    async with writing(person) as work:
        await queries.lock_imports(work.conn, job.county_code)
        plan = await service.compared(work.conn, prepared)
        if not tables_of(job.kind):
            _refuse_changed(job, prepared, plan)
        prepared.job.import_id = job.id
        shown = len(prepared.staged.issues)
        with prepared.steps.of("writing"):
            await service.write(work, prepared, plan)
        if tables_of(job.kind):
            _refuse_changed(job, prepared, plan, await rehearsal.told(work.conn, prepared))
        raised = sorted(code for code, kind in CATALOGUE.items() if (kind.stage, kind.apply, kind.stops) == ("warning", "error", "row"))
        await queries.raise_issues(work.conn, job.county_code, job.id, raised)
        await queries.insert_issues(work.conn, job.county_code, job.id, prepared.staged.issues[shown:])
        await _remember(work.conn, job, prepared)
        if not await jobs.applied(work.conn, job, prepared.report, person.name):
            raise Dropped


def _refuse_changed(job: Any, prepared: Prepared, plan: Plan, found: Sequence[RowDifference] = ()) -> None:
    """Kinds that are written to be compared are refused after the writing, which is rolled back."""
    if changes.outcome_hash(prepared.report, plan, found) != job.outcome_hash:
        raise RegisterChanged


async def _undo(job: Any) -> None:
    """The same the other way round."""
    person = _person(job)
    async with writing(person) as work:
        await service.take_back(work, job, job.accepted["reason"])
        if not await jobs.settle(work.conn, job, state="undone", undone_by=person.name, undone_at=clock.now(), problem=None, message=None):
            raise Dropped


def _person(job: Any) -> Principal:
    """Who said apply or undo."""
    by = job.accepted["by"]
    return Principal(by["id"], by["name"], Role(by["role"]), job.county_code, by["department_code"])


async def _prepared(job: Any, files: list[Path], remembered: Mapping[str, Known], look: Look, principal: Principal) -> Prepared:
    said = {name: job.options.get(name) for name in ("layer", "crs", "encoding", "family", "mapping", "axis_order", "covers")}
    left_out = {name: frozenset((job.accepted or {}).get(name, ())) for name in ("except_classes", "except_rows")}
    options = Options(
        **said,
        units=job.options.get("units") or {},
        mappings=job.options.get("mappings") or {},
        data_date=job.data_on,
        acceptance=Acceptance(**left_out),
    )
    return await service.prepare(
        files, kind=job.kind, county_code=job.county_code, options=options, principal=principal, remembered=remembered, look=look
    )


async def _remember(conn: AsyncConnection, job: Any, prepared: Prepared) -> None:
    """What somebody stated about a supplier's columns serves his next delivery."""
    if not (job.supplier and (job.options.get("mapping") or job.options.get("mappings"))):
        return
    for delivery, found in zip(prepared.staged.deliveries, prepared.staged.maps, strict=True):
        await jobs.remember(conn, job, headers_hash(str(c) for c in delivery.frame.columns), found.stated())
