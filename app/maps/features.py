"""宗地 by extent: the page's ids first, then their stored texts, joined as bytes and never decoded."""

from datetime import date
from typing import Any, NamedTuple

import asyncpg
from fastapi import Request

from app.core import db
from app.core.errors import BadParameter, NotFound
from app.maps import queries
from app.maps.crs import DEFAULT, Crs
from app.maps.held import keeper_of
from app.maps.queries import COUNTED, Page, View

MAX_OFFSET = 100_000
WAIT = 10
"""Seconds for a connection of the pool; then 503 rather than a queue without end."""


class Found(NamedTuple):
    """A page: texts, the key after which the next one begins (None: this was the last), the exact number matched if known."""

    rows: list[bytes]
    after: list[Any] | None
    matched: int | None
    packed: int | None = None
    """Number of features where each of `rows` holds several, joined by commas."""

    @property
    def number(self) -> int:
        """Features of the page."""
        return len(self.rows) if self.packed is None else self.packed


_DAYS: dict[str, tuple[int, date | None]] = {}


async def version(request: Request, county_code: str, layer: str) -> int:
    """Version of a layer, read before its data: the door has read it together with the caller, else one primary-key look-up."""
    seen = request.scope.get("state", {}).get("layer_version")
    if seen is not None and seen[:2] == (county_code, layer):
        return int(seen[2])
    return int(await request.app.state.map_pool.fetchval(queries.sql("version"), county_code, layer) or 0)


async def facts_as_of(pool: asyncpg.Pool, county_code: str, version: int) -> date | None:
    """Day of the published facts: a run that publishes others moves the version of the parcels, so it is asked once a version."""
    known = _DAYS.get(county_code)
    if known is None or known[0] != version or not version:
        known = _DAYS[county_code] = (version, await pool.fetchval(queries.sql("facts_as_of"), county_code))
    return known[1]


def checked_filters(view: View, given: dict[str, str | None]) -> dict[str, str]:
    """Filters that were given; a field outside the caller's view is refused, else the answer would tell it."""
    asked = {name: value for name, value in given.items() if value is not None}
    if hidden := sorted(asked.keys() - view.filters) if asked else []:
        raise BadParameter(f"公开数据不含字段 {'、'.join(hidden)}", pointer=f"query:{hidden[0]}")
    return asked


async def held(request: Request, view: View, page: Page, version: int) -> Found | None:
    """One page of parcels from this worker's memory, as of `version` of the layer or later; None: the database has to be asked."""
    found = await keeper_of(request).page(request.app.state.map_pool, view, page, version)
    return Found(found.rows, found.after, found.matched, found.packed) if found else None


async def parcels(pool: asyncpg.Pool, view: View, page: Page) -> Found:
    """One page of parcels; one more is asked for to know whether another page follows.

    Few in one extent: all in one look. Up to COUNTED: counted, their ids put in order. More: a walk in id order.
    """
    is_first = not (page.after or page.offset)
    is_small = is_first and len(page.envelopes) == 1 and not page.sort
    is_steady = is_small and page.crs.is_stored and not any(c.needs_shape for c in page.terms)
    if is_steady and (few := await _few(db.steady(db.MAP), view, page)):
        return few
    async with pool.acquire(timeout=WAIT) as conn:
        if page.sort:
            return await _sorted(conn, view, page)
        if is_small and not is_steady and (few := await _few(conn, view, page)):
            return few
        more = page._replace(limit=page.limit + 1)
        is_walked = page.is_plain and not is_first  # the first page has counted
        is_counted = not is_walked and (is_first or page.offset or page.matched is not None)
        ids, matched = await _counted(conn, view, more) if is_counted else (None, page.matched)
        if ids is None and page.is_plain:
            rows = await conn.fetch(*_flat(queries.texts_in_order(view, more)))
            after = [rows[page.limit - 1][0], matched] if len(rows) > page.limit else None
            return Found([row[1] for row in rows[: page.limit]], after, matched)
        if ids is None:
            ids = [row[0] for row in await conn.fetch(*_flat(queries.ids_in_order(view, more)))]
        rows = await conn.fetch(*_flat(queries.texts(view, ids[: page.limit], page.crs))) if ids else []
    return Found([row["feature"] for row in rows], [ids[page.limit - 1], matched] if len(ids) > page.limit else None, matched)


async def _few(conn: Any, view: View, page: Page) -> Found | None:
    """All parcels of a small extent, in no order (to order them takes a tenth of the answer's time); None when it holds none or more
    than a page.
    """
    rows = await conn.fetch(*_flat(queries.texts_of_few(view, page)))
    return Found([row[0] for row in rows], None, len(rows)) if rows else None


def _flat(statement: tuple[str, list[Any]]) -> tuple[Any, ...]:
    return statement[0], *statement[1]


async def _counted(conn: Any, view: View, page: Page) -> tuple[list[int] | None, int | None]:
    """Ids of the page and the number matched where the candidates are not too many to look at, else None."""
    few = await conn.fetchrow(*_flat(queries.ids_of_few(view, page)))
    return (few["ids"], few["matched"]) if few["near"] <= COUNTED else (None, None)


async def _sorted(conn: Any, view: View, page: Page) -> Found:
    """A page in another order than the id's; its cursor carries the last row's key."""
    statement, bound = queries.ids_sorted(view, page._replace(limit=page.limit + 1))
    rows = await conn.fetch(statement, *bound)
    counting, values = queries.count_sorted(view, page)
    count = await conn.fetchval(counting, *values)
    chosen = rows[: page.limit]
    statement, bound = queries.texts(view, [row["id"] for row in chosen], page.crs)
    texts = {row["id"]: row["feature"] for row in await conn.fetch(statement, *bound)}
    after = [chosen[-1]["key"], chosen[-1]["id"]] if len(rows) > page.limit else None
    return Found([texts[row["id"]] for row in chosen if row["id"] in texts], after, count if count <= COUNTED else None)


async def parcel(pool: asyncpg.Pool, view: View, key: str, crs: Crs = DEFAULT) -> bytes:
    """One parcel's text by integer id or land_code; NotFound also outside the county."""
    statement, bound = queries.one(view, int(key) if key.isascii() and key.isdigit() and len(key) <= 16 else key, crs)
    row = await pool.fetchrow(statement, *bound)
    if row is None:
        raise NotFound(f"没有宗地 {key}")
    return bytes(row["feature"])
