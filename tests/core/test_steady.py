"""A statement that many ask at once leaves once: for those only who asked before it did, and nobody hangs on another's fate."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from app.core import db
from app.core.steady import Steady

WHEN = "SELECT clock_timestamp() AS at, $1::int AS asked"
SLOWLY = "SELECT v, pg_sleep(0.3)::text FROM steady_test"


@pytest.fixture
async def steady(database: str) -> AsyncIterator[Steady]:
    """Connections of this test."""
    made = Steady(lambda: asyncpg.connect(db.plain_dsn(database)), 4)
    yield made
    await made.close()


@pytest.fixture
async def told(database: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection that writes what the statements read."""
    conn = await asyncpg.connect(db.plain_dsn(database))
    await conn.execute("CREATE TABLE steady_test (v int); INSERT INTO steady_test VALUES (1)")
    yield conn
    await conn.execute("DROP TABLE steady_test")
    await conn.close()


async def test_who_asks_the_same_at_once_is_told_by_one_statement(steady: Steady) -> None:
    rows = await asyncio.gather(*(steady.shared(WHEN, number % 2) for number in range(40)))
    assert [row["asked"] for row in rows] == [0, 1] * 20
    assert len({tuple(row) for row in rows}) == 2, "one statement for each question"
    later = await steady.shared(WHEN, 0)
    assert later["at"] not in {row["at"] for row in rows}, "nothing is kept"


async def test_who_asks_while_it_is_under_way_is_told_what_is_true_then(steady: Steady, told: asyncpg.Connection) -> None:
    first = asyncio.create_task(steady.shared(SLOWLY))
    await asyncio.sleep(0.1)
    await told.execute("UPDATE steady_test SET v = 2")
    second = await steady.shared(SLOWLY)
    assert (await first)["v"] == 1
    assert second["v"] == 2, "asked after the write was done"


@pytest.mark.parametrize("after", [0, 0.1])
async def test_others_are_told_though_the_first_has_gone(steady: Steady, told: asyncpg.Connection, after: float) -> None:
    first, *others = [asyncio.create_task(steady.shared(SLOWLY)) for _ in range(3)]
    await asyncio.sleep(after)
    first.cancel()
    others[0].cancel()
    assert (await others[1])["v"] == 1
    assert [first.cancelled(), others[0].cancelled()] == [True, True]
    assert (await steady.shared(SLOWLY))["v"] == 1


async def test_a_fault_is_told_to_each_and_ends_with_it(steady: Steady, told: asyncpg.Connection) -> None:
    asked = [steady.shared("SELECT 1 / (v - 1) AS v FROM steady_test") for _ in range(3)]
    faults = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(fault) for fault in faults] == [asyncpg.DivisionByZeroError] * 3
    await told.execute("UPDATE steady_test SET v = 2")
    assert (await steady.shared("SELECT 1 / (v - 1) AS v FROM steady_test"))["v"] == 1


async def test_no_row_is_none_for_each(steady: Steady) -> None:
    assert await asyncio.gather(*(steady.shared("SELECT 1 WHERE false") for _ in range(3))) == [None] * 3
