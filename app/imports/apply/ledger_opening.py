"""Apply 期初台账: each row an opening of the ledger room, which posts it and stakes its ground; rows without shape are 未上图."""

import hashlib
from collections import Counter

from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.work import Work
from app.imports import queries
from app.imports.apply.parcel_undo import Applied, refuse
from app.imports.apply.plan import Job, Plan
from app.imports.apply.references import resolve_parcels
from app.imports.checks.geometry import Shapes, check_shapes
from app.imports.checks.keys import check_keys, header
from app.imports.context import Context
from app.imports.stage import Staged
from app.ledger import OpeningRow, post_openings, reverse_openings, standing_on_openings

_SAID = ("project_code", "responsible_body", "method", "area", "accepted_on", "document", "parcel", "firms")


async def plan(conn: AsyncConnection, staged: Staged, county: Context, job: Job) -> Plan:
    """Check projects, bodies and parcels; a row that stands in the ledger already is not posted again."""
    check_keys(staged)
    shapes = check_shapes(staged, county.meridian_epsg, required=False)
    parcels = resolve_parcels(staged, "parcel", await queries.parcel_ids(conn, job.county))
    bodies = _bodies(staged, county)
    keys = opening_keys(staged)
    posted = await queries.opening_keys(conn, job.county)
    for index in staged.rows():
        if keys[index] in posted:
            staged.report(index, "duplicate_key", field=header(staged, "project_code"), value=keys[index])
    rows = staged.rows()

    async def write(work: Work) -> None:
        openings = [_opening(staged, i, key=keys[i], body=bodies[i], parcel=parcels[i], shapes=shapes, job=job) for i in rows]
        if openings:
            done = await post_openings(work.conn, job.county, openings, by=job.principal.name, import_id=job.import_id)
            for found in done.issues:
                staged.report(rows[found.index], found.code, value=found.value)
            work.touch("freed-land")

    return Plan(write, {"applied": len(rows), "mapped": sum(shapes.stored[i] is not None for i in rows)})


async def undo(work: Work, applied: Applied, reason: str) -> dict[str, int]:
    """Counter-postings on the openings' own days: a posting is never deleted. Errors: UndoRefused where something stands on them."""
    refuse(applied, await standing_on_openings(work.conn, applied.county, applied.id))
    said = f"撤销导入 {applied.id}:{reason}"
    posted = await reverse_openings(work.conn, applied.county, applied.id, by=work.principal.name, reason=said)
    work.touch("freed-land")
    return {"reversed": len(posted)}


def _bodies(staged: Staged, county: Context) -> list[str]:
    found = [county.body_code(name) for name in staged.columns["responsible_body"]]
    for index in staged.rows():
        if found[index] is None and staged.columns["responsible_body"][index] is not None:
            staged.report(index, "value_unknown", field=header(staged, "responsible_body"), value=staged.columns["responsible_body"][index])
    return [code or county.unassigned_body for code in found]


def opening_keys(staged: Staged) -> list[str]:
    """项目编号 + a digest of what the row says (+ its number among equal rows): the same row has the same key again."""
    seen: Counter[str] = Counter()
    keys = []
    for row in zip(*(staged.columns[name] for name in _SAID), strict=True):
        key = f"{row[0]}.{hashlib.sha256(repr(tuple(map(str, row))).encode()).hexdigest()[:8]}"
        seen[key] += 1
        keys.append(key if seen[key] == 1 else f"{key}.{seen[key]}")
    return keys


def _opening(staged: Staged, index: int, *, key: str, body: str, parcel: int | None, shapes: Shapes, job: Job) -> OpeningRow:
    row = {name: column[index] for name, column in staged.columns.items()}
    return OpeningRow(
        opening_key=key, project_code=row["project_code"], project_name=row["project_name"], responsible_body=body, method=row["method"],
        counted_m2=row["area"], posted_on=row["accepted_on"] or job.data_on, document=row["document"], parcel_id=parcel,
        geometry=shapes.stored[index], firms=row["firms"],
    )  # fmt: skip
