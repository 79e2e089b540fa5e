"""SQL of the corrections. What the register says now is told beside each: applied, stale, or still to come."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.imports.corrections.fields import FIELDS
from app.parcels.models import ParcelVersion

_OWN = {"version_id", "county_code", "parcel_id", "valid", "recorded", "opened_import_id", "closed_import_id"}
COPIED = [c.name for c in ParcelVersion.__table__.columns if c.computed is None and c.name not in _OWN]
"""What a version says of its parcel."""
_CURRENT = "CASE c.field " + " ".join(f"WHEN '{f}' THEN v.{f}::text" for f in FIELDS) + " END"
_TOLD = f"""
SELECT c.id, c.version, p.land_code, p.source_key, c.parcel_id, c.field, c.old_value, c.new_value, {_CURRENT} AS current_value, c.reason,
  c.document, c.import_id, c.proposed_by, c.proposed_at, c.decided_by, c.decided_at,
  CASE WHEN c.state = 'rejected' THEN 'rejected'
       WHEN c.state = 'approved' AND {_CURRENT} IS NOT DISTINCT FROM c.new_value THEN 'applied'
       WHEN v.version_id IS NULL OR {_CURRENT} IS DISTINCT FROM c.old_value THEN 'stale'
       ELSE c.state END AS state
FROM correction c JOIN parcel p ON p.id = c.parcel_id
LEFT JOIN parcel_version v ON v.county_code = c.county_code AND v.parcel_id = c.parcel_id AND v.is_current
WHERE c.county_code = :c
"""


async def listed(
    conn: AsyncConnection, county: str, *, state: str | None = None, before: int | None, limit: int
) -> list[dict[str, Any]]:  # fmt: skip
    """Newest first; `state` as told, None is all."""
    sql = text(
        f"SELECT * FROM ({_TOLD} AND c.id < coalesce(CAST(:b AS bigint), 9223372036854775807)) t"
        " WHERE CAST(:s AS text) IS NULL OR t.state = :s ORDER BY t.id DESC LIMIT :n"
    )
    return [dict(row) for row in (await conn.execute(sql, {"c": county, "s": state, "b": before, "n": limit})).mappings()]


async def one(conn: AsyncConnection, county: str, number: int) -> dict[str, Any] | None:
    """One with its state; its row is locked."""
    row = (await conn.execute(text(f"{_TOLD} AND c.id = :i FOR UPDATE OF c"), {"c": county, "i": number})).mappings().one_or_none()
    return None if row is None else dict(row)


async def approved(conn: AsyncConnection, county: str) -> list[Any]:
    """The approved ones, in order of their approval."""
    sql = text(
        "SELECT p.source_key, c.field, c.old_value, c.new_value FROM correction c JOIN parcel p ON p.id = c.parcel_id"
        " WHERE c.county_code = :c AND c.state = 'approved' ORDER BY c.decided_at, c.id"
    )
    return list((await conn.execute(sql, {"c": county})).all())


async def standing(conn: AsyncConnection, county: str) -> dict[tuple[int, str, str | None, str | None], str]:
    """(parcel, field, old, new) → state of those that were not rejected."""
    sql = text("SELECT parcel_id, field, old_value, new_value, state FROM correction WHERE county_code = :c AND state <> 'rejected'")
    return {(r.parcel_id, r.field, r.old_value, r.new_value): r.state for r in (await conn.execute(sql, {"c": county})).all()}


async def parcels(conn: AsyncConnection, county: str) -> dict[str, int]:
    """地块码 → id."""
    rows = await conn.execute(text("SELECT land_code, id FROM parcel WHERE county_code = :c"), {"c": county})
    return {row.land_code: row.id for row in rows}


async def parcel(conn: AsyncConnection, county: str, land_code: str) -> int | None:
    """Id of a parcel by its 地块码."""
    sql = text("SELECT id FROM parcel WHERE county_code = :c AND land_code = :l")
    return (await conn.execute(sql, {"c": county, "l": land_code})).scalar()


async def values_now(conn: AsyncConnection, county: str, ids: Sequence[int]) -> dict[tuple[int, str], str | None]:
    """(parcel, field) → the register's value as text."""
    columns = ", ".join(f"{field}::text AS {field}" for field in FIELDS)
    sql = text(f"SELECT parcel_id, {columns} FROM parcel_version WHERE county_code = :c AND is_current AND parcel_id = ANY(:ids)")
    rows = (await conn.execute(sql, {"c": county, "ids": list(ids)})).mappings()
    return {(row["parcel_id"], field): row[field] for row in rows for field in FIELDS}


async def propose(conn: AsyncConnection, county: str, rows: Sequence[dict[str, Any]], *, by: str, import_id: int | None) -> None:
    """Put on the table; a proposal for the same value that waits is replaced. `import_id` is None for one entered by hand."""
    sql = text(
        "INSERT INTO correction (county_code, parcel_id, field, old_value, new_value, reason, document, import_id, proposed_by)"
        " VALUES (:c, :parcel, :field, :old, :new, :reason, :document, :i, :by)"
        " ON CONFLICT (county_code, parcel_id, field) WHERE state = 'proposed' DO UPDATE SET old_value = excluded.old_value,"
        " new_value = excluded.new_value, reason = excluded.reason, document = excluded.document, import_id = excluded.import_id,"
        " proposed_by = excluded.proposed_by, proposed_at = now(), version = correction.version + 1"
    )
    if rows:
        await conn.execute(sql, [{**row, "c": county, "i": import_id, "by": by} for row in rows])


async def waiting(conn: AsyncConnection, county: str, parcel_id: int, field: str) -> int:
    """Number of the proposal that waits for review."""
    sql = text("SELECT id FROM correction WHERE county_code = :c AND parcel_id = :p AND field = :f AND state = 'proposed'")
    return int((await conn.execute(sql, {"c": county, "p": parcel_id, "f": field})).scalar_one())


async def decide(conn: AsyncConnection, county: str, number: int, *, state: str, by: str) -> None:
    """Approved or rejected, by whom."""
    sql = "UPDATE correction SET state = :s, decided_by = :by, decided_at = now(), version = version + 1 WHERE county_code = :c AND id = :i"
    await conn.execute(text(sql), {"s": state, "by": by, "c": county, "i": number})


async def rewrite(conn: AsyncConnection, county: str, parcel: int, field: str, value: Any) -> None:
    """The parcel's current version recorded anew with one value changed: what was wrong was the record, so its validity stays."""
    assert field in FIELDS
    bound = {"c": county, "p": parcel, "v": value}
    closing = text(
        "UPDATE parcel_version SET recorded = tstzrange(lower(recorded), now())"
        " WHERE county_code = :c AND parcel_id = :p AND is_current RETURNING version_id"
    )
    old = (await conn.execute(closing, bound)).scalar_one()
    kind = "numeric" if field.startswith("area_") else "text"
    changed = ", ".join(f"CAST(:v AS {kind})" if name == field else name for name in COPIED)
    sql = text(
        f"INSERT INTO parcel_version (county_code, parcel_id, valid, {', '.join(COPIED)})"
        f" SELECT county_code, parcel_id, valid, {changed} FROM parcel_version WHERE county_code = :c AND version_id = :old"
    )
    await conn.execute(sql, bound | {"old": old})
