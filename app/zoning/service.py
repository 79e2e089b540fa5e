"""压盖比例: the share of every parcel inside every version of every planning layer, kept when parcels or layers change."""

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.events import ParcelsChanged

_OVERLAY = text((Path(__file__).parent / "sql" / "overlay.sql").read_text("utf-8"))
_PLANE = text("SELECT meridian_epsg FROM county WHERE code = :county")
_LAYERS = text("SELECT id FROM planning_layer WHERE county_code = :county ORDER BY id")


async def overlay_layer(conn: AsyncConnection, county_code: str, layer_id: int, parcel_ids: Sequence[int] | None = None) -> int:
    """Store the ratios of one layer version for the given parcels (None: all); returns how many rows changed."""
    plane = (await conn.execute(_PLANE, {"county": county_code})).scalar_one()
    values = {"county": county_code, "plane": plane, "layer_id": layer_id, "parcel_ids": None if parcel_ids is None else list(parcel_ids)}
    return (await conn.execute(_OVERLAY, values)).rowcount


async def on_parcels_changed(conn: AsyncConnection, event: ParcelsChanged) -> None:
    """Changed shapes get new ratios in every layer version; rows of retired parcels stay for earlier days."""
    if event.parcel_ids is not None and not event.parcel_ids:
        return
    for row in (await conn.execute(_LAYERS, {"county": event.county_code})).all():
        await overlay_layer(conn, event.county_code, row.id, event.parcel_ids)
