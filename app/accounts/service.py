"""Use-cases of accounts: sign in and out, keys, the demo accounts file."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache, lru_cache
from operator import itemgetter
from typing import Any

import asyncpg
from pwdlib import PasswordHash
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts import queries, scopes
from app.accounts.errors import BadCredentials, KeyUnknown, TooManyAttempts
from app.core import audit, db
from app.core.errors import BodyInvalid
from app.core.principal import Principal, Role
from app.core.work import Work
from app.settings import settings

HASHER = PasswordHash.recommended()
MAX_FAILURES = 10


@cache
def dummy_hash() -> str:
    """Verified when the account does not exist, so that both refusals take as long."""
    return HASHER.hash("no such account")


def digest(token: str) -> str:
    """Tokens and keys are stored hashed only."""
    return hashlib.sha256(token.encode()).hexdigest()


def principal_of(row: Mapping[str, Any] | asyncpg.Record, via: str = "session") -> Principal:
    """Principal of an account row."""
    return _principal(*_WHO(row), via, row.get("session_id"))


_WHO = itemgetter("id", "display_name", "role", "county_code", "department_code", "responsible_body")


@lru_cache(maxsize=1_024)
def _principal(id_: int, name: str, role: str, *rest: Any) -> Principal:
    """Made once for equal rows: checking the role and freezing eight fields took a third as long as reading the row."""
    return Principal(id_, name, Role(role), *rest)


async def sign_in(*, username: str, password: str, address: str | None) -> tuple[str, Row[Any]]:
    """A new opaque token for the account; every attempt is recorded. Errors: BadCredentials, TooManyAttempts."""
    async with db.engine().begin() as conn:
        if await queries.recent_failures(conn, username) >= MAX_FAILURES:
            raise TooManyAttempts
        account = await queries.by_username(conn, username)
        matches = HASHER.verify(password, account.password_hash if account else dummy_hash())
        await queries.add_attempt(conn, username=username, address=address, succeeded=bool(account and matches))
        if account and matches:
            token = secrets.token_urlsafe(32)
            await queries.add_session(conn, account_id=account.id, token_hash=digest(token), hours=settings().session_hours)
            by = principal_of(dict(account._mapping))
            await audit.append(conn, by, audit.Entry("session.open", "account", str(account.id), {"address": address}))
            return token, account
    raise BadCredentials(pointer="/username")


async def sign_out(work: Work) -> None:
    """Revoke the caller's session at once."""
    if work.principal.session_id is not None:
        await queries.revoke_session(work.conn, work.principal.session_id)
    work.audited("session.close", "account", work.principal.id)


async def add_account(person: dict[str, Any], *, by: Principal) -> str:
    """Create an account, or give an existing one a new password; returns the random password, shown once."""
    password = secrets.token_urlsafe(12)
    async with db.engine().begin() as conn:
        account_id = await queries.add_account(conn, person | {"password_hash": HASHER.hash(password)})
        await audit.append(conn, by, audit.Entry("account.add", "account", str(account_id), person))
    return password


@dataclass(frozen=True)
class KeyTerms:
    """What a key is for and how far it reaches. Errors of `checked`: BodyInvalid."""

    label: str
    origins: list[str]
    scopes: list[str] | None = None
    rate_per_minute: int | None = None

    def checked(self) -> "KeyTerms":
        """Refuses a scope nobody knows; an empty list would read as "nothing" and mean "everything"."""
        wrong = [scope for scope in self.scopes or () if not scopes.known(scope)]
        if wrong or self.scopes == []:
            known = "、".join((*scopes.AREAS, *scopes.COLLECTIONS))
            raise BodyInvalid(f"没有范围 “{wrong[0][:40]}”" if wrong else "范围为空", pointer="/scopes", hint=f"可用: {known}; 不给则不限")
        return self


async def create_key(conn: AsyncConnection, *, account_id: int, label: str, origins: list[str]) -> str:
    """A new API key without limits; shown once."""
    return (await issue_key(conn, account_id, KeyTerms(label, origins)))[1]


async def issue_key(conn: AsyncConnection, account_id: int, terms: KeyTerms) -> tuple[int, str]:
    """A new API key: its id, and the key, shown once."""
    key = f"ymk_{secrets.token_urlsafe(24)}"
    values = asdict(terms.checked()) | {"account_id": account_id, "key_hash": digest(key)}
    return await queries.add_key(conn, values), key


async def keys(conn: AsyncConnection, principal: Principal) -> Sequence[Row[Any]]:
    """The caller's own keys, the administrator's whole county's."""
    return await queries.keys(conn, principal.county_code, _owner(principal))


async def revoke_key(conn: AsyncConnection, principal: Principal, key_id: int) -> Row[Any]:
    """End a key at once. Errors: KeyUnknown, also for somebody else's."""
    row = await queries.revoke_key(conn, principal.county_code, key_id, _owner(principal))
    if row is None:
        raise KeyUnknown(str(key_id))
    return row


def _owner(principal: Principal) -> int | None:
    return None if principal.role is Role.admin else principal.id
