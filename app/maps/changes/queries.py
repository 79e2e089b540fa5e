"""Reading SQL of the change feed; the county comes first, then what the caller may learn of."""

from functools import lru_cache
from pathlib import Path

import asyncpg

from app.maps.changes.places import Box
from app.maps.queries import View

Place = tuple[int, int]
"""(version, seq) of a note in its layer. Versions are given out under a lock held to the commit: their order is that of the commits."""
TOUCHED = 1_000
"""More notes than this since a version count as a change of the whole layer."""


@lru_cache
def _sql(name: str) -> str:
    return (Path(__file__).parent / "sql" / f"{name}.sql").read_text("utf-8")


async def versions(pool: asyncpg.Pool, county_code: str, layers: list[str]) -> list[asyncpg.Record]:
    """Version of each layer, and the moment."""
    return await pool.fetch(_sql("versions"), county_code, layers)


async def feed(pool: asyncpg.Pool, view: View, after: dict[str, Place], limit: int) -> list[asyncpg.Record]:
    """Changes of each layer after a place in it, in the caller's scope: by layer, oldest first."""
    form = "public" if view.is_public else "outline" if view.is_officer else "full"
    places = ([version for version, _ in after.values()], [seq for _, seq in after.values()])
    return await pool.fetch(_sql("feed"), view.county_code, list(after), *places, form, view.own_body or "", limit)


async def touched(pool: asyncpg.Pool, county_code: str, layer: str, since_version: int) -> tuple[int, list[Box]] | None:
    """Version of the layer now and every extent (degrees) changed since an earlier one; None: anything may have changed.

    For the service's own caches: it knows no scope.
    """
    found = await _since(pool, county_code, layer, since_version)
    if found is None or any(row["boxes"] is None for row in found[1]):
        return None
    return found[0], [tuple(box) for row in found[1] for box in row["boxes"]]


async def changed(pool: asyncpg.Pool, county_code: str, since_version: int) -> tuple[int, set[int], list[Box] | None] | None:
    """The same by the ids of the parcels, with the extents where all are known."""
    found = await _since(pool, county_code, "parcels", since_version)
    if found is None or any(row["ids"] is None for row in found[1]):
        return None
    ids = {id_ for row in found[1] for id_ in row["ids"]}
    if any(row["boxes"] is None for row in found[1]):
        return found[0], ids, None
    return found[0], ids, [tuple(box) for row in found[1] for box in row["boxes"]]


async def _since(pool: asyncpg.Pool, county_code: str, layer: str, version: int) -> tuple[int, list[asyncpg.Record]] | None:
    """Version now and the notes since; versions are given out one at a time under a lock, so a gap means swept notes: None."""
    rows = await pool.fetch(_sql("touched"), county_code, layer, version, TOUCHED + 1)
    now, noted = rows[0]["now"], [row for row in rows if row["version"] is not None]
    is_complete = len({row["version"] for row in noted}) == now - version and len(noted) <= TOUCHED
    return (now, noted) if is_complete else None
