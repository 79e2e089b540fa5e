"""SQL of export jobs and of the switch for shifted coordinates. A job is its owner's, in the role and body he had."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.principal import Principal
from app.core.queue import SILENT_SECONDS
from app.maps.exports.spec import Spec

_OWN = (
    "county_code = :county AND owner_id = :owner AND owner_role = :role AND owner_body IS NOT DISTINCT FROM CAST(:body AS text)"
    " AND state <> 'deleted'"
)
_INSERT = """
INSERT INTO export_job (county_code, owner_id, owner_role, owner_body, spec, file_name)
VALUES (:county, :owner, :role, :body, CAST(:spec AS jsonb), :file_name)
RETURNING *
"""
_CLAIM = """
UPDATE export_job j
SET state = 'running', attempts = j.attempts + 1, version = j.version + 1, beat_at = now(), rows_done = 0
FROM (
    SELECT county_code, id
    FROM export_job
    WHERE state = 'queued'
       OR (state = 'running' AND beat_at < now() - make_interval(secs => :silent))
    ORDER BY made_at
    LIMIT 1
    FOR UPDATE SKIP LOCKED
) next
WHERE j.county_code = next.county_code AND j.id = next.id
RETURNING j.*
"""
_BEAT = """
UPDATE export_job SET beat_at = now(), rows_done = :done, rows_total = :total
WHERE county_code = :county AND id = :id AND state = 'running' AND attempts = :attempts
RETURNING 1
"""
_FINISH = """
UPDATE export_job
SET state = :state, version = version + 1, finished_at = now(), message = :message, rows_done = coalesce(:rows, rows_done),
    rows_total = coalesce(:rows, rows_total), size_bytes = :size, sha256 = :sha256, layer_version = :layer_version,
    facts_as_of = :facts_as_of
WHERE county_code = :county AND id = :id AND state = 'running' AND attempts = :attempts
RETURNING 1
"""
_EXPIRE = """
UPDATE export_job SET state = 'expired', version = version + 1
WHERE state = 'done' AND finished_at < now() - interval '1 day'
"""


def _owner(principal: Principal) -> dict[str, Any]:
    return {"county": principal.county_code, "owner": principal.id, "role": str(principal.role), "body": principal.responsible_body}


async def add(conn: AsyncConnection, spec: Spec, file_name: str) -> Row[Any]:
    """A new job, queued."""
    values = _owner(spec.principal) | {"spec": spec.as_json(), "file_name": file_name}
    return (await conn.execute(text(_INSERT), values)).one()


async def unfinished(conn: AsyncConnection, principal: Principal) -> int:
    """Jobs of the caller that wait or run; asking locks his queue until the transaction ends, so that two requests count each other."""
    await conn.execute(text("SELECT pg_advisory_xact_lock(hashtext('export_job'), :owner)"), {"owner": principal.id})
    sql = "SELECT count(*) FROM export_job WHERE county_code = :county AND owner_id = :owner AND state IN ('queued', 'running')"
    return int((await conn.execute(text(sql), _owner(principal))).scalar_one())


async def own(conn: AsyncConnection, principal: Principal, *, before: int | None, limit: int) -> Sequence[Row[Any]]:
    """The caller's jobs, newest first."""
    sql = f"SELECT * FROM export_job WHERE {_OWN} AND (CAST(:before AS bigint) IS NULL OR id < :before) ORDER BY id DESC LIMIT :n"
    return (await conn.execute(text(sql), _owner(principal) | {"before": before, "n": limit})).all()


async def one(conn: AsyncConnection, principal: Principal, job_id: int, *, lock: bool = False) -> Row[Any] | None:
    """One of the caller's jobs."""
    sql = f"SELECT * FROM export_job WHERE {_OWN} AND id = :id" + (" FOR UPDATE" if lock else "")
    return (await conn.execute(text(sql), _owner(principal) | {"id": job_id})).one_or_none()


async def drop(conn: AsyncConnection, principal: Principal, job_id: int) -> None:
    """Deleted: who runs it notices at its next beat."""
    sql = f"UPDATE export_job SET state = 'deleted', version = version + 1, finished_at = now() WHERE {_OWN} AND id = :id"
    await conn.execute(text(sql), _owner(principal) | {"id": job_id})


async def claim(conn: AsyncConnection) -> Row[Any] | None:
    """The next job, also one whose worker has gone silent; None when there is none."""
    return (await conn.execute(text(_CLAIM), {"silent": SILENT_SECONDS})).one_or_none()


async def beat(conn: AsyncConnection, job: Row[Any], done: int, total: int | None) -> bool:
    """Still alive, this far; False when the job is no longer ours (deleted, or taken over)."""
    values = {"county": job.county_code, "id": job.id, "attempts": job.attempts, "done": done, "total": total}
    return (await conn.execute(text(_BEAT), values)).first() is not None


async def finish(conn: AsyncConnection, job: Row[Any], state: str, message: str | None, made: Mapping[str, Any]) -> bool:
    """The end of a job; False when it is no longer ours."""
    empty = dict.fromkeys(("rows", "size", "sha256", "layer_version", "facts_as_of"))
    values = {"county": job.county_code, "id": job.id, "attempts": job.attempts, "state": state, "message": message, **empty, **made}
    return (await conn.execute(text(_FINISH), values)).first() is not None


async def sweep(conn: AsyncConnection) -> set[str]:
    """Files a day old expire, rows a week old go; returns the ids (as text) whose files are still wanted."""
    await conn.execute(text(_EXPIRE))
    await conn.execute(text("DELETE FROM export_job WHERE made_at < now() - interval '7 days' AND state NOT IN ('queued', 'running')"))
    rows = await conn.execute(text("SELECT id FROM export_job WHERE state IN ('queued', 'running', 'done')"))
    return {str(row.id) for row in rows}


async def shifted(conn: AsyncConnection, county_code: str, *, lock: bool = False) -> Row[Any] | None:
    """The county's switch; None when it was never set (off)."""
    sql = "SELECT is_enabled, version, changed_by, changed_at FROM shifted_crs WHERE county_code = :c" + (" FOR UPDATE" if lock else "")
    return (await conn.execute(text(sql), {"c": county_code})).one_or_none()


async def set_shifted(conn: AsyncConnection, county_code: str, *, is_enabled: bool, by: str) -> Row[Any]:
    """Switch; the new state."""
    sql = (
        "INSERT INTO shifted_crs (county_code, is_enabled, version, changed_by) VALUES (:c, :e, 1, :by) ON CONFLICT (county_code) DO UPDATE"
        " SET is_enabled = :e, version = shifted_crs.version + 1, changed_by = :by, changed_at = now()"
        " RETURNING is_enabled, version, changed_by, changed_at"
    )
    return (await conn.execute(text(sql), {"c": county_code, "e": is_enabled, "by": by})).one()
