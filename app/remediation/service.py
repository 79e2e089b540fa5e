"""Use-cases of 整治项目: list a case, take a step, add evidence. Load → rule → write → say so; never commits."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import shapely
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import clock, events
from app.core.errors import NotFound, Stale
from app.core.files import Upload
from app.core.principal import Principal, Role
from app.core.work import Work
from app.policy import Pack, pack_for
from app.remediation import evidence, queries
from app.remediation.errors import (
    AreaExceeded,
    CaseClosed,
    OtherBody,
    ParcelInOpenCase,
    ReferenceUnknown,
    SamePerson,
    StepForbidden,
    StepNeeds,
    StepState,
)
from app.remediation.rules import Area, area_of, part_of, planar
from app.remediation.schemas import CaseIn, Detail, EvidenceIn, ParcelIn, TransitionIn
from app.remediation.states import CASE_STATES, CLOSED, NEEDS, STEPS, Standing, Step, StepRule, needs, refusal

CARRIED = ("plan_text", "method", "category", "deadline_on", "person_in_charge")
"""What a step may write into the case itself."""


def rules_of(pack: Pack) -> dict[str, StepRule]:
    """The pack's rows for the steps of this room."""
    return {step.name: step for step in pack.content.steps if step.name in STEPS}


async def load(conn: AsyncConnection, principal: Principal, reference: str) -> Row[Any]:
    """A case the principal may see. Errors: NotFound, also when it is another body's."""
    case = await queries.find(conn, principal.county_code, reference)
    if case is None or not principal.sees_body(case.responsible_body):
        raise NotFound(f"没有整治项目 {reference}")
    return case


def allow(principal: Principal, step: Step, rule: StepRule | None, case: Standing) -> None:
    """Errors: StepForbidden, SamePerson, StepState."""
    match refusal(principal, step, rule, case):
        case "forbidden":
            raise StepForbidden(f"{step.label}: 须由政策包规定的部门和角色办理", step=step.key)
        case "same_person":
            raise SamePerson(f"{step.label}: 不得由申请人本人办理", step=step.key)
        case "state":
            now = CASE_STATES.get(case.state or "", "未入库")
            sources = "、".join(CASE_STATES[key] for key in step.sources)
            raise StepState(f"{now} 不能{step.label}", step=step.key, state=case.state, hint=f"可从: {sources}")


# --- 入库 ---------------------------------------------------------------------------------------------------------


async def create(work: Work, asked: CaseIn) -> dict[str, Any]:
    """Enter a case into the register. Errors: StepForbidden, ReferenceUnknown, OtherBody, ParcelInOpenCase, AreaExceeded, PartInvalid."""
    principal, conn, today = work.principal, work.conn, clock.today()
    pack = pack_for(principal.county_code, today)
    if not principal.sees_body(asked.responsible_body) or not await queries.has_body(conn, principal.county_code, asked.responsible_body):
        raise NotFound(f"没有责任主体 {asked.responsible_body}")
    allow(principal, STEPS["list"], rules_of(pack).get("list"), Standing(None, asked.responsible_body))
    _known_codes(pack, asked.category, asked.method)
    parcels = await _parcels(conn, principal, asked)
    number = await queries.next_number(conn, principal.county_code)
    case_id, code = int(principal.county_code) * 1_000_000_000 + number, f"ZZ-{today.year}-{number:06d}"
    row = {"id": case_id, "code": code, "county_code": principal.county_code, "state": "listed", "campaign": pack.campaign().code}
    row |= {name: getattr(asked, name) for name in ("name", "responsible_body", "category", "method", "deadline_on", "person_in_charge")}
    await queries.insert_case(conn, row | {"created_on": today, "state_since": today, "version": 1})
    for parcel_id, part, claimed in parcels:
        await queries.add_parcel(conn, principal.county_code, case_id, parcel_id, part=part, claimed_m2=claimed)
    await _enterprises(conn, principal.county_code, case_id, asked.enterprises)
    detail = {"parcels": [p.land_code for p in asked.parcels], "enterprises": asked.enterprises}
    await _record(work, case_id, STEPS["list"], None, TransitionIn(step="list"), detail)
    work.audited("case.list", "case", case_id, code=code, body=asked.responsible_body, **detail)
    _changed(work, case_id, [p[0] for p in parcels])
    return await work.reply({"id": case_id, "code": code, "state": "listed", "version": 1}, 201)


def _known_codes(pack: Pack, category: str | None, method: str | None) -> None:
    known = {"category": (category, {c.code for c in pack.content.categories}), "method": (method, {m.code for m in pack.content.methods})}
    for name, (value, codes) in known.items():
        if value is not None and value not in codes:
            raise ReferenceUnknown(f"{NEEDS[name]} {value} 不在政策包中", pointer=f"/{name}", hint="可用: " + "、".join(sorted(codes)))


async def _parcels(conn: AsyncConnection, principal: Principal, asked: CaseIn) -> list[tuple[int, bytes | None, Decimal | None]]:
    """(parcel id, drawn part, claimed area) of each parcel, checked against the register."""
    codes = [p.land_code for p in asked.parcels]
    if repeated := {c for c in codes if codes.count(c) > 1}:
        raise ReferenceUnknown(f"地块重复: {'、'.join(sorted(repeated))}", pointer="/parcels")
    found = {row.land_code: row for row in await queries.register_parcels(conn, principal.county_code, codes)}
    for number, code in enumerate(codes):
        if code not in found:
            raise ReferenceUnknown(f"没有现势地块 {code}", pointer=f"/parcels/{number}/land_code")
        if found[code].responsible_body != asked.responsible_body:
            raise OtherBody(f"地块 {code} 的责任主体不是 {asked.responsible_body}", pointer=f"/parcels/{number}/land_code")
    held = await queries.open_cases_of(conn, principal.county_code, [row.id for row in found.values()], CLOSED)
    if held:
        raise ParcelInOpenCase("; ".join(f"{h.land_code} 在 {h.code}" for h in held[:5]), pointer="/parcels", cases=[h.code for h in held])
    epsg = await queries.county(conn, principal.county_code)
    return [_parcel(found[p.land_code], p, epsg, f"/parcels/{n}") for n, p in enumerate(asked.parcels)]


def _parcel(row: Row[Any], asked: ParcelIn, epsg: int, pointer: str) -> tuple[int, bytes | None, Decimal | None]:
    part = None
    if asked.part is not None:
        part = part_of(json.dumps(asked.part), shapely.from_wkb(row.geom), epsg, pointer=f"{pointer}/part")
    area = area_of(row.used_m2, row.planar_m2, None if part is None else planar(part, epsg))
    if asked.claimed_m2 is not None and asked.claimed_m2 > area.limit_m2:
        raise _too_large(row.land_code, asked.claimed_m2, area, f"{pointer}/claimed_m2")
    claimed = asked.claimed_m2 if asked.claimed_m2 is not None or part is None else area.used_m2
    return row.id, None if part is None else shapely.to_wkb(part), claimed


def _too_large(land_code: str, given: Decimal, area: Area, pointer: str) -> AreaExceeded:
    return AreaExceeded(f"地块 {land_code}: {given} ㎡ 超过 {area.limit_m2} ㎡", pointer=pointer, limit_m2=float(area.limit_m2))


async def _enterprises(conn: AsyncConnection, county_code: str, case_id: int, usccs: list[str]) -> None:
    known = await queries.enterprise_ids(conn, county_code, usccs)
    for number, uscc in enumerate(dict.fromkeys(usccs)):
        if uscc not in known:
            raise ReferenceUnknown(f"没有企业 {uscc}", pointer=f"/enterprises/{number}")
        await queries.add_enterprise(conn, county_code, case_id, known[uscc])


# --- steps --------------------------------------------------------------------------------------------------------


async def transition(work: Work, reference: str, version: int, asked: TransitionIn) -> dict[str, Any]:
    """Take one step. Errors: NotFound, Stale, StepForbidden, SamePerson, StepState, StepNeeds, AreaExceeded, ReferenceUnknown."""
    principal, conn, today = work.principal, work.conn, clock.today()
    case = await load(conn, principal, reference)
    pack = pack_for(principal.county_code, today)
    step, rule = STEPS[asked.step], rules_of(pack).get(asked.step)
    takers = await queries.takers(conn, principal.county_code, case.id)
    may = refusal(principal, step, rule, Standing(case.state, case.responsible_body, takers))
    if may == "state" and case.version != version:
        raise Stale(f"项目已是第 {case.version} 版", version=case.version)
    allow(principal, step, rule, Standing(case.state, case.responsible_body, takers))
    _known_codes(pack, asked.detail.category, asked.detail.method)
    changed = {name: value for name in CARRIED if (value := getattr(asked.detail, name)) is not None}
    changed |= {"state": step.target, "state_since": today} | _marks(step, principal, today)
    if not await queries.update_case(conn, principal.county_code, case.id, version, changed):
        raise Stale(f"项目已是第 {case.version} 版", version=case.version)
    parcels = await queries.case_parcels(conn, principal.county_code, case.id)
    areas = await _areas(conn, principal.county_code, step, parcels, asked.detail)
    asked_for = needs(step, rule)
    has_evidence = "evidence" in asked_for and bool(await queries.evidence(conn, principal.county_code, case.id))
    missing = missing_needs(asked_for, {**case._mapping, **changed}, asked, has_evidence=has_evidence)
    if missing:
        raise StepNeeds(f"{step.label}还缺: " + "、".join(NEEDS.get(n, n) for n in missing), missing=missing, pointer=_pointer(missing[0]))
    detail = {**asked.detail.model_dump(mode="json", exclude_none=True, exclude_defaults=True), **areas}
    event_id = await _record(work, case.id, step, case.state, asked, detail)
    said = {"reason": asked.reason, "document": asked.document, **detail}
    work.audited(f"case.{step.key}", "case", case.id, code=case.code, to=step.target, **said)
    await _announce(work, step, case.id, event_id, asked)
    _changed(work, case.id, [p.parcel_id for p in parcels])
    return await work.reply({"id": case.id, "code": case.code, "state": step.target, "version": version + 1})


def _marks(step: Step, principal: Principal, today: Any) -> dict[str, Any]:
    """Columns that a step sets by itself."""
    if step.key == "submit":
        return {"submitted_by": principal.id}
    return {"accepted_on": today} if step.key == "accept" else {}


def _pointer(need: str) -> str:
    return f"/{need}" if need in ("reason", "document") else f"/detail/{need}"


def missing_needs(asked_for: tuple[str, ...], case: Mapping[str, Any], asked: TransitionIn | None, *, has_evidence: bool) -> list[str]:
    """What the step asks for and neither the case nor the request has; areas have defaults and are never missing."""
    given = {"claimed", "accepted"} | ({"evidence"} if has_evidence else set())
    given |= {name for name in CARRIED if case.get(name) is not None}
    if asked is not None:
        given |= {name for name in ("reason", "document") if getattr(asked, name)} | ({"opinion"} if asked.detail.opinion else set())
    return [need for need in asked_for if need not in given]


async def _areas(conn: AsyncConnection, county_code: str, step: Step, parcels: queries.Rows, detail: Detail) -> dict[str, Any]:
    """Write claimed (submit) or accepted (accept) areas: given, else kept or claimed, else the parcel's own. Returns what was written."""
    column = {"submit": "claimed_m2", "accept": "accepted_m2"}.get(step.key)
    given = {row.land_code: row.claimed_m2 for row in detail.claimed} | {row.land_code: row.accepted_m2 for row in detail.accepted}
    name = "claimed" if column == "claimed_m2" else "accepted"
    if unknown := given.keys() - {p.land_code for p in parcels}:
        raise ReferenceUnknown(f"不是本项目的地块: {'、'.join(sorted(unknown))}", pointer=f"/detail/{name}")
    if column is None:
        return {}
    epsg = await queries.county(conn, county_code) if any(parcel.part is not None for parcel in parcels) else 0
    written = []
    for parcel in parcels:
        area = area_of(parcel.used_m2, parcel.planar_m2, None if parcel.part is None else planar(shapely.from_wkb(parcel.part), epsg))
        value = given.get(parcel.land_code)
        if value is None:
            value = parcel.claimed_m2 if parcel.claimed_m2 is not None else area.used_m2
        if value > area.limit_m2:
            raise _too_large(parcel.land_code, value, area, f"/detail/{name}")
        await queries.set_area(conn, county_code, parcel.id, column, value)
        written.append({"land_code": parcel.land_code, column: value})
    return {name: written}


async def _record(work: Work, case_id: int, step: Step, before: str | None, asked: TransitionIn, detail: Mapping[str, Any]) -> int:
    who = work.principal
    return await queries.add_event(
        work.conn,
        {
            "county_code": who.county_code, "case_id": case_id, "step": step.key, "from_state": before, "to_state": step.target,
            "actor_id": who.id, "actor_name": who.name, "actor_role": who.role, "department_code": who.department_code,
            "reason": asked.reason, "document": asked.document, "detail": detail, "happened_on": clock.today(),
        },
    )  # fmt: skip


async def _announce(work: Work, step: Step, case_id: int, event_id: int, asked: TransitionIn) -> None:
    """Tell the ledger of an acceptance or its reversal, in this transaction."""
    county, who, today = work.principal.county_code, work.principal.name, clock.today()
    if step.key == "accept":
        work.touch("freed-land")
        await events.publish(work.conn, events.CaseAccepted(county, case_id, event_id, today, who))
    if step.key == "reverse":
        work.touch("freed-land")
        reason, document = asked.reason or "", asked.document or ""
        await events.publish(work.conn, events.AcceptanceReversed(county, case_id, event_id, today, reason, document, who))


def _changed(work: Work, case_id: int, parcel_ids: list[int]) -> None:
    work.touch("cases", "parcels")
    work.tell(events.CaseChanged(work.principal.county_code, case_id, parcel_ids))


# --- evidence -----------------------------------------------------------------------------------------------------


async def add_evidence(work: Work, reference: str, upload: Upload, said: EvidenceIn) -> dict[str, Any]:
    """Store a file and name it in the case. Errors: NotFound, CaseClosed, StepForbidden, EvidenceType, EvidenceTooLarge."""
    principal = work.principal
    case = await load(work.conn, principal, reference)
    if principal.role not in (Role.officer, Role.acceptor, Role.planner, Role.reviewer):
        raise StepForbidden("佐证材料由专管员和办理部门上传")
    if case.state in CLOSED:
        raise CaseClosed(f"{CASE_STATES[case.state]}的项目不再接收佐证材料")
    stored = await evidence.store(upload)
    row = {"county_code": principal.county_code, "case_id": case.id, "uploaded_by": principal.id, **stored.__dict__, **said.model_dump()}
    number = await queries.add_evidence(work.conn, row)
    work.audited("case.evidence", "case", case.id, code=case.code, sha256=stored.sha256, filename=said.filename)
    answer = {"id": number, "sha256": stored.sha256, "media_type": stored.media_type, "size_bytes": stored.size_bytes, "kind": said.kind}
    return await work.reply(answer | {"filename": said.filename, "url": f"/api/cases/{case.id}/evidence/{stored.sha256}"}, 201)
