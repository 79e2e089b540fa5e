"""Areas and shapes of a case parcel; pure."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

import numpy as np
import shapely
from shapely.errors import ShapelyError  # type: ignore[attr-defined]
from shapely.geometry import MultiPolygon
from shapely.geometry.base import BaseGeometry

from app.core.crs import planar_area_m2
from app.remediation.errors import PartInvalid

CENT = Decimal("0.01")
OUTSIDE_M2 = 1.0
"""A part may reach this far beyond its parcel (drawing), it is cut off; more is refused."""


@dataclass(frozen=True)
class Area:
    """A case parcel's area in use (证载, else 批准, else 图形) and the largest that may be claimed or accepted."""

    used_m2: Decimal
    limit_m2: Decimal


def area_of(used_m2: Decimal, planar_m2: Decimal, part_planar_m2: Decimal | None) -> Area:
    """Whole parcel: its area in use. Part: its share of that by shape (default half-up, limit rounded up)."""
    if part_planar_m2 is None:
        return Area(used_m2, used_m2)
    share = min(used_m2 * part_planar_m2 / planar_m2, used_m2)
    return Area(share.quantize(CENT, rounding=ROUND_HALF_UP), share.quantize(CENT, rounding=ROUND_CEILING))


def planar(geom: BaseGeometry, meridian_epsg: int) -> Decimal:
    """Planar area of a shape in 4490 at 2 decimals."""
    return Decimal(str(float(planar_area_m2(np.array([geom]), meridian_epsg)[0]))).quantize(CENT, rounding=ROUND_HALF_UP)


def _polygons(geom: BaseGeometry) -> BaseGeometry:
    found = [p for g in shapely.get_parts(geom) for p in shapely.get_parts(g) if p.geom_type == "Polygon" and not p.is_empty]
    return MultiPolygon(found)


def part_of(geojson: str, parcel: BaseGeometry, meridian_epsg: int, *, pointer: str) -> BaseGeometry | None:
    """The drawn part as a multipolygon inside its parcel; None when it is the whole parcel.

    Errors: PartInvalid when it is no polygon, self-crossing, empty or lies outside the parcel.
    """
    try:
        drawn = shapely.from_geojson(geojson)
    except (ShapelyError, ValueError) as error:
        raise PartInvalid("不是 GeoJSON 图形", pointer=pointer) from error
    is_area = drawn is not None and drawn.geom_type in ("Polygon", "MultiPolygon") and not drawn.is_empty
    if not is_area or not np.isfinite(shapely.get_coordinates(drawn)).all():
        raise PartInvalid("应为面", pointer=pointer)
    drawn = shapely.force_2d(drawn)
    if not drawn.is_valid:
        raise PartInvalid(shapely.is_valid_reason(drawn), pointer=pointer)
    west, south, east, north = drawn.bounds
    if west < -180 or east > 180 or south < -90 or north > 90:
        raise PartInvalid("坐标应为经纬度(EPSG:4490)", pointer=pointer)
    inside = _polygons(shapely.intersection(drawn, parcel))
    outside = shapely.difference(drawn, parcel)
    if inside.is_empty or (not outside.is_empty and float(planar(outside, meridian_epsg)) > OUTSIDE_M2):
        raise PartInvalid("图形超出地块", pointer=pointer, hint="在地块范围内重新绘制")
    rest = shapely.difference(parcel, inside)
    return None if rest.is_empty or float(planar(rest, meridian_epsg)) < float(CENT) else inside
