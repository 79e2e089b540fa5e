"""Corrections entered by hand, and their review: approved by someone else than the proposer, applied at once while the old value stands."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import events
from app.core.errors import BodyInvalid, Forbidden, NotFound, Stale
from app.core.work import Work
from app.imports import queries as imports
from app.imports import values
from app.imports.corrections import queries
from app.imports.corrections.fields import choices, label_of, shown, spelled, stored
from app.imports.errors import CorrectionDecided, CorrectionOutdated


async def current(conn: AsyncConnection, county: str, land_code: str) -> list[dict[str, Any]]:
    """What can be corrected of a parcel: [{field, label, value, shown, choices}]. Errors: NotFound."""
    parcel = await queries.parcel(conn, county, land_code)
    now = await queries.values_now(conn, county, [parcel]) if parcel is not None else {}
    if not now:
        raise NotFound(f"库中没有现行的宗地 {land_code}", pointer="query:land_code")
    return [
        {"field": field, "label": label_of(field), "value": value, "shown": shown(field, value), "choices": choices(field)}
        for (_, field), value in now.items()
    ]


async def propose(work: Work, land_code: str, row: dict[str, Any]) -> dict[str, Any]:
    """Put one correction (field, old, new, reason, document) up for review; one that waits for the same value is replaced.

    Errors: NotFound, BodyInvalid, CorrectionOutdated when the register says something else than `old`.
    """
    county, field = work.principal.county_code, row["field"]
    parcel = await queries.parcel(work.conn, county, land_code)
    now = await queries.values_now(work.conn, county, [parcel]) if parcel is not None else {}
    if parcel is None or not now:
        raise NotFound(f"库中没有现行的宗地 {land_code}", pointer="/land_code")
    said = {name: _spelled(field, name, row[name]) for name in ("old", "new")}
    if now[parcel, field] != said["old"]:
        raise CorrectionOutdated(f"{label_of(field)}库中现为 {shown(field, now[parcel, field])}", pointer="/old", hint="请按现值重新填写")
    if said["new"] == said["old"]:
        raise BodyInvalid("更正值与原值相同", pointer="/new")
    await queries.propose(work.conn, county, [{**row, **said, "parcel": parcel}], by=work.principal.name, import_id=None)
    number = await queries.waiting(work.conn, county, parcel, field)
    work.audited("correction.propose", "correction", number, land_code=land_code, field=field, **said, document=row["document"])
    found = await queries.one(work.conn, county, number)
    assert found is not None
    return found


def _spelled(field: str, name: str, raw: str | None) -> str | None:
    try:
        return spelled(field, raw)
    except values.Unreadable as error:
        raise BodyInvalid(f"{label_of(field)}不能是“{raw}”", pointer=f"/{name}") from error


async def decide(work: Work, number: int, version: int, *, approve: bool) -> dict[str, Any]:
    """Approve or reject. Errors: NotFound, Stale, CorrectionDecided, CorrectionOutdated, Forbidden (one's own proposal)."""
    county, by = work.principal.county_code, work.principal.name
    await imports.lock_imports(work.conn, county)
    found = await queries.one(work.conn, county, number)
    if found is None:
        raise NotFound(f"没有更正 {number}")
    if found["version"] != version:
        raise Stale(f"更正已是第 {found['version']} 版", version=found["version"])
    if found["decided_by"] is not None:
        raise CorrectionDecided(f"更正 {number} 已由 {found['decided_by']} 审核")
    if approve:
        if found["proposed_by"] == by:
            raise Forbidden("提出更正的人不能审核自己的更正")
        if found["state"] == "stale":
            raise CorrectionOutdated(f"原值应为 {found['old_value']},库中现为 {found['current_value']}")
        if found["current_value"] != found["new_value"]:
            value = stored(found["field"], found["new_value"])
            await queries.rewrite(work.conn, county, found["parcel_id"], found["field"], value)
            work.touch("parcels", "cases")
            await events.publish(work.conn, events.ParcelsChanged(county, [found["parcel_id"]]))
    await queries.decide(work.conn, county, number, state="approved" if approve else "rejected", by=by)
    work.audited(
        "correction.approve" if approve else "correction.reject", "correction", number, land_code=found["land_code"], field=found["field"],
        old=found["old_value"], new=found["new_value"],
    )  # fmt: skip
    answer = await queries.one(work.conn, county, number)
    assert answer is not None
    return answer
