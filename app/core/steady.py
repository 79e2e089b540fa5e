"""Connections for statements whose plan does not hang on their values: planned once a connection, then only run.

The door (role yima_app) and small extents (role yima_map), where planning took as long as running. Nothing here needs what
asyncpg's own pool does around each statement (a shielded release, a reset, time-outs of acquiring): 0.1 ms of CPU apiece.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import asyncpg
import asyncpg.exceptions


class _LeftError(Exception):
    """Who was to ask for all has gone."""


class Steady:
    """At most `size` connections, the one used last first; a broken or interrupted one is closed, not used again."""

    def __init__(self, connect: Callable[[], Awaitable[asyncpg.Connection]], size: int) -> None:
        self._connect, self._turns = connect, asyncio.Semaphore(size)
        self._idle: list[asyncpg.Connection] = []
        self._asked: dict[tuple[Any, ...], list[asyncio.Future[asyncpg.Record | None]]] = {}

    async def fetch(self, statement: str, *values: Any) -> list[asyncpg.Record]:
        """All rows."""
        await self._turns.acquire()  # `async with` would be two coroutines more
        try:
            conn = self._standing() or await self._connect()
            try:
                rows: list[asyncpg.Record] = await conn.fetch(statement, *values)
            except asyncpg.exceptions.PostgresError:
                self._keep(conn)
                raise
            except BaseException:
                conn.terminate()
                raise
            self._keep(conn)
            return rows
        finally:
            self._turns.release()

    def _standing(self) -> asyncpg.Connection | None:
        """An idle connection that the server has not closed meanwhile."""
        while self._idle:
            conn = self._idle.pop()
            if not conn.is_closed():
                return conn
        return None

    def _keep(self, conn: asyncpg.Connection) -> None:
        if not conn.is_closed():
            self._idle.append(conn)

    async def fetchrow(self, statement: str, *values: Any) -> asyncpg.Record | None:
        """The first row of a statement that gives at most one."""
        rows = await self.fetch(statement, *values)
        return rows[0] if rows else None

    async def shared(self, statement: str, *values: Any) -> asyncpg.Record | None:
        """As `fetchrow`, sent once for all who ask the same before it leaves: a browser's six requests are one caller.

        It leaves two turns of the loop after the first of them asked, when what had arrived has been taken in; nobody is told what
        was read before he came.
        """
        asked = (statement, *values)
        while (others := self._asked.get(asked)) is not None:
            turn = asyncio.get_running_loop().create_future()
            others.append(turn)
            with suppress(_LeftError):
                return await turn
        others = self._asked[asked] = []
        try:
            try:
                await asyncio.sleep(0)
                await asyncio.sleep(0)
            finally:
                del self._asked[asked]
            row = await self.fetchrow(*asked)
        except BaseException as error:
            for turn in others:
                if not turn.done():
                    turn.set_exception(error if isinstance(error, Exception) else _LeftError())
            raise
        for turn in others:
            if not turn.done():
                turn.set_result(row)
        return row

    async def close(self) -> None:
        """Close what is idle."""
        while self._idle:
            await self._idle.pop().close()
