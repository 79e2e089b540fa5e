"""The database: one SQLAlchemy engine for use-cases, one plain asyncpg pool for map reading.

Roles: yima_owner owns the tables (migrations), yima_app may not change append-only tables, yima_map only selects
map tables. The login user holds all three and takes one per connection.
"""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any

import asyncpg
import asyncpg.exceptions
from sqlalchemy import MetaData, TextClause, event
from sqlalchemy import text as parsed
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from app.core.steady import Steady
from app.settings import settings

OWNER, APP, MAP = "yima_owner", "yima_app", "yima_map"
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Every table's base; constraint names map to problem codes."""

    metadata = MetaData(naming_convention=NAMES)


def url(dsn: str | None = None) -> URL:
    """SQLAlchemy URL of the asyncpg driver."""
    return make_url(dsn or settings().dsn).set(drivername="postgresql+asyncpg")


def make_engine(role: str = APP, *, pool_size: int | None = None, dsn: str | None = None) -> AsyncEngine:
    """An engine whose connections act as `role`."""
    base = url(dsn)
    query = dict(base.query)
    host, port = query.pop("host", None), query.pop("port", None)
    args: dict[str, Any] = {"server_settings": {"role": role, "jit": "off", "application_name": role, "TimeZone": "Asia/Shanghai"}}
    if host:
        args |= {"host": host, "port": int(str(port or base.port or 5432))}
    engine = create_async_engine(
        base.set(query=query),
        connect_args=args,
        pool_size=pool_size or settings().app_pool_size,
        max_overflow=2,
        pool_timeout=10,
        pool_use_lifo=True,  # the connection used last has the statements planned
        json_serializer=lambda v: json.dumps(v, ensure_ascii=False, default=str),
    )
    event.listen(engine.sync_engine, "checkout", _open)
    return engine


def _open(connection: Any, *_: Any) -> None:
    """Replaces kept connections that the database has ended, before a request meets one: the driver knows without a round trip."""
    if connection.driver_connection.is_closed():
        raise InvalidatePoolError


@lru_cache(maxsize=1_000)
def text(statement: str) -> TextClause:
    """The statement, searched for bound names once: that took a tenth of a write."""
    return parsed(statement)


_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
"""U+0000 as JSON spells it, and not a backslash before u0000."""


def as_json(value: Any) -> str:
    """JSON that jsonb can hold, whatever a file said: U+0000 becomes U+FFFD, half a surrogate pair a question mark."""
    told = json.dumps(value, ensure_ascii=False, default=str)
    if "u0000" in told:
        told = _NUL.sub(r"\1\\ufffd", told)
    return told if told.isascii() else told.encode("utf-8", "replace").decode("utf-8")


_engine: AsyncEngine | None = None
_steady: dict[str, Steady] = {}


def engine() -> AsyncEngine:
    """The one engine of this process (role yima_app)."""
    global _engine
    if _engine is None:
        _engine = make_engine()
    return _engine


def is_away(error: BaseException) -> bool:
    """Whether it says that the database does not answer: stopped, starting, recovering, or gone in the middle of a statement."""
    cause = getattr(error, "orig", None) or error
    if isinstance(cause, ConnectionError) or getattr(error, "connection_invalidated", False):
        return True
    if isinstance(cause, FileNotFoundError) and ".s.PGSQL" in str(cause):
        return True
    if isinstance(cause, asyncpg.exceptions.InterfaceError):
        return "closed" in str(cause)  # the others are misuse
    state = getattr(cause, "sqlstate", None) or ""
    return state.startswith("08") or state in ("57P01", "57P02", "57P03")


async def dispose() -> None:
    """Close the connections of the engine and of the steady pools (shutdown, tests)."""
    global _engine
    if _engine is not None:
        await _engine.dispose()
        _engine = None
    while _steady:
        await _steady.popitem()[1].close()


@asynccontextmanager
async def reading() -> AsyncIterator[AsyncConnection]:
    """A connection that only reads: read-only transaction, always rolled back."""
    async with engine().connect() as conn:
        await conn.execute(text("SET TRANSACTION READ ONLY"))
        yield conn


async def map_pool(*, size: int | None = None, dsn: str | None = None) -> asyncpg.Pool:
    """The map's own pool (role yima_map): custom plans, no JIT, no parallel workers, a statement time-out."""
    return await asyncpg.create_pool(
        plain_dsn(dsn),
        min_size=1,
        max_size=size or settings().map_pool_size,
        timeout=10,
        reset=_as_it_is,
        server_settings=_reading(MAP, "force_custom_plan"),
    )


def steady(role: str) -> Steady:
    """This process's connections of the role for statements that are planned once: by index, however small a table was at that moment."""
    if role not in _steady:
        given = {**_reading(role, "force_generic_plan"), "enable_seqscan": "off"}
        _steady[role] = Steady(lambda: asyncpg.connect(plain_dsn(), timeout=10, server_settings=given), 4)
    return _steady[role]


def _reading(role: str, plans: str) -> dict[str, str]:
    """How a connection that only reads begins."""
    return {
        "role": role,
        "jit": "off",
        "max_parallel_workers_per_gather": "0",
        "plan_cache_mode": plans,
        "statement_timeout": str(settings().map_timeout_ms),
        "default_transaction_read_only": "on",
        "application_name": role,
    }


async def _as_it_is(_: asyncpg.Connection) -> None:
    """Reading leaves nothing to reset; asyncpg's own reset is a round trip."""


def plain_dsn(dsn: str | None = None) -> str:
    """postgresql:// form for asyncpg itself."""
    return url(dsn).set(drivername="postgresql").render_as_string(hide_password=False)


async def raw(conn: AsyncConnection) -> asyncpg.Connection:
    """The asyncpg connection below, for COPY; still inside the same transaction."""
    return (await conn.get_raw_connection()).driver_connection  # type: ignore[return-value]


async def analyze(conn: AsyncConnection, *tables: str) -> None:
    """Fresh planner statistics of tables a bulk write has changed, inside its transaction (the owner's right, lent by a function)."""
    await conn.execute(text("SELECT refresh_statistics(VARIADIC CAST(CAST(:t AS text[]) AS regclass[]))"), {"t": list(tables)})
