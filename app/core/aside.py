"""First rows of tables that hold nothing are written beside them and swapped in: rows first, then indexes, all in the caller's transaction.

To insert each row into seven trees, and to look up what it refers to, takes longer than all else. Functions of the owner, lent
(migration 0019).
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_BEGIN = text("SELECT aside_begin(VARIADIC CAST(:t AS text[]))")
_NAMES = text("SELECT set_config('search_path', 'aside, public', true)")
_END = text("SELECT aside_end(VARIADIC CAST(:t AS text[]))")


@asynccontextmanager
async def first_rows(conn: AsyncConnection, *tables: str) -> AsyncIterator[None]:
    """Inside, these names are empty copies without indexes or foreign keys; at the end these are made and the copies are the tables.

    From there to the commit the tables are locked. Where one holds anything, or is being written, all is as ever.
    """
    is_aside = bool((await conn.execute(_BEGIN, {"t": list(tables)})).scalar_one())
    if is_aside:
        await conn.execute(_NAMES)
    yield
    if is_aside:
        await conn.execute(_END, {"t": list(tables)})
