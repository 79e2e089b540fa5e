"""Rows of an export: one repeatable-read transaction under the map's role, a cursor, batches read ahead by a thread of their own.

Values are bound; memory holds two batches, whatever the collection holds.
"""

import asyncio
import queue
import threading
from collections.abc import Iterator
from typing import Any

import asyncpg

from app.core.errors import QueryTimeout
from app.maps.exports.order import Head, Order

BATCH = 2_000
STATEMENT_MS = 600_000
"""Time-out of one fetch; far above the map's own, as nobody waits at a screen."""
SETTINGS = {
    "role": "yima_map", "jit": "off", "max_parallel_workers_per_gather": "0", "plan_cache_mode": "force_custom_plan",
    "statement_timeout": str(STATEMENT_MS), "default_transaction_read_only": "on", "application_name": "yima_export",
    "TimeZone": "Asia/Shanghai",
}  # fmt: skip


class Rows:
    """Batches of rows, read while the last one is being written. A context: leaving it ends the reading."""

    def __init__(self, dsn: str, order: Order) -> None:
        self._dsn, self._order = dsn, order
        self._ready: queue.Queue[Any] = queue.Queue(1)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.head: Head

    def __enter__(self) -> "Rows":
        self._thread.start()
        self.head = self._next()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def __iter__(self) -> Iterator[list[Any]]:
        while batch := self._next():
            yield batch

    def _next(self) -> Any:
        found = self._ready.get()
        if isinstance(found, BaseException):
            raise QueryTimeout() if isinstance(found, asyncpg.exceptions.QueryCanceledError) else found
        return found

    def _put(self, value: Any) -> None:
        while not self._stopping.is_set():
            try:
                return self._ready.put(value, timeout=0.2)
            except queue.Full:
                continue

    def _run(self) -> None:
        try:
            asyncio.run(self._read())
        except BaseException as error:
            self._put(error)

    async def _read(self) -> None:
        conn = await asyncpg.connect(self._dsn, server_settings=SETTINGS, timeout=10)
        try:
            async with conn.transaction(isolation="repeatable_read", readonly=True):
                self._put(await self._head(conn))
                sql, values = self._order.rows
                cursor = await conn.cursor(sql, *values)
                batch: list[Any] = [None]
                while batch and not self._stopping.is_set():
                    batch = await cursor.fetch(BATCH)
                    self._put(batch)  # the loop has nothing else to do
        finally:
            await conn.close(timeout=5)

    async def _head(self, conn: Any) -> Head:
        sql, values = self._order.head
        seen = await conn.fetchrow(sql, *values)
        sql, values = self._order.rows
        count = await conn.fetchval(f"SELECT count(*) FROM ({sql}) counted", *values)
        return Head(seen["version"], seen["facts_as_of"], count, seen["meridian"])
