"""供件质量: issues per 1,000 rows by supplier and kind, and how they went from delivery to delivery."""

from decimal import Decimal
from itertools import groupby
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.db import text
from app.core.units import half_up
from app.imports.kinds import KINDS

_SHOWN = 12
_READ = """
SELECT id, supplier, kind, data_on, state, made_at, coalesce((counts ->> 'rows')::bigint, 0) AS rows, found.errors, found.warnings
FROM import_job
CROSS JOIN LATERAL (
    SELECT coalesce(sum((i ->> 'count')::bigint) FILTER (WHERE i ->> 'severity' = 'error'), 0)::bigint AS errors,
           coalesce(sum((i ->> 'count')::bigint) FILTER (WHERE i ->> 'severity' = 'warning'), 0)::bigint AS warnings
    FROM jsonb_array_elements(issue_counts) i
) found
WHERE county_code = :c AND supplier IS NOT NULL AND counts ? 'rows'
ORDER BY supplier, kind, id DESC
"""


async def quality(conn: AsyncConnection, county: str) -> dict[str, Any]:
    """{suppliers: [{supplier, kind, deliveries, rows, issues, per_1000, trend: [the last twelve, oldest first]}]}; notices don't count."""
    rows = (await conn.execute(text(_READ), {"c": county})).all()
    told = []
    for (supplier, kind), group in groupby(rows, key=lambda row: (row.supplier, row.kind)):
        members = list(group)
        total, found = sum(m.rows for m in members), sum(m.errors + m.warnings for m in members)
        trend = [
            {"id": m.id, "data_on": m.data_on, "state": m.state, "rows": m.rows, "errors": m.errors, "warnings": m.warnings,
             "per_1000": _per_1000(m.errors + m.warnings, m.rows)}
            for m in reversed(members[:_SHOWN])
        ]  # fmt: skip
        told.append(
            {"supplier": supplier, "kind": kind, "kind_label": KINDS[kind].label if kind in KINDS else kind, "deliveries": len(members),
             "rows": total, "issues": found, "per_1000": _per_1000(found, total), "trend": trend}
        )  # fmt: skip
    return {"suppliers": told}


def _per_1000(issues: int, rows: int) -> float | None:
    """None where no row came: a rate of nothing is unknown."""
    return float(half_up(Decimal(1000 * issues) / rows, 1)) if rows else None
