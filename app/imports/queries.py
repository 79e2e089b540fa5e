"""SQL of the imports room: the job, its issues, and references into the register."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.db import as_json
from app.imports import bulk
from app.imports.checks.issue import Issue
from app.imports.models import ImportIssue
from app.imports.report import ImportReport


async def lock_imports(conn: AsyncConnection, county: str) -> None:
    """Imports of one county queue."""
    await conn.execute(text("SELECT pg_advisory_xact_lock(hashtext('yima.import'), :c)"), {"c": int(county)})


async def insert_job(
    conn: AsyncConnection, report: ImportReport, uploads: list[dict[str, Any]], options: dict[str, Any], *, by: str
) -> int:
    """The import's own row; returns its id."""
    sql = text(
        "INSERT INTO import_job (county_code, kind, files, delivery_hash, data_on, counts, issue_counts, state, made_by, applied_by,"
        " applied_at, uploads, options)"
        " VALUES (:c, :k, CAST(:f AS jsonb), :h, :d, CAST(:n AS jsonb), CAST(:issues AS jsonb), 'applied', :by, :by, now(),"
        " CAST(:u AS jsonb), CAST(:o AS jsonb)) RETURNING id"
    )
    values = {"c": report.county_code, "k": report.kind, "f": as_json(report.files), "h": report.delivery_hash,
              "d": report.data_on, "n": as_json(report.counts), "issues": as_json(report.issue_totals()), "by": by,
              "u": as_json(uploads), "o": as_json(options)}  # fmt: skip
    return int((await conn.execute(sql, values)).scalar_one())


async def insert_issues(conn: AsyncConnection, county: str, import_id: int, issues: list[Issue]) -> None:
    """All findings as rows."""
    if not issues:
        return
    columns: dict[str, list[Any]] = {
        "county_code": [county] * len(issues), "import_id": [import_id] * len(issues), "file": [i.file for i in issues],
        "layer": [i.layer for i in issues], "row_no": [i.row for i in issues], "code": [i.code for i in issues],
        "severity": [i.severity for i in issues], "field": [i.field for i in issues], "value": [i.value for i in issues],
        "hint": [i.hint for i in issues], "geom": [None if i.geometry is None else shapely.to_wkb(i.geometry) for i in issues],
    }  # fmt: skip
    await bulk.insert(conn, ImportIssue, columns)


async def raise_issues(conn: AsyncConnection, county: str, import_id: int, codes: Sequence[str]) -> None:
    """Issues of these codes, warnings so far, kept their rows out when the import was applied."""
    sql = (
        "UPDATE import_issue SET severity = 'error' WHERE county_code = :c AND import_id = :i AND code = ANY(:codes)"
        " AND severity <> 'error'"
    )
    await conn.execute(text(sql), {"c": county, "i": import_id, "codes": list(codes)})


async def applied(conn: AsyncConnection, county: str, delivery_hash: str) -> int | None:
    """Id of an import that applied exactly this delivery."""
    sql = text("SELECT max(id) FROM import_job WHERE county_code = :c AND delivery_hash = :h AND state = 'applied'")
    return (await conn.execute(sql, {"c": county, "h": delivery_hash})).scalar()


async def applied_job(conn: AsyncConnection, county: str, import_id: int) -> Any:
    """An import that stands, its row held; None where the county has none of that number."""
    sql = "SELECT id, county_code, kind, applied_at FROM import_job WHERE county_code = :c AND id = :i AND state = 'applied' FOR UPDATE"
    return (await conn.execute(text(sql), {"c": county, "i": import_id})).one_or_none()


async def undone(conn: AsyncConnection, county: str, import_id: int, *, by: str) -> None:
    """It is no longer in the register."""
    sql = (
        "UPDATE import_job SET version = version + 1, state = 'undone', undone_by = :by, undone_at = now()"
        " WHERE county_code = :c AND id = :i"
    )
    await conn.execute(text(sql), {"c": county, "i": import_id, "by": by})


async def parcel_ids(conn: AsyncConnection, county: str) -> dict[str, int]:
    """Source key → id, also by the key folded to upper case without white space."""
    rows = (await conn.execute(text("SELECT source_key, id FROM parcel WHERE county_code = :c ORDER BY id"), {"c": county})).all()
    return {"".join(r.source_key.split()).upper(): r.id for r in rows} | {r.source_key: r.id for r in rows}


async def standing_share(conn: AsyncConnection, county: str, points: np.ndarray, areas: np.ndarray) -> float:
    """Share of points (4490) that lie in a current parcel whose planar area is within 3 % of theirs (m²)."""
    sql = text(
        "SELECT count(*) FROM unnest(CAST(:x AS float8[]), CAST(:y AS float8[]), CAST(:m AS float8[])) AS u(x, y, m) WHERE EXISTS ("
        " SELECT 1 FROM parcel_version v WHERE v.county_code = :c AND v.is_current"
        " AND ST_Covers(v.geom, ST_SetSRID(ST_MakePoint(u.x, u.y), 4490)) AND v.area_planar_m2 BETWEEN u.m * 0.97 AND u.m * 1.03)"
    )
    values = {"c": county, "x": points[:, 0].tolist(), "y": points[:, 1].tolist(), "m": areas.tolist()}
    return int((await conn.execute(sql, values)).scalar_one()) / max(len(points), 1)


async def enterprise_ids(conn: AsyncConnection, county: str) -> dict[str, int]:
    """USCC → id."""
    rows = await conn.execute(text("SELECT uscc, id FROM enterprise WHERE county_code = :c"), {"c": county})
    return {r.uscc: r.id for r in rows}


async def contract_ids(conn: AsyncConnection, county: str) -> dict[str, int]:
    """电子监管号 → id."""
    rows = await conn.execute(text("SELECT electronic_no, id FROM supply_contract WHERE county_code = :c"), {"c": county})
    return {r.electronic_no: r.id for r in rows}


async def opening_keys(conn: AsyncConnection, county: str) -> set[str]:
    """Keys of the opening rows that stand in the ledger: not those of an import that was undone."""
    sql = text(
        "SELECT DISTINCT p.opening_key FROM ledger_posting p WHERE p.county_code = :c AND p.kind = 'opening'"
        " AND NOT EXISTS (SELECT FROM ledger_posting r WHERE r.reverses_id = p.id AND r.kind = 'reversal')"
    )
    return set((await conn.execute(sql, {"c": county})).scalars())
