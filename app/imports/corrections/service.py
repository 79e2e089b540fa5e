"""Review of corrections: approved by someone else than the proposer, and applied at once while the old value stands."""

from typing import Any

from app.core import events
from app.core.errors import Forbidden, NotFound, Stale
from app.core.work import Work
from app.imports import queries as imports
from app.imports.corrections import queries
from app.imports.corrections.fields import stored
from app.imports.errors import CorrectionDecided, CorrectionOutdated


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
