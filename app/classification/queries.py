"""All reading SQL of the classification room; the county comes first."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.classification.facts import SQL_DIR, statement

_SUMMARY: Final = statement("summary")
_BY_CRITERION: Final = statement("by_criterion")
_BEHIND: Final = (SQL_DIR / "parcels.sql").read_text("utf-8")
_PARCELS: Final = text(
    f"SELECT * FROM ({_BEHIND}) AS p WHERE CAST(:after_mu AS numeric) IS NULL"
    " OR (p.area_used_mu, -p.parcel_id) < (CAST(:after_mu AS numeric), -CAST(:after_id AS bigint))"
    " ORDER BY p.area_used_mu DESC, p.parcel_id LIMIT :size"
)
_TOTAL: Final = text(f"SELECT count(*) AS n, coalesce(sum(p.area_used_m2), 0) AS m2 FROM ({_BEHIND}) AS p")
_STANDING: Final = text(
    "SELECT v.id, v.kind, v.result, v.criteria_true, v.criteria_unknown, v.as_of, v.rule_version, r.content,"
    " CAST(v.inputs AS text) AS inputs_text, CAST(v.detail AS text) AS detail_text"
    " FROM verdict AS v JOIN rule_version AS r ON r.id = v.rule_version"
    " WHERE v.county_code = :county AND v.parcel_id = :parcel AND v.to_run IS NULL"
    " ORDER BY array_position(ARRAY['inefficient', 'idle', 'standard_land'], v.kind)"
)
_DETERMINATION: Final = "id, parcel_id, kind, document, decided_on, decided_by, verdict_id, revoked_on, revoked_document, version"
_OF_PARCEL: Final = text(
    f"SELECT {_DETERMINATION} FROM determination WHERE county_code = :county AND parcel_id = :parcel AND revoked_on IS NULL ORDER BY id"
)
_PARCEL: Final = text(
    "SELECT p.id, p.land_code, v.responsible_body FROM parcel AS p JOIN parcel_version AS v ON v.parcel_id = p.id AND v.is_current"
    " WHERE p.county_code = :county AND v.county_code = :county AND p.land_code = :land_code"
)
_RUNS: Final = text(
    "SELECT id, as_of, data_year, rule_version, counts, input_hash, finished_at, made_by AS by FROM classification_run"
    " WHERE county_code = :county AND finished_at IS NOT NULL ORDER BY id DESC LIMIT :size"
)
_BODIES: Final = text("SELECT code, name, kind FROM responsible_body WHERE county_code = :county ORDER BY sort, code")


async def standing(conn: AsyncConnection, county_code: str, parcel_id: int) -> Sequence[Row[Any]]:
    """Standing verdicts of a parcel with the content of their rule version; JSON as text, so that numbers stay exact."""
    return (await conn.execute(_STANDING, {"county": county_code, "parcel": parcel_id})).all()


def shown(row: Row[Any]) -> dict[str, Any]:
    """认定 record as answered."""
    return {
        "id": row.id, "kind": row.kind, "document": row.document, "decided_on": row.decided_on, "decided_by": row.decided_by,
        "revoked_on": row.revoked_on, "revoked_document": row.revoked_document, "version": row.version,
    }  # fmt: skip


async def determinations_of(conn: AsyncConnection, county_code: str, parcel_id: int) -> dict[str, dict[str, Any]]:
    """The determination in force of a parcel by kind."""
    rows = (await conn.execute(_OF_PARCEL, {"county": county_code, "parcel": parcel_id})).all()
    return {row.kind: shown(row) for row in rows}


async def parcel(conn: AsyncConnection, county_code: str, land_code: str) -> Row[Any] | None:
    """A current parcel by its one code."""
    return (await conn.execute(_PARCEL, {"county": county_code, "land_code": land_code})).one_or_none()


async def runs(conn: AsyncConnection, county_code: str, *, size: int = 20) -> Sequence[Row[Any]]:
    """Finished runs, newest first."""
    return (await conn.execute(_RUNS, {"county": county_code, "size": size})).all()


async def bodies(conn: AsyncConnection, county_code: str) -> Sequence[Row[Any]]:
    """Responsible bodies in town order, 未归属 last."""
    return (await conn.execute(_BODIES, {"county": county_code})).all()


async def summary(conn: AsyncConnection, county_code: str, *, excluded: Sequence[str], body: str | None) -> Sequence[Row[Any]]:
    """Cells of the scope: body × result × line × ownership × determined."""
    return (await conn.execute(_SUMMARY, {"county": county_code, "excluded": list(excluded), "body": body})).all()


async def by_criterion(conn: AsyncConnection, county_code: str, *, excluded: Sequence[str], body: str | None) -> dict[str, Row[Any]]:
    """Counts by criterion id."""
    rows = (await conn.execute(_BY_CRITERION, {"county": county_code, "excluded": list(excluded), "body": body})).all()
    return {row.id: row for row in rows}


CUTS: Final = (
    "body", "scope_body", "inefficient", "idle", "standard_land", "criterion", "criterion_unknown", "relation", "ownership",
    "is_determined",
)  # fmt: skip


def _cut(county_code: str, excluded: Sequence[str], cuts: Mapping[str, Any]) -> dict[str, Any]:
    return {"county": county_code, "excluded": list(excluded), **{name: cuts.get(name) for name in CUTS}}


async def parcels(
    conn: AsyncConnection, county_code: str, *, excluded: Sequence[str], cuts: Mapping[str, Any], size: int,
    after: tuple[Decimal, int] | None = None,
) -> Sequence[Row[Any]]:  # fmt: skip
    """Parcels behind a figure, largest first."""
    mu, parcel_id = after or (None, None)
    values = {**_cut(county_code, excluded, cuts), "after_mu": mu, "after_id": parcel_id, "size": size}
    return (await conn.execute(_PARCELS, values)).all()


async def total(conn: AsyncConnection, county_code: str, *, excluded: Sequence[str], cuts: Mapping[str, Any]) -> Row[Any]:
    """The figure itself: parcels and m²."""
    return (await conn.execute(_TOTAL, _cut(county_code, excluded, cuts))).one()


async def lock_parcel(conn: AsyncConnection, county_code: str, parcel_id: int) -> None:
    """The thing's row, locked: two decisions on one parcel queue."""
    sql = text("SELECT 1 FROM parcel WHERE county_code = :county AND id = :p FOR UPDATE")
    await conn.execute(sql, {"county": county_code, "p": parcel_id})


async def standing_verdict_id(conn: AsyncConnection, county_code: str, parcel_id: int, kind: str) -> int | None:
    """The 初判 a decision can point to, if there is one."""
    sql = text("SELECT id FROM verdict WHERE county_code = :county AND parcel_id = :p AND kind = :k AND to_run IS NULL")
    return (await conn.execute(sql, {"county": county_code, "p": parcel_id, "k": kind})).scalar()


async def determine(conn: AsyncConnection, county_code: str, values: Mapping[str, Any]) -> Row[Any]:
    """Insert a determination."""
    sql = text(
        "INSERT INTO determination (county_code, parcel_id, kind, document, decided_on, decided_by, verdict_id)"
        " VALUES (:county, :parcel_id, :kind, :document, :decided_on, :decided_by, :verdict_id)"
        f" RETURNING {_DETERMINATION}"
    )
    return (await conn.execute(sql, {"county": county_code, **values})).one()


async def determination(conn: AsyncConnection, county_code: str, determination_id: int) -> Row[Any] | None:
    """One determination, locked, with its parcel's body."""
    sql = text(
        "SELECT d.*, p.land_code, f.responsible_body FROM determination AS d JOIN parcel AS p ON p.id = d.parcel_id"
        " LEFT JOIN parcel_fact AS f ON f.county_code = d.county_code AND f.parcel_id = d.parcel_id"
        " WHERE d.county_code = :county AND d.id = :id FOR UPDATE OF d"
    )
    return (await conn.execute(sql, {"county": county_code, "id": determination_id})).one_or_none()


async def revoke(conn: AsyncConnection, county_code: str, determination_id: int, *, on: date, document: str) -> Row[Any]:
    """Close a determination with the document that ends it."""
    sql = text(
        "UPDATE determination SET revoked_on = :on, revoked_document = :document, version = version + 1"
        f" WHERE county_code = :county AND id = :id RETURNING {_DETERMINATION}"
    )
    return (await conn.execute(sql, {"county": county_code, "id": determination_id, "on": on, "document": document})).one()


async def latest_run(conn: AsyncConnection, county_code: str) -> Row[Any] | None:
    """The published run, None before the first."""
    found = await runs(conn, county_code, size=1)
    return found[0] if found else None
