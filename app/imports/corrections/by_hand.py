"""`yima corrections`: the same use-cases as over HTTP."""

from typing import Any

from app.core import clock, db
from app.core.principal import Principal
from app.core.work import writing
from app.imports.corrections import queries, service
from app.imports.corrections.fields import STATES, label_of, shown


async def listed(county: str, state: str | None, limit: int) -> list[str]:
    """Corrections in lines, newest first."""
    async with db.reading() as conn:
        return [line(row) for row in await queries.listed(conn, county, state=state, before=None, limit=limit)]


async def decide(principal: Principal, number: int, *, approve: bool) -> str:
    """Approve or reject what stands there now. Errors: those of service.decide."""
    async with writing(principal) as work:
        found = await queries.one(work.conn, principal.county_code, number)
        return line(await service.decide(work, number, found["version"] if found else 0, approve=approve))


def line(row: dict[str, Any]) -> str:
    """A correction in one line."""
    old, new, current = (shown(row["field"], row[f"{name}_value"]) for name in ("old", "new", "current"))
    decided = f"  审核 {row['decided_by']} {clock.told(row['decided_at'])}" if row["decided_by"] else ""
    why = row["reason"] + (f" ({row['document']})" if row["document"] else "")
    return (
        f"{row['id']}\t{STATES[row['state']]}\t{row['land_code']}\t{label_of(row['field'])}: {old} → {new} (现值 {current})\t{why}"
        f"\t提出 {row['proposed_by']} {clock.told(row['proposed_at'])}{decided}"
    )
