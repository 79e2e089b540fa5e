"""Rows of an export: one repeatable-read transaction under the map's role; first the ids that are chosen, then their rows in batches.

Values are bound. The database packs a batch into five byte strings, so that no object is made for a row or a value; memory holds a few
batches, whatever the collection holds.
"""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import asyncpg
import numpy as np
import pyarrow as pa
import uvloop

from app.core.errors import QueryTimeout
from app.maps.exports.order import Head, Order

BATCH = 2_000
STATEMENT_MS = 600_000
"""Time-out of one statement; far above the map's own, as nobody waits at a screen."""
SETTINGS = {
    "role": "yima_map", "jit": "off", "max_parallel_workers_per_gather": "0", "plan_cache_mode": "force_custom_plan",
    "statement_timeout": str(STATEMENT_MS), "default_transaction_read_only": "on", "application_name": "yima_export",
    "TimeZone": "Asia/Shanghai",
}  # fmt: skip
_CHOSEN = "SELECT string_agg(int8send(c.id), ''::bytea) FROM ({ids}) c"
_PACKED = """
SELECT string_agg(int8send(r.id), ''::bytea),
       string_agg(int4send(octet_length(r.text)), ''::bytea), string_agg(r.text, ''::bytea),
       string_agg(int4send(coalesce(octet_length(r.wkb), -1)), ''::bytea), string_agg(r.wkb, ''::bytea)
FROM ({rows}) r
"""


@dataclass(frozen=True)
class Batch:
    """Rows in id order: ids (int64), texts and shapes (WKB, null where a row has none) as binary arrays over one buffer each."""

    ids: pa.Array
    texts: pa.Array
    shapes: pa.Array

    def __len__(self) -> int:
        return len(self.ids)


class Rows:
    """The rows of an order, read as they are asked for. A context: entering it chooses the ids and tells the head.

    Leaving it ends the reading. Not within a running event loop: it has its own. Errors: QueryTimeout.
    """

    def __init__(self, dsn: str, order: Order) -> None:
        self._dsn, self._order = dsn, order
        self._one_at_a_time = threading.Lock()
        self._runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
        self._conn: Any = None
        self._ids: Any = None
        self.head: Head

    def __enter__(self) -> "Rows":
        try:
            self._run(self._open())
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._conn is not None:
            self._run(self._conn.close(timeout=5))
        self._runner.close()

    def __iter__(self) -> Iterator[Batch]:
        for start in range(0, len(self._ids), BATCH):
            yield self._run(self._read(self._ids[start : start + BATCH]))

    def fetch(self, sql: str, *values: Any) -> list[Any]:
        """Rows of another statement in the same transaction."""
        return list(self._run(self._conn.fetch(sql, *values)))

    def _run(self, step: Any) -> Any:
        try:
            with self._one_at_a_time:  # a writer that fails leaves while the thread that reads ahead is still reading
                return self._runner.run(step)
        except asyncpg.exceptions.QueryCanceledError:
            raise QueryTimeout() from None

    async def _open(self) -> None:
        self._conn = await asyncpg.connect(self._dsn, server_settings=SETTINGS, timeout=10)
        await self._conn.transaction(isolation="repeatable_read", readonly=True).start()
        sql, values = self._order.head
        seen = await self._conn.fetchrow(sql, *values)
        sql, values = self._order.ids
        self._ids = np.frombuffer(await self._conn.fetchval(_CHOSEN.format(ids=sql), *values) or b"", ">i8")
        self.head = Head(seen["version"], seen["facts_as_of"], len(self._ids), seen["meridian"])
        if self._order.forms:
            found = await self._conn.fetch(self._order.forms, self._order.county_code, self._ids.tolist())
            self.head = replace(self.head, forms=tuple(row["form"] for row in found))

    async def _read(self, ids: Any) -> Batch:
        sql, values = self._order.rows
        wanted = (int(ids[0]), int(ids[-1])) if self._order.is_whole else (ids.tolist(),)
        numbers, *said = await self._conn.fetchrow(_PACKED.format(rows=sql), *values, *wanted)
        return Batch(pa.array(np.frombuffer(numbers, ">i8").astype(np.int64)), packed(*said[:2]), packed(*said[2:]))


def packed(lengths: bytes, content: bytes | None) -> pa.Array:
    """A binary array of values that follow one another; a length of -1 is a null."""
    sizes = np.frombuffer(lengths, ">i4")
    ends = np.concatenate(([0], np.maximum(sizes, 0).cumsum())).astype(np.int32)
    is_there = None if (sizes >= 0).all() else pa.py_buffer(np.packbits(sizes >= 0, bitorder="little"))
    return pa.Array.from_buffers(pa.binary(), len(sizes), [is_there, pa.py_buffer(ends), pa.py_buffer(content or b"")])
