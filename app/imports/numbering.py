"""Numbers from counter rows: one block a transaction, never given twice; the row lock makes two imports queue."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

ID_SCALE = 1_000_000_000
_TAKE = text(
    "INSERT INTO code_counter (county_code, town_suffix, kind, last) VALUES (:c, :t, :k, :n)"
    " ON CONFLICT (county_code, town_suffix, kind) DO UPDATE SET last = code_counter.last + :n RETURNING last"
)


async def take(conn: AsyncConnection, county: str, *, town: str, kind: str, count: int) -> range:
    """The next `count` numbers of a counter."""
    if count == 0:
        return range(0)
    last = int((await conn.execute(_TAKE, {"c": county, "t": town, "k": kind, "n": count})).scalar_one())
    return range(last - count + 1, last + 1)


async def take_ids(conn: AsyncConnection, county: str, *, kind: str, count: int) -> range:
    """Integer ids: county code × 10⁹ + number, one count for each kind of thing."""
    numbers, base = await take(conn, county, town="*", kind=kind, count=count), int(county) * ID_SCALE
    return range(base + numbers.start, base + numbers.stop)
