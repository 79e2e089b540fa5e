"""宗地 as of another day or as the register knew them: built from the versions, slower, without verdicts of another day."""

from typing import Any

import asyncpg

from app.core.errors import BadParameter, NotFound
from app.maps import queries
from app.maps.crs import DEFAULT, Crs
from app.maps.features import Found
from app.maps.moments import Moment
from app.maps.queries import Page, View


def _values(view: View, moment: Moment, page: Page, key: str | None) -> list[Any]:
    form = "public" if view.table == "map_parcel_public" else "officer" if view.is_officer else "full"
    sides = [[getattr(e, side) for e in page.envelopes] or None for side in ("west", "south", "east", "north")]
    return [
        view.county_code, moment.known_at, moment.start, moment.end, page.after, page.limit,
        page.filters.get("responsible_body"), *sides, form, view.own_body, key, page.shape,
    ]  # fmt: skip


async def parcels(pool: asyncpg.Pool, view: View, moment: Moment, page: Page) -> Found:
    """One page of the parcels of that moment."""
    later = sorted(set(page.filters) - {"responsible_body"})
    if later or page.offset or page.conditions or page.sort:
        name = later[0] if later else "filter" if page.conditions else "sortby" if page.sort else "offset"
        raise BadParameter("历史时点只能按 responsible_body 筛选,且不支持 filter、sortby、offset", pointer=f"query:{name}")
    values = _values(view, moment, page, None)
    values[5] = page.limit + 1
    rows = await pool.fetch(page.crs.drawn(queries.sql("history")), *values)
    after = [rows[page.limit - 1]["id"], None] if len(rows) > page.limit else None
    return Found([row["feature"] for row in rows[: page.limit]], after, None)


async def parcel(pool: asyncpg.Pool, view: View, moment: Moment, key: str, crs: Crs = DEFAULT) -> bytes:
    """One parcel of that moment, also one that no longer exists."""
    row = await pool.fetchrow(crs.drawn(queries.sql("history")), *_values(view, moment, Page((), {}, 1), key))
    if row is None:
        raise NotFound(f"该时点没有宗地 {key}")
    return bytes(row["feature"])
