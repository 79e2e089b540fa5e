"""Corrections on their way in (kind `corrections`), and held against a parcel delivery that repeats an old value."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.work import Work
from app.imports import queries as imports
from app.imports import values
from app.imports.apply.parcel_rows import COLUMNS, ParcelRows
from app.imports.apply.plan import Job, Plan
from app.imports.apply.references import resolve
from app.imports.checks.keys import check_keys, header
from app.imports.columns import label
from app.imports.context import Context
from app.imports.corrections import queries
from app.imports.corrections.fields import FIELDS, spelled, stored, told
from app.imports.stage import Staged


async def plan(conn: AsyncConnection, staged: Staged, _county: Context, job: Job) -> Plan:
    """Check the rows against the register; writing puts them up for review. One whose old value does not stand is told."""
    check_keys(staged)
    known = await imports.parcel_ids(conn, job.county) | await queries.parcels(conn, job.county)
    parcels = resolve(staged, "land_code", known)
    rows = {index: row for index in staged.rows() if (row := _row(staged, index, parcels[index])) is not None}
    now = await queries.values_now(conn, job.county, [row["parcel"] for row in rows.values()])
    for index, row in rows.items():
        current = now.get((row["parcel"], row["field"]))
        if current not in (row["old"], row["new"]):
            staged.report(index, "correction_stale", field=header(staged, "old"), value=f"原值 {row['old']},库中 {current}")
    standing = await queries.standing(conn, job.county)
    fresh = [row for row in rows.values() if (row["parcel"], row["field"], row["old"], row["new"]) not in standing]

    async def write(work: Work) -> None:
        await queries.propose(work.conn, job.county, fresh, by=job.principal.name, import_id=job.import_id)

    return Plan(write, {"applied": len(rows), "proposed": len(fresh), "same": len(rows) - len(fresh)})


def _row(staged: Staged, index: int, parcel: int | None) -> dict[str, Any] | None:
    cells = {name: column[index] for name, column in staged.columns.items()}
    found: dict[str, Any] = {"parcel": parcel, "field": cells["field"], "reason": cells["reason"], "document": cells["document"]}
    for name in ("old", "new"):
        try:
            found[name] = spelled(cells["field"], cells[name])
        except values.Unreadable:
            staged.report(index, "value_unknown", field=header(staged, name), value=cells[name], severity="error")
            return None
    return found


async def hold(conn: AsyncConnection, staged: Staged, rows: ParcelRows, county: str) -> None:
    """Approved corrections over a delivery: what repeats the old value keeps the corrected one, what says something else is told."""
    approved = await queries.approved(conn, county)  # few; a delivery may name a million parcels
    places = {key: position for position, key in enumerate(rows.key)} if approved else {}
    for one in (one for one in approved if one.source_key in places):
        position, column = places[one.source_key], COLUMNS.index(one.field)
        delivered, name = told(rows.values[position][column]), label("parcels", FIELDS[one.field])
        if delivered == one.old_value:
            value = stored(one.field, one.new_value)
            rows.values[position] = (*rows.values[position][:column], value, *rows.values[position][column + 1 :])
            staged.report(rows.index[position], "correction_applied", field=name, value=f"{one.old_value} → {one.new_value}")
        elif delivered != one.new_value:
            staged.report(rows.index[position], "correction_stale", field=name, value=f"原值 {one.old_value},报来 {delivered}")
