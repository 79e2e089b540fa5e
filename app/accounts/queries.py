"""All SQL of the accounts room."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

ACCOUNT = "a.id, a.username, a.display_name, a.role, a.county_code, a.department_code, a.responsible_body"


async def by_username(conn: AsyncConnection, username: str) -> Row[Any] | None:
    """Active account with its password hash."""
    sql = f"SELECT {ACCOUNT}, a.password_hash FROM account a WHERE a.username = :u AND a.is_active"
    return (await conn.execute(text(sql), {"u": username})).one_or_none()


async def by_id(conn: AsyncConnection, account_id: int) -> Row[Any]:
    """An account."""
    return (await conn.execute(text(f"SELECT {ACCOUNT} FROM account a WHERE a.id = :i"), {"i": account_id})).one()


_SEEN = "(SELECT v.version FROM layer_version v WHERE v.county_code = a.county_code AND v.layer = $2) AS version"
_WHO = "a.id, a.display_name, a.role, a.county_code, a.department_code, a.responsible_body"
"""What a principal is made of, and no more: it is read at every request."""
BY_TOKEN = (
    f"SELECT {_WHO}, s.id AS session_id, {_SEEN}"
    " FROM account_session s JOIN account a ON a.id = s.account_id"
    " WHERE s.token_hash = $1 AND s.revoked_at IS NULL AND s.expires_at > now() AND a.is_active"
)
"""Account of a standing session ($1 its hash), and the version of one layer ($2) of its county."""
BY_KEY = (
    f"SELECT {_WHO}, k.origins, k.id AS key_id, k.scopes, k.rate_per_minute, {_SEEN}"
    " FROM api_key k JOIN account a ON a.id = k.account_id"
    " WHERE k.key_hash = $1 AND k.revoked_at IS NULL AND a.is_active"
)
"""Account behind a standing API key, with the origins, scopes and rate it is bound to, and the version of one layer."""


async def recent_failures(conn: AsyncConnection, username: str) -> int:
    """Failed sign-ins of the last 15 minutes since the last success."""
    sql = (
        "SELECT count(*) FROM sign_in_attempt WHERE username = :u AND NOT succeeded AND at > greatest(now() - interval '15 minutes',"
        " coalesce((SELECT max(at) FROM sign_in_attempt WHERE username = :u AND succeeded), '-infinity'))"
    )
    return int((await conn.execute(text(sql), {"u": username})).scalar_one())


async def add_attempt(conn: AsyncConnection, *, username: str, address: str | None, succeeded: bool) -> None:
    """Record a sign-in attempt."""
    sql = "INSERT INTO sign_in_attempt (username, address, succeeded) VALUES (:u, :a, :s)"
    await conn.execute(text(sql), {"u": username[:100], "a": address, "s": succeeded})


async def add_session(conn: AsyncConnection, *, account_id: int, token_hash: str, hours: int) -> None:
    """A new session."""
    sql = "INSERT INTO account_session (account_id, token_hash, expires_at) VALUES (:a, :h, now() + make_interval(hours => :n))"
    await conn.execute(text(sql), {"a": account_id, "h": token_hash, "n": hours})


async def revoke_session(conn: AsyncConnection, session_id: int) -> None:
    """End a session at once."""
    await conn.execute(text("UPDATE account_session SET revoked_at = now() WHERE id = :i"), {"i": session_id})


async def add_account(conn: AsyncConnection, values: dict[str, Any]) -> int:
    """Create or renew an account by username; returns its id."""
    sql = (
        "INSERT INTO account (county_code, username, display_name, role, department_code, responsible_body, password_hash)"
        " VALUES (:county_code, :username, :display_name, :role, :department_code, :responsible_body, :password_hash)"
        " ON CONFLICT (username) DO UPDATE SET password_hash = excluded.password_hash, is_active = true RETURNING id"
    )
    return int((await conn.execute(text(sql), values)).scalar_one())


KEY = "k.id, k.label, a.username, k.origins, k.scopes, k.rate_per_minute, k.created_at, k.revoked_at"


async def add_key(conn: AsyncConnection, values: dict[str, Any]) -> int:
    """A new API key: account_id, key_hash, label, origins, scopes, rate_per_minute."""
    sql = (
        "INSERT INTO api_key (account_id, key_hash, label, origins, scopes, rate_per_minute)"
        " VALUES (:account_id, :key_hash, :label, :origins, :scopes, :rate_per_minute) RETURNING id"
    )
    return int((await conn.execute(text(sql), values)).scalar_one())


async def keys(conn: AsyncConnection, county_code: str, account_id: int | None) -> Sequence[Row[Any]]:
    """Keys of one account, or of every account of the county, newest first."""
    sql = (
        f"SELECT {KEY} FROM api_key k JOIN account a ON a.id = k.account_id"
        " WHERE a.county_code = :c AND (CAST(:a AS int) IS NULL OR a.id = :a) ORDER BY k.id DESC"
    )
    return (await conn.execute(text(sql), {"c": county_code, "a": account_id})).all()


async def revoke_key(conn: AsyncConnection, county_code: str, key_id: int, account_id: int | None) -> Row[Any] | None:
    """End a key of one account, or of any account of the county, at once; None when there is no such standing key."""
    sql = (
        "UPDATE api_key k SET revoked_at = now() FROM account a WHERE a.id = k.account_id AND a.county_code = :c AND k.id = :i"
        f" AND k.revoked_at IS NULL AND (CAST(:a AS int) IS NULL OR a.id = :a) RETURNING {KEY}"
    )
    return (await conn.execute(text(sql), {"c": county_code, "i": key_id, "a": account_id})).one_or_none()


async def key_origins(conn: AsyncConnection) -> Sequence[Row[Any]]:
    """Hash and origins of every standing key that names origins."""
    return (await conn.execute(text("SELECT key_hash, origins FROM api_key WHERE revoked_at IS NULL AND origins <> '{}'"))).all()


async def county(conn: AsyncConnection, code: str) -> Row[Any]:
    """Name and bounding box (w, s, e, n in 4490 degrees) of a county; from its parcels where it has no outline."""
    sql = (
        "SELECT c.code, c.name, box2d(coalesce(c.geom, (SELECT st_setsrid(st_extent(geom)::geometry, 4490) FROM map_shape m"
        " WHERE m.county_code = c.code))) AS box FROM county c WHERE c.code = :c"
    )
    return (await conn.execute(text(sql), {"c": code})).one()
