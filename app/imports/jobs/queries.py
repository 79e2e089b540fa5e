"""SQL of import jobs: making, looking, steps of people, steps of the worker. Always within a county; the worker's within its attempt."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.db import as_json, text
from app.core.principal import Principal
from app.core.queue import SILENT_SECONDS
from app.imports.report import ImportReport

_BUSY = f"(o.state IN ('staging', 'applying', 'undoing') AND o.beat_at >= now() - interval '{SILENT_SECONDS} seconds')"
_LOOK = f"""
SELECT j.*, (
    SELECT min(o.id) FROM import_job o
    WHERE o.county_code = j.county_code AND o.kind = j.kind AND o.id <> j.id
      AND j.beat_at IS NULL AND j.state IN ('queued', 'applying', 'undoing')
      AND ({_BUSY} OR (o.id < j.id AND (o.state = 'queued' OR (o.state IN ('applying', 'undoing') AND o.beat_at IS NULL))))
) AS behind
FROM import_job j
WHERE j.county_code = :c
"""
_INSERT = """
INSERT INTO import_job (county_code, kind, files, delivery_hash, data_on, uploads, options, supplier, owner_id, owner_role, made_by)
VALUES (:c, :kind, '[]', :hash, :day, CAST(:uploads AS jsonb), CAST(:options AS jsonb), :supplier, :who, :role, :name)
RETURNING id
"""
_CLAIM = f"""
UPDATE import_job j
SET state = CASE WHEN j.state = 'queued' THEN 'staging' ELSE j.state END, attempts = j.attempts + 1, version = j.version + 1,
    beat_at = now(), rows_done = 0, rows_total = NULL, step = NULL, message = NULL
FROM (
    SELECT c.id
    FROM import_job c
    WHERE (c.state = 'queued'
           OR (c.state IN ('staging', 'applying', 'undoing') AND coalesce(c.beat_at < now() - interval '{SILENT_SECONDS} seconds', true)))
      AND NOT EXISTS (
          SELECT 1 FROM import_job o WHERE o.county_code = c.county_code AND o.kind = c.kind AND o.id <> c.id AND {_BUSY}
      )
    ORDER BY c.id
    LIMIT 1
    FOR UPDATE SKIP LOCKED
) next
WHERE j.id = next.id
RETURNING j.*
"""
_OURS = "county_code = :c AND id = :id AND attempts = :attempt AND state IN ('staging', 'applying', 'undoing')"
_JSON = frozenset({"files", "counts", "options", "questions", "problem", "issue_counts", "accepted"})


async def add(conn: AsyncConnection, principal: Principal, values: Mapping[str, Any]) -> int:
    """A new job, queued; returns its id."""
    who = {"c": principal.county_code, "who": principal.id, "role": str(principal.role), "name": principal.name}
    said = {**values, "uploads": _json(values["uploads"]), "options": _json(values["options"])}
    return int((await conn.execute(text(_INSERT), who | said)).scalar_one())


async def one(conn: AsyncConnection, county: str, job_id: int) -> Row[Any] | None:
    """A job of the county."""
    return (await conn.execute(text(_LOOK + " AND j.id = :id"), {"c": county, "id": job_id})).one_or_none()


async def lock(conn: AsyncConnection, county: str, job_id: int) -> None:
    """Hold the job's row until the transaction ends."""
    await conn.execute(text("SELECT 1 FROM import_job WHERE county_code = :c AND id = :id FOR UPDATE"), {"c": county, "id": job_id})


async def newest(
    conn: AsyncConnection, county: str, *, kind: str | None, state: str | None, before: int | None, limit: int
) -> Sequence[Row[Any]]:
    """Jobs of the county, newest first."""
    sql = _LOOK + (
        " AND (CAST(:kind AS text) IS NULL OR j.kind = :kind) AND (CAST(:state AS text) IS NULL OR j.state = :state)"
        " AND (CAST(:before AS bigint) IS NULL OR j.id < :before) ORDER BY j.id DESC LIMIT :n"
    )
    return (await conn.execute(text(sql), {"c": county, "kind": kind, "state": state, "before": before, "n": limit})).all()


async def step(conn: AsyncConnection, county: str, job_id: int, **values: Any) -> None:
    """A step somebody took; the caller holds the row. Column names come from the code, values are bound."""
    said = {name: _json(value) if name in _JSON and value is not None else value for name, value in values.items()}
    sets = [f"{name} = CAST(:{name} AS jsonb)" if name in _JSON else f"{name} = :{name}" for name in said]
    sql = f"UPDATE import_job SET version = version + 1, {', '.join(sets)} WHERE county_code = :c AND id = :id"
    await conn.execute(text(sql), {"c": county, "id": job_id, **said})


async def claim(conn: AsyncConnection) -> Row[Any] | None:
    """The next job, also one whose worker has gone silent; one of a county and kind at a time. None when there is none."""
    await conn.execute(text("SELECT pg_advisory_xact_lock(hashtext('yima.import.claim'))"))
    return (await conn.execute(text(_CLAIM))).one_or_none()


async def beat(conn: AsyncConnection, job: Any, seen: Mapping[str, Any]) -> bool:
    """Still alive, this far; False when the job is no longer ours (cancelled, taken over, or its process has ended it)."""
    sql = f"UPDATE import_job SET beat_at = now(), step = :step, rows_done = :done, rows_total = :of WHERE {_OURS} RETURNING 1"
    return (await conn.execute(text(sql), _mine(job) | dict(seen))).first() is not None


async def settle(conn: AsyncConnection, job: Any, **values: Any) -> bool:
    """What the worker made of it; False when the job is no longer ours."""
    said = {name: _json(value) if name in _JSON and value is not None else value for name, value in values.items()}
    sets = [f"{name} = CAST(:{name} AS jsonb)" if name in _JSON else f"{name} = :{name}" for name in said]
    sql = f"UPDATE import_job SET version = version + 1, beat_at = NULL, {', '.join(sets)} WHERE {_OURS} RETURNING 1"
    return (await conn.execute(text(sql), _mine(job) | said)).first() is not None


async def applied(conn: AsyncConnection, job: Any, report: ImportReport, by: str) -> bool:
    """It is in the register from this commit on; False when the job is no longer ours."""
    sql = (
        "UPDATE import_job SET version = version + 1, beat_at = NULL, state = 'applied', applied_by = :by, applied_at = now(),"
        " counts = CAST(:counts AS jsonb), issue_counts = CAST(:issues AS jsonb), rows_done = coalesce(rows_total, rows_done),"
        f" problem = NULL, message = NULL WHERE {_OURS} RETURNING 1"
    )
    said = {"by": by, "counts": _json(report.counts), "issues": _json(report.issue_totals())}
    return (await conn.execute(text(sql), _mine(job) | said)).first() is not None


async def clear(conn: AsyncConnection, county: str, job_id: int) -> None:
    """Forget issues and differences of an earlier look at the files."""
    for table in ("import_issue", "import_row"):
        await conn.execute(text(f"DELETE FROM {table} WHERE county_code = :c AND import_id = :id"), {"c": county, "id": job_id})


async def uploaded(conn: AsyncConnection) -> set[tuple[str, str]]:
    """(county, SHA-256) of every file that an import names."""
    sql = "SELECT DISTINCT j.county_code, u ->> 'sha256' AS sha256 FROM import_job j, jsonb_array_elements(j.uploads) u"
    return {(row.county_code, row.sha256) for row in await conn.execute(text(sql))}


async def remembered(conn: AsyncConnection, job: Any) -> dict[str, Any]:
    """How this supplier's headers of this kind were understood before: {headers_hash: mapping}."""
    sql = "SELECT headers_hash, mapping FROM import_mapping WHERE county_code = :c AND supplier = :s AND kind = :k"
    rows = await conn.execute(text(sql), {"c": job.county_code, "s": job.supplier, "k": job.kind})
    return {row.headers_hash: row.mapping for row in rows}


async def remember(conn: AsyncConnection, job: Any, headers_hash: str, mapping: Mapping[str, Any]) -> None:
    """Keep how the headers were understood; the last word stands."""
    sql = (
        "INSERT INTO import_mapping (county_code, supplier, kind, headers_hash, mapping, import_id)"
        " VALUES (:c, :s, :k, :h, CAST(:m AS jsonb), :i) ON CONFLICT (county_code, supplier, kind, headers_hash)"
        " DO UPDATE SET mapping = excluded.mapping, import_id = excluded.import_id, saved_at = now()"
    )
    values = {"c": job.county_code, "s": job.supplier, "k": job.kind, "h": headers_hash, "m": _json(mapping), "i": job.id}
    await conn.execute(text(sql), values)


async def meridian(conn: AsyncConnection, county: str) -> int:
    """EPSG code of the county's plane; 0 where there is no such county."""
    return (await conn.execute(text("SELECT meridian_epsg FROM county WHERE code = :c"), {"c": county})).scalar() or 0


def _mine(job: Any) -> dict[str, Any]:
    return {"c": job.county_code, "id": job.id, "attempt": job.attempts}


def _json(value: Any) -> str:
    return as_json(value)
