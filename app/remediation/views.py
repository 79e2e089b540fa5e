"""Reading cases: pages, one case with its record, the summary."""

import json
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import clock, pages
from app.core.errors import BadParameter, Forbidden, NotFound
from app.core.principal import Principal, Role
from app.core.units import m2_to_mu
from app.policy import Pack, pack_for
from app.remediation import queries
from app.remediation.service import load, missing_needs, rules_of
from app.remediation.states import CASE_STATES, STEPS, Standing, needs, next_steps
from app.remediation.summary import CaseLine, summary


def scope(principal: Principal, asked: str | None) -> str | None:
    """The body a reader is limited to. Errors: Forbidden for the public form, NotFound for another's body."""
    if principal.is_public_only:
        raise Forbidden("整治项目不对只读账号开放")
    if principal.role is Role.officer:
        if asked not in (None, principal.responsible_body):
            raise NotFound(f"没有责任主体 {asked}")
        return principal.responsible_body or ""
    return asked


def _area(m2: Any) -> dict[str, Any]:
    return {"m2": None if m2 is None else float(m2), "mu": None if m2 is None else float(m2_to_mu(m2))}


def _labels(pack: Pack) -> tuple[dict[str, str], dict[str, str]]:
    return {m.code: m.label for m in pack.content.methods}, {c.code: c.label for c in pack.content.categories}


SHOWN = (
    "id", "code", "name", "responsible_body", "responsible_body_name", "state", "category", "method", "deadline_on", "person_in_charge",
    "created_on", "state_since", "accepted_on", "version",
)  # fmt: skip


def _line(row: Row[Any], pack: Pack) -> dict[str, Any]:
    methods, categories = _labels(pack)
    line = {name: getattr(row, name) for name in SHOWN}
    line |= {"state_label": CASE_STATES[row.state], "method_label": methods.get(row.method), "category_label": categories.get(row.category)}
    today = clock.today()
    return line | {"days_in_state": (today - row.state_since).days, "is_overdue": bool(row.deadline_on and row.deadline_on < today)}


async def page(
    conn: AsyncConnection, principal: Principal, *, state: str | None, body: str | None, parcel: str | None, cursor: str | None, limit: int
) -> dict[str, Any]:
    """A page of cases, newest first."""
    if state is not None and state not in CASE_STATES:
        raise BadParameter(f"没有状态 {state}", pointer="query:state", hint="、".join(CASE_STATES))
    binding = pages.bind("cases", principal.county_code, scope(principal, body), state, parcel)
    after = pages.decode(cursor, binding) if cursor else None
    asked = {"body": scope(principal, body), "state": state, "land_code": parcel, "after": after, "limit": limit + 1}
    rows = await queries.list_cases(conn, principal.county_code, asked)
    pack = pack_for(principal.county_code, clock.today())
    items = [_line(r, pack) | {"n_parcels": r.n_parcels, "n_enterprises": r.n_enterprises, **_area(r.area_m2)} for r in rows[:limit]]
    return {"items": items, "next": pages.encode(items[-1]["id"], binding) if len(rows) > limit else None}


async def one(conn: AsyncConnection, principal: Principal, reference: str) -> dict[str, Any]:
    """A case with parcels, enterprises, 办理记录, evidence and the steps open to this reader."""
    scope(principal, None)
    county = principal.county_code
    case = await load(conn, principal, reference)
    pack = pack_for(county, clock.today())
    parcels = await queries.case_parcels(conn, county, case.id)
    files = await queries.evidence(conn, county, case.id)
    standing = Standing(case.state, case.responsible_body, await queries.takers(conn, county, case.id))
    rules = rules_of(pack)
    steps = [
        {"step": s.key, "label": s.label, "to": s.target,
         "needs": missing_needs(needs(s, rules[s.key]), dict(case._mapping), None, has_evidence=bool(files))}
        for s in next_steps(principal, rules, standing)
    ]  # fmt: skip
    return {
        **_line(case, pack),
        "campaign": case.campaign,
        "list_kind": case.list_kind,
        "plan_text": case.plan_text,
        "parcels": [_parcel(p) for p in parcels],
        "claimed": _area(sum((p.claimed_m2 for p in parcels if p.claimed_m2 is not None), start=0) or None),
        "accepted": _area(sum(p.accepted_m2 for p in parcels) if all(p.accepted_m2 is not None for p in parcels) else None),
        "enterprises": [{"uscc": e.uscc, "name": e.name} for e in await queries.enterprises(conn, county, case.id)],
        "events": [_event(e) for e in await queries.events(conn, county, case.id)],
        "evidence": [_file(f, case.id) for f in files],
        "next_steps": steps,
    }


def _parcel(row: Row[Any]) -> dict[str, Any]:
    claimed, accepted, used = _area(row.claimed_m2), _area(row.accepted_m2), _area(row.used_m2)
    return {
        "land_code": row.land_code, "cadastral_code": row.cadastral_code, "name": row.name, "location": row.location,
        "is_part": row.part is not None, "part": json.loads(row.part_geojson) if row.part_geojson else None,
        "area_used_m2": used["m2"], "area_used_mu": used["mu"], "claimed_m2": claimed["m2"], "claimed_mu": claimed["mu"],
        "accepted_m2": accepted["m2"], "accepted_mu": accepted["mu"],
    }  # fmt: skip


def _event(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id, "step": row.step, "label": STEPS[row.step].label if row.step in STEPS else row.step, "from_state": row.from_state,
        "to_state": row.to_state, "actor_name": row.actor_name, "actor_role": row.actor_role, "department_code": row.department_code,
        "reason": row.reason, "document": row.document, "detail": row.detail, "happened_on": row.happened_on,
        "recorded_at": row.recorded_at,
    }  # fmt: skip


def _file(row: Row[Any], case_id: int) -> dict[str, Any]:
    return {
        "id": row.id, "sha256": row.sha256, "filename": row.filename, "media_type": row.media_type, "size_bytes": row.size_bytes,
        "kind": row.kind, "lon": None if row.lon is None else float(row.lon), "lat": None if row.lat is None else float(row.lat),
        "coord_source": row.coord_source, "uploaded_at": row.uploaded_at, "url": f"/api/cases/{case_id}/evidence/{row.sha256}",
    }  # fmt: skip


async def file(conn: AsyncConnection, principal: Principal, reference: str, sha256: str) -> Row[Any]:
    """One evidence record of a case the reader may see. Errors: NotFound."""
    scope(principal, None)
    case = await load(conn, principal, reference)
    for row in await queries.evidence(conn, principal.county_code, case.id):
        if row.sha256 == sha256:
            return row
    raise NotFound(f"没有佐证材料 {sha256}")


async def held(conn: AsyncConnection, principal: Principal) -> dict[str, Any]:
    """The summary 已报未验 of the county, or of the officer's body."""
    body, today = scope(principal, None), clock.today()
    fields = CaseLine.__dataclass_fields__
    rows = await queries.summary(conn, principal.county_code, body=body, as_of=today)
    lines = [CaseLine(**{name: getattr(row, name) for name in fields}) for row in rows]
    pack = pack_for(principal.county_code, today)
    return summary(lines, today, lambda state: _holder(pack, state))


FORWARD = {
    "listed": "assign", "assigned": "plan", "planned": "remediate", "rectifying": "submit", "remediating": "submit", "returned": "submit",
    "submitted": "accept", "accepted": "delist",
}  # fmt: skip
"""The step a state waits for."""


def _holder(pack: Pack, state: str) -> str | None:
    """责任单位 in whose hands a state is: departments of the step it waits for, or the responsible body itself."""
    if state not in FORWARD:
        return None
    names = {d.code: d.name for d in pack.content.departments}
    lines = pack.step(FORWARD[state]).who
    found = ["责任主体" if line.scope == "body" else "、".join(names[d] for d in line.departments or []) for line in lines]
    return "、".join(dict.fromkeys(name for name in found if name)) or None
