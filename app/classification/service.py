"""Use-cases: publish a run; record and revoke a 认定."""

from datetime import date
from typing import Any, Final

from app.classification import queries
from app.classification.errors import AlreadyDetermined, AlreadyRevoked, MayNotDetermine
from app.classification.explain import verdicts_of
from app.classification.runs import RunResult, run
from app.classification.schemas import DeterminationIn, RevocationIn
from app.core import clock, events
from app.core.errors import BodyInvalid, NotFound, Stale
from app.core.principal import Principal
from app.core.work import Work, writing
from app.policy import pack_for

__all__ = ["determine", "publish_run", "revoke", "run", "verdicts_of"]
STEPS: Final = {"inefficient": "determine_inefficient", "idle": "determine_idle"}


async def publish_run(county_code: str, as_of: date, principal: Principal, *, data_year: int | None = None) -> RunResult:
    """研判 the county and publish it: facts, verdicts, map, one audit record."""
    async with writing(principal) as work:
        result = await run(work.conn, county_code, as_of=as_of, data_year=data_year, principal=principal)
        work.audited(
            "classification.publish", "classification_run", result.run_id, as_of=as_of, rule_version=result.rule_version,
            changed=result.changed, input_hash=result.input_hash,
        )  # fmt: skip
        work.touch("parcels")
    return result


def _check(principal: Principal, kind: str, body: str | None, on: date) -> None:
    """Who may decide is department × matter, from the pack; MayNotDetermine otherwise."""
    step = pack_for(principal.county_code, on).step(STEPS[kind])
    if not step.allows(principal.role, principal.department_code, is_own_body=principal.sees_body(body)):
        raise MayNotDetermine(f"{step.label}由牵头部门作出", kind=kind)


def _not_later(day: date, pointer: str) -> None:
    if day > clock.today():
        raise BodyInvalid("日期晚于今天", pointer=pointer)


async def determine(work: Work, asked: DeterminationIn) -> dict[str, Any]:
    """Record 低效认定 or 闲置认定.

    Errors: NotFound, MayNotDetermine, BodyInvalid (later than today), AlreadyDetermined.
    """
    principal = work.principal
    parcel = await queries.parcel(work.conn, principal.county_code, asked.land_code)
    if parcel is None or not principal.sees_body(parcel.responsible_body):
        raise NotFound(asked.land_code)
    _check(principal, asked.kind, parcel.responsible_body, clock.today())
    _not_later(asked.decided_on, "/decided_on")
    await queries.lock_parcel(work.conn, principal.county_code, parcel.id)
    if asked.kind in await queries.determinations_of(work.conn, principal.county_code, parcel.id):
        raise AlreadyDetermined(asked.land_code, hint="先撤销原认定")
    verdict_id = await queries.standing_verdict_id(work.conn, principal.county_code, parcel.id, asked.kind)
    values = {**asked.model_dump(exclude={"land_code"}), "parcel_id": parcel.id, "verdict_id": verdict_id}
    row = await queries.determine(work.conn, principal.county_code, values)
    work.audited("determination.record", "parcel", asked.land_code, determination=row.id, **asked.model_dump(exclude={"land_code"}))
    await _published(work, parcel.id)
    answer: dict[str, Any] = await work.reply({"land_code": asked.land_code, **queries.shown(row)}, 201)
    return answer


async def revoke(work: Work, determination_id: int, version: int, asked: RevocationIn) -> dict[str, Any]:
    """End a determination by a document.

    Errors: NotFound, MayNotDetermine, Stale, AlreadyRevoked, BodyInvalid.
    """
    principal = work.principal
    found = await queries.determination(work.conn, principal.county_code, determination_id)
    if found is None or not principal.sees_body(found.responsible_body):
        raise NotFound(str(determination_id))
    _check(principal, found.kind, found.responsible_body, clock.today())
    if found.version != version:
        raise Stale(f"现为第 {found.version} 版", pointer="header:If-Match")
    if found.revoked_on is not None:
        raise AlreadyRevoked(found.revoked_document or "")
    _not_later(asked.revoked_on, "/revoked_on")
    if asked.revoked_on < found.decided_on:
        raise BodyInvalid("撤销日期早于认定日期", pointer="/revoked_on")
    row = await queries.revoke(work.conn, principal.county_code, determination_id, on=asked.revoked_on, document=asked.document)
    work.audited("determination.revoke", "parcel", found.land_code, determination=determination_id, **asked.model_dump())
    await _published(work, found.parcel_id)
    answer: dict[str, Any] = await work.reply({"land_code": found.land_code, **queries.shown(row)})
    return answer


async def _published(work: Work, parcel_id: int) -> None:
    """The map shows 认定 apart from 初判: its row of this parcel is due."""
    latest = await queries.latest_run(work.conn, work.principal.county_code)
    if latest is not None:
        await events.publish(work.conn, events.FactsPublished(work.principal.county_code, latest.id, [parcel_id]))
    work.touch("parcels")
