"""压盖比例: the share of every parcel inside every version of every planning layer, kept when parcels or layers change."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.events import ParcelsChanged
from app.zoning import queries


async def overlay_layer(conn: AsyncConnection, county_code: str, layer_id: int, parcel_ids: Sequence[int] | None = None) -> int:
    """Store the ratios of one layer version for the given parcels (None: all); returns how many rows changed."""
    return await queries.overlay(conn, county_code, layer_id, parcel_ids)


async def on_parcels_changed(conn: AsyncConnection, event: ParcelsChanged) -> None:
    """Changed shapes get new ratios in every layer version; rows of retired parcels stay for earlier days."""
    if event.parcel_ids is not None and not event.parcel_ids:
        return
    for layer_id in await queries.layer_ids(conn, event.county_code):
        await queries.overlay(conn, event.county_code, layer_id, event.parcel_ids)
