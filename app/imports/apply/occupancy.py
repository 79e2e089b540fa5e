"""Apply 用地关系: a row replaces what the register holds of the same enterprise, parcel, relation, counterparty and start."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.work import Work
from app.enterprises.models import Occupancy
from app.enterprises.uscc import parse_uscc
from app.imports import bulk, queries, register
from app.imports.apply.plan import Job, Plan
from app.imports.apply.references import resolve, resolve_parcels
from app.imports.checks.keys import check_keys, drop_duplicates, header
from app.imports.checks.tables import check_orphans, check_rented_out
from app.imports.context import Context
from app.imports.stage import Staged

_REPLACED = text(
    "DELETE FROM occupancy AS o USING unnest(CAST(:e AS bigint[]), CAST(:p AS bigint[]), CAST(:r AS text[]), CAST(:u AS text[]),"
    " CAST(:s AS date[])) AS n(e, p, r, u, s) WHERE o.county_code = :c AND o.enterprise_id = n.e AND o.parcel_id = n.p AND o.relation = n.r"
    " AND o.counterparty_uscc IS NOT DISTINCT FROM n.u AND o.start_on IS NOT DISTINCT FROM n.s"
)


async def plan(conn: AsyncConnection, staged: Staged, _county: Context, job: Job) -> Plan:
    """Check references, counterparties and what is let out."""
    check_keys(staged)
    names = ("uscc", "parcel", "relation", "area", "counterparty", "start_on", "end_on")
    drop_duplicates(staged, list(zip(*(staged.columns[n] for n in names), strict=True)), field="uscc")
    enterprises = resolve(staged, "uscc", await queries.enterprise_ids(conn, job.county))
    parcels = resolve_parcels(staged, "parcel", await queries.parcel_ids(conn, job.county))
    _check_counterparties(staged)
    check_rented_out(staged, await register.held(conn, job.county))
    check_orphans(staged, parcels, await register.vanished(conn, job.county))
    rows = [i for i in staged.rows() if staged.columns["relation"][i] is not None]

    async def write(work: Work) -> None:
        if rows:
            await _write(work.conn, staged, rows, job, enterprise=[enterprises[i] for i in rows], parcel=[parcels[i] for i in rows])

    return Plan(write, {"applied": len(rows)})


def _check_counterparties(staged: Staged) -> None:
    column = staged.columns["counterparty"]
    for index in staged.rows():
        if column[index] is not None:
            parsed = parse_uscc(column[index])
            if parsed is None:
                staged.report(index, "value_unknown", field=header(staged, "counterparty"), value=column[index])
            column[index] = parsed


async def _write(
    conn: AsyncConnection, staged: Staged, rows: list[int], job: Job, *, enterprise: list[int | None], parcel: list[int | None]
) -> None:
    columns: dict[str, Sequence[Any]] = {
        "county_code": [job.county] * len(rows), "enterprise_id": enterprise, "parcel_id": parcel,
        "relation": staged.take("relation", rows), "area_m2": staged.take("area", rows),
        "counterparty_uscc": staged.take("counterparty", rows), "start_on": staged.take("start_on", rows),
        "end_on": staged.take("end_on", rows), "data_on": staged.take("data_on", rows), "import_id": [job.import_id] * len(rows),
    }  # fmt: skip
    keys = {"e": enterprise, "p": parcel, "r": columns["relation"], "u": columns["counterparty_uscc"], "s": columns["start_on"]}
    await conn.execute(_REPLACED, {"c": job.county, **keys})
    await bulk.insert(conn, Occupancy, columns)
