"""A parcel delivery against the parcels that stand in the register: the same ground half a kilometre off is an offset map, not a change."""

import numpy as np
import shapely
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.shift import SHIFTED, true_of
from app.imports import queries
from app.imports.area_units import drawn_areas
from app.imports.errors import CrsDoubtful, asking
from app.imports.packed import PackedShapes
from app.imports.readers import Delivery

_SAMPLE = 300
_ENOUGH = 20
_MEETS, _MISSES = 0.6, 0.3
"""Share of parcels that meet a standing one of about their size once the offset is taken back; share of that which meet one as they are."""


async def compare(conn: AsyncConnection, county: str, deliveries: list[Delivery], *, stated: bool) -> None:
    """Note for every file how it lies on the register's parcels. Errors: crs_doubtful, unless the user stated the CRS."""
    for delivery in deliveries:
        points, areas = _sample(delivery)
        if len(points) < _ENOUGH:
            continue
        guesses = {"": points} | {urn: true_of(points, forward) for urn, (_, forward) in SHIFTED.items()}
        shares = {urn: await queries.standing_share(conn, county, xy, areas) for urn, xy in guesses.items()}
        _judge(delivery, shares, stated=stated)


def _sample(delivery: Delivery) -> tuple[np.ndarray, np.ndarray]:
    """A point in each of some parcels, evenly spread over the file, and the parcel's area in m²."""
    shapes = delivery.geometry if delivery.geometry is not None else PackedShapes()
    polygons = np.flatnonzero(np.isin(shapes.kinds, (3, 6)))
    taken = shapes[polygons[np.linspace(0, len(polygons) - 1, min(_SAMPLE, len(polygons))).astype(int)]] if len(polygons) else shapes[:0]
    taken = taken[shapely.is_valid(taken) & (shapely.area(taken) > 0)]
    return shapely.get_coordinates(shapely.point_on_surface(taken)), drawn_areas(taken)


def _judge(delivery: Delivery, shares: dict[str, float], *, stated: bool) -> None:
    as_is = shares[""]
    best = max(SHIFTED, key=lambda urn: shares[urn])
    name = SHIFTED[best][0]
    told = f"{as_is:.0%} 的宗地与库中宗地相合,按 {name} 还原后 {shares[best]:.0%}"
    if shares[best] >= _MEETS and as_is < _MISSES * shares[best] and not stated:
        declared = delivery.detected.crs
        raise CrsDoubtful(
            f"{delivery.file} 声明 {declared},图形却像 {name} 偏移坐标:{told}", hint=f"确为 {name} 请用 --crs {best}",
            **asking("crs", [(best, f"{name} 偏移坐标,还原后采用", told), (declared, declared, "照文件声明采用")]),
        )  # fmt: skip
    if as_is >= _MEETS and not any(f.fact == "shift" for f in delivery.detected.findings):
        delivery.detected.found("shift", "无偏移", min(0.99, 0.5 + as_is / 2), told)
