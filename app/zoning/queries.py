"""All SQL of the zoning room."""

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_IS_LINEAR = """(
    SELECT coalesce(bool_and(z.area_planar_m2 IS NULL), false)
    FROM planning_zone AS z
    WHERE z.county_code = CAST(:county AS text) AND z.layer_id = CAST(:layer_id AS bigint)
)"""
_OVERLAY = text((Path(__file__).parent / "sql" / "overlay.sql").read_text("utf-8").replace("{is_linear}", _IS_LINEAR))
_FORGET = text(
    f"DELETE FROM parcel_overlay WHERE county_code = CAST(:county AS text) AND layer_id = CAST(:layer_id AS bigint) AND {_IS_LINEAR}"
)
_PLANE = text("SELECT meridian_epsg FROM county WHERE code = :county")
_LAYERS = text("SELECT id FROM planning_layer WHERE county_code = :county ORDER BY id")


async def overlay(conn: AsyncConnection, county_code: str, layer_id: int, parcel_ids: Sequence[int] | None) -> int:
    """Write the ratios of one layer version; rows changed. Those of a version that has come to be of lines only are taken back."""
    plane = (await conn.execute(_PLANE, {"county": county_code})).scalar_one()
    values = {"county": county_code, "plane": plane, "layer_id": layer_id, "parcel_ids": None if parcel_ids is None else list(parcel_ids)}
    gone = (await conn.execute(_FORGET, {"county": county_code, "layer_id": layer_id})).rowcount
    return gone + (await conn.execute(_OVERLAY, values)).rowcount


async def layer_ids(conn: AsyncConnection, county_code: str) -> list[int]:
    """Every version of every planning layer of the county."""
    return [row.id for row in await conn.execute(_LAYERS, {"county": county_code})]
