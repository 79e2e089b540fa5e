"""Connections that are kept, and what ends them."""

import asyncio

import asyncpg
from sqlalchemy import text

from app.core import db


async def pids(engine: db.AsyncEngine, several: int) -> set[int]:
    """Server processes of so many connections held at once."""
    held = [await engine.connect() for _ in range(several)]
    found = {(await conn.execute(text("SELECT pg_backend_pid()"))).scalar_one() for conn in held}
    for conn in held:
        await conn.close()
    return found


async def test_connections_that_the_database_ended_are_replaced_unnoticed(database: str) -> None:
    """All of them: that is what a restart of the database does."""
    engine, told = db.make_engine(pool_size=2), await asyncpg.connect(db.plain_dsn(database))
    try:
        before = await pids(engine, 2)
        for pid in before:
            assert await told.fetchval("SELECT pg_terminate_backend($1, 5000)", pid)
        await asyncio.sleep(0.1)  # the loop hears that their sockets are closed
        after = await pids(engine, 2)
        assert len(after) == 2
        assert not before & after
    finally:
        await engine.dispose()
        await told.close()
