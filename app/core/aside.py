"""First rows of tables that hold nothing are written beside them and swapped in: rows first, then indexes, all in the caller's transaction.

To insert each row into seven trees, and to look up what it refers to, takes longer than all else. Where the caller's transaction has
written nothing that others must see for it, a second session fills some of the copies and commits them: nobody but the two looks into the
schema `aside`, and what the caller never swapped in is dropped. Functions of the owner, lent (migration 0022).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_BEGIN, _COPIES, _INDEXES, _END, _HAS_WRITTEN = (
    text(f"SELECT aside_{name}(VARIADIC CAST(:t AS text[]))") for name in ("begin", "copies", "indexes", "end", "has_written")
)
_CLEAR, _CLEAR_LEFT = text("SELECT aside_clear()"), text("SELECT aside_clear() WHERE pg_try_advisory_xact_lock(hashtext('aside'))")
_NAMES = text("SELECT set_config('search_path', 'aside, public', true)")
_BESIDE = text("SELECT set_config('search_path', 'aside, public', false), set_config('lock_timeout', '60s', false)")
"""Of the second session: the two never need each other's locks; should they, an error is better than to wait for ever."""
_BESIDE_KEY, _LEFT_KEY = "aside", "aside_left"


@dataclass(frozen=True)
class Copies:
    """Where first rows are written: here, in the caller's transaction, and there, which is another session or the same."""

    here: AsyncConnection
    there: AsyncConnection

    @property
    def are_two(self) -> bool:
        return self.there is not self.here

    async def begin(self, *tables: str) -> None:
        """Copies of these come into being there, in the transaction that fills them: so they need no log."""
        if self.are_two:
            await self.there.execute(_COPIES, {"t": list(tables)})

    async def read(self, table: str) -> None:
        """Of what is not swapped but asked, all rows that stand; those to come are written there too, and `bring` brings them."""
        if self.are_two:
            await self.begin(table)
            await self.there.execute(text(f"INSERT INTO aside.{table} SELECT * FROM public.{table}"))

    async def bring(self, table: str) -> None:
        """The rows that came to it, into the table itself."""
        if self.are_two:
            missing = f"NOT EXISTS (SELECT FROM public.{table} s WHERE s.id = a.id)"
            await self.here.execute(text(f"INSERT INTO public.{table} SELECT * FROM aside.{table} a WHERE {missing}"))

    async def keep(self) -> None:
        """What was written there is whole: the caller sees it."""
        if self.are_two:
            await self.there.commit()

    async def index(self, conn: AsyncConnection, *tables: str) -> None:
        """These are filled: this session makes their indexes while the other is at work. Where there is one, they come at the end."""
        if self.are_two:
            await conn.execute(_INDEXES, {"t": list(tables)})

    async def at_once(self, here: Callable[[], Awaitable[None]], there: Callable[[], Awaitable[None]]) -> None:
        """Two pieces of work: at the same time where there are two sessions, else one after the other."""
        if not self.are_two:
            await there()
            await here()
            return
        other, mine = asyncio.ensure_future(there()), asyncio.ensure_future(here())
        try:
            await asyncio.gather(other, mine)
        finally:  # the first error is the caller's; its own statement is waited for: one that is cut short takes the connection with it
            other.cancel()
            await asyncio.wait((other, mine))


@asynccontextmanager
async def first_rows(
    conn: AsyncConnection, *tables: str, there: Sequence[str] = (), reads: Sequence[str] | None = None
) -> AsyncIterator[Copies]:
    """Inside, these names are empty copies without indexes or foreign keys; at the end these are made and the copies are the tables.

    From there to the commit the tables are locked. Where one holds anything, or is being written, all is as ever. `reads`: what else the
    work asks; named, and not written by this transaction, a second session takes the tables `there`, for the caller to begin and to keep.
    """
    if not (await conn.execute(_BEGIN, {"t": list(tables)})).scalar_one():
        yield Copies(conn, conn)
        return
    may_be_two = reads is not None and not (await conn.execute(_HAS_WRITTEN, {"t": list(reads)})).scalar_one()
    is_part, other = _BESIDE_KEY in conn.info, conn.info.get(_BESIDE_KEY, conn)
    async with AsyncExitStack() as stack:
        if not is_part:
            if may_be_two:
                other = await stack.enter_async_context(_second(conn))
            else:
                await conn.execute(_CLEAR)
            stack.enter_context(_told(conn, other))
        copies = Copies(conn, other if may_be_two else conn)
        here = [name for name in tables if not (copies.are_two and name in there)]
        if here:
            await conn.execute(_COPIES, {"t": here})
        await conn.execute(_NAMES)
        yield copies
        await conn.execute(_END, {"t": list(tables)})
        if not is_part:
            await conn.execute(_CLEAR)  # what was only read


@asynccontextmanager
async def ordinary(conn: AsyncConnection) -> AsyncIterator[Copies]:
    """The tables themselves, one session."""
    yield Copies(conn, conn)


@contextmanager
def _told(conn: AsyncConnection, other: AsyncConnection) -> Iterator[None]:
    """Work that is part of this one finds its session; who rolls back, that there may be something to clear."""
    info = conn.info
    info.update({_BESIDE_KEY: other, _LEFT_KEY: True})
    try:
        yield
    finally:
        info.pop(_BESIDE_KEY, None)


@asynccontextmanager
async def _second(conn: AsyncConnection) -> AsyncIterator[AsyncConnection]:
    async with conn.engine.connect() as other:
        try:
            await other.execute(_CLEAR)
            await other.execute(_BESIDE)
            await other.commit()
            yield other
        finally:
            await other.invalidate()  # its settings go with it


async def clear(conn: AsyncConnection) -> None:
    """Drop what an import that ended half-way left aside; nothing where one is at it."""
    await conn.execute(_CLEAR_LEFT)


async def clear_after(conn: AsyncConnection) -> None:
    """The same after a transaction that was rolled back, if it wrote aside."""
    if not conn.invalidated and conn.info.pop(_LEFT_KEY, False):
        await clear(conn)
        await conn.commit()
