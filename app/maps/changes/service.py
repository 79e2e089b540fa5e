"""Use-case of the change feed: cursor → notes in the caller's scope → ids and tiles."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from app.core import pages
from app.core.errors import BadParameter
from app.core.layers import KEPT
from app.core.principal import Principal
from app.maps.changes import places, queries
from app.maps.changes.errors import ChangesExpired
from app.maps.changes.places import Grid
from app.maps.changes.queries import Place
from app.maps.changes.schemas import ChangeOut, FeedOut, TileOut
from app.maps.layers import layer_for, visible
from app.maps.queries import view_of

NOW = "now"
START, LAST = (0, 0), 2**63 - 1


@dataclass(frozen=True)
class Asked:
    """Parameters as given."""

    since: str | None
    layer: str | None
    limit: int
    z: int | None
    grid: Grid


async def feed(pool: asyncpg.Pool, principal: Principal, asked: Asked) -> FeedOut:
    """Changes after `since` (a cursor, `now`, or None: all that is kept). Errors: NotFound, BadParameter, ChangesExpired.

    Where the layers stand is read first: the cursor passes nothing that was not yet committed, so a slow import is told when it is.
    """
    view = view_of(principal)
    layers = [layer_for(principal, asked.layer).id] if asked.layer else [layer.id for layer in visible(principal)]
    binding = pages.bind("changes", view.scope, asked.layer)
    stand = await queries.versions(pool, view.county_code, layers)
    now, ends = stand[0]["at"], {row["layer"]: (row["version"], LAST) for row in stand}
    if asked.since == NOW:
        return FeedOut(changes=[], cursor=_cursor(ends, now, binding), more=False)
    after = _after(asked.since, binding, ends, now) if asked.since else dict.fromkeys(layers, START)
    rows = await queries.feed(pool, view, after, asked.limit)
    more = len(rows) == asked.limit
    seen = after | {row["layer"]: (row["version"], row["seq"]) for row in rows}
    if not more:
        seen = {layer: max(place, ends[layer]) for layer, place in seen.items()}
    return FeedOut(changes=[_told(row, asked) for row in rows], cursor=_cursor(seen, now, binding), more=more)


def _cursor(places_seen: dict[str, Place], at: datetime, binding: str) -> str:
    return pages.encode([[layer, *place] for layer, place in places_seen.items()] + [int(at.timestamp())], binding)


def _after(cursor: str, binding: str, ends: dict[str, Place], now: datetime) -> dict[str, Place]:
    """Places of a cursor; ChangesExpired when what came after it may have been swept, or the database went back behind it."""
    try:
        *seen, at = pages.decode(cursor, binding)
    except BadParameter as error:
        error.pointer = "query:since"
        raise
    after = {layer: (version, seq) for layer, version, seq in seen}
    if now.timestamp() - at > KEPT.total_seconds() or any(place[0] > ends[layer][0] for layer, place in after.items()):
        raise ChangesExpired(pointer="query:since", hint="重新读取图层,再以 since=now 取得新游标")
    return after


def _told(row: asyncpg.Record, asked: Asked) -> ChangeOut:
    found: list[Any] | None = None
    if asked.z is not None and row["boxes"] is not None:
        found = places.tiles(row["boxes"], asked.z, asked.grid)
    tiles = None if found is None else [TileOut(grid=asked.grid, z=asked.z or 0, row=r, col=c) for r, c in found]
    return ChangeOut(layer=row["layer"], version=row["version"], at=row["at"], ids=row["ids"], tiles=tiles)
