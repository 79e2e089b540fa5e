"""Parcel tiles of WebMercatorQuad: shapes where they can be read, complete counts per cell where they can't."""

import math

import asyncpg

from app.core.errors import NotFound
from app.maps import queries
from app.maps.queries import View

READABLE = 13
"""From this zoom on parcels are drawn one by one; below it a tile holds counts and areas per cell."""
DEEPEST = 22


def _edge(z: int, row: int) -> float:
    """Latitude of a tile row's upper edge."""
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / 2**z))))


def _degrees(z: int, row: int, col: int) -> tuple[float, float, float, float]:
    """The tile in degrees, a hair wider: the cell decides exactly."""
    hair = 1e-9
    west, east = col / 2**z * 360 - 180, (col + 1) / 2**z * 360 - 180
    return west - hair, _edge(z, row + 1) - hair, east + hair, _edge(z, row) + hair


def check(z: int, row: int, col: int) -> None:
    """NotFound for a tile that the matrix set does not have."""
    if not (0 <= z <= DEEPEST and 0 <= row < 2**z and 0 <= col < 2**z):
        raise NotFound(f"没有瓦片 {z}/{row}/{col}")


async def parcels(pool: asyncpg.Pool, view: View, z: int, row: int, col: int) -> bytes:
    """The tile's bytes, empty when it holds nothing."""
    is_public = view.table == "map_parcel_public"
    own = [(view.own_body or "") if view.is_officer else None]
    if z >= READABLE:
        name, values = ("tile_points", []) if is_public else ("tile_parcels", own)
        return bytes(await pool.fetchval(queries.sql(name), view.county_code, z, col, row, *values))
    statement = queries.sql("tile_cells")
    parts = {
        "{table}": view.table,
        "{class}": "NULL::text" if is_public else "m.display_class",
        "{mu}": "NULL::numeric" if is_public else "m.area_used_mu",
    }
    for part, text in parts.items():
        statement = statement.replace(part, text)
    return bytes(await pool.fetchval(statement, view.county_code, z, col, row, *_degrees(z, row, col), *own))
