"""Reading the ledger: postings with their total."""

from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import clock, pages
from app.core.errors import Forbidden, NotFound
from app.core.principal import Principal, Role
from app.core.units import m2_to_mu
from app.ledger import queries
from app.ledger.errors import MeasureUnknown
from app.ledger.openings import headline
from app.ledger.targets import calibre_of
from app.policy import Pack, pack_for

KIND_LABELS = {"acceptance": "入账", "opening": "期初结转", "reversal": "核减(冲销)", "repost": "转记", "mapping": "补图"}
STATUS_LABELS = {"mapped": "已上图", "unmapped": "未上图"}


def _body(principal: Principal, asked: str | None) -> str | None:
    """An officer reads his own body's postings. Errors: Forbidden, NotFound."""
    if principal.is_public_only:
        raise Forbidden("台账不对只读账号开放")
    if principal.role is Role.officer:
        if asked not in (None, principal.responsible_body):
            raise NotFound(f"没有责任主体 {asked}")
        return principal.responsible_body or ""
    return asked


async def postings(conn: AsyncConnection, principal: Principal, asked: dict[str, Any], *, cursor: str | None, limit: int) -> dict[str, Any]:
    """A page of one measure's postings, newest first, and n and Σ over all pages. Measures are never summed together."""
    pack = pack_for(principal.county_code, clock.today())
    measure = asked.get("measure") or headline(pack)
    if measure not in {m.key for m in pack.content.measures}:
        raise MeasureUnknown(f"没有计量口径 {measure}", pointer="query:measure")
    calibre = asked.pop("calibre", None)
    excluded = list(calibre_of(pack, calibre).excluded) if calibre else []
    body = _body(principal, asked.get("body"))
    values = {**asked, "county": principal.county_code, "measure": measure, "body": body, "excluded": excluded}
    binding = pages.bind("postings", values)
    after = pages.decode(cursor, binding) if cursor else None
    rows = await queries.postings(conn, values, after, limit + 1)
    total = await queries.postings_total(conn, values)
    shown = rows[:limit]
    more = pages.encode([shown[-1].posted_on, shown[-1].id], binding) if len(rows) > limit else None
    return {
        "measure": {"key": measure, "label": pack.measure(measure).label},
        "items": [_posting(row, pack) for row in shown],
        "total": {"n": total.n, **_amount(total)},
        "next": more,
    }


def _amount(row: Row[Any]) -> dict[str, float]:
    return {"counted_m2": float(row.counted_m2), "mu": float(m2_to_mu(row.counted_m2)), "ground_m2": float(row.ground_m2)}


def _posting(row: Row[Any], pack: Pack) -> dict[str, Any]:
    methods = {m.code: m.label for m in pack.content.methods}
    case = None if row.case_id is None else {"id": row.case_id, "code": row.case_code, "name": row.case_name}
    return {
        "id": row.id, "kind": row.kind, "kind_label": KIND_LABELS[row.kind], "posted_on": row.posted_on, "campaign": row.campaign,
        "responsible_body": row.responsible_body, "responsible_body_name": row.responsible_body_name, "method": row.method,
        "method_label": methods.get(row.method, row.method), "case": case, "opening_key": row.opening_key, "project_code": row.project_code,
        "project_name": row.project_name, "land_code": row.land_code, **_amount(row), "geometry_status": row.geometry_status,
        "geometry_label": STATUS_LABELS[row.geometry_status], "reverses_id": row.reverses_id, "firms": row.firms, "reason": row.reason,
        "document": row.document, "by": row.posted_by, "recorded_at": row.recorded_at,
    }  # fmt: skip
