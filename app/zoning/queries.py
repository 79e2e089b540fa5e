"""All SQL of the zoning room."""

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_OVERLAY = text((Path(__file__).parent / "sql" / "overlay.sql").read_text("utf-8"))
_PLANE = text("SELECT meridian_epsg FROM county WHERE code = :county")
_LAYERS = text("SELECT id FROM planning_layer WHERE county_code = :county ORDER BY id")


async def overlay(conn: AsyncConnection, county_code: str, layer_id: int, parcel_ids: Sequence[int] | None) -> int:
    """Write the ratios of one layer version; rows changed."""
    plane = (await conn.execute(_PLANE, {"county": county_code})).scalar_one()
    values = {"county": county_code, "plane": plane, "layer_id": layer_id, "parcel_ids": None if parcel_ids is None else list(parcel_ids)}
    return (await conn.execute(_OVERLAY, values)).rowcount


async def layer_ids(conn: AsyncConnection, county_code: str) -> list[int]:
    """Every version of every planning layer of the county."""
    return [row.id for row in await conn.execute(_LAYERS, {"county": county_code})]
