"""`bbox`: west,south,east,north in degrees (CRS84, RFC 7946); west > east crosses the antimeridian. `bbox-crs`: another system. Pure."""

import math
from typing import NamedTuple

from app.core.errors import BadParameter
from app.maps.crs import Crs, plane_box

WEB_MERCATOR = 3857
_FARTHEST, _WIDEST = 1e9, 350
_FUZZY = 2e-6
"""Degrees; twice the EPSILON of PostgreSQL's geometric types (geo_decls.h)."""


class Envelope(NamedTuple):
    """One box in degrees."""

    west: float
    south: float
    east: float
    north: float

    @property
    def is_flat(self) -> bool:
        """A point or a line."""
        return self.west == self.east or self.south == self.north

    @property
    def inner(self) -> "Envelope | None":
        """What lies in it by PostgreSQL's comparison of boxes, which takes 0.000001° for nothing, surely lies in the extent.

        None where the extent is too small for that.
        """
        if min(self.east - self.west, self.north - self.south) <= 4 * _FUZZY:
            return None
        return Envelope(self.west + _FUZZY, self.south + _FUZZY, self.east - _FUZZY, self.north - _FUZZY)

    @property
    def box(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """As PostgreSQL's box: its two corners."""
        return (self.east, self.north), (self.west, self.south)


class Extent(NamedTuple):
    """No, one or (across the antimeridian) two envelopes; a rectangle of a plane also as the GeoJSON shape it is in degrees."""

    envelopes: tuple[Envelope, ...] = ()
    shape: str | None = None


def parse_extent(bbox: str | None, crs: Crs) -> Extent:
    """The extent of a request; BadParameter for anything that is not a box on the earth."""
    if bbox is None or crs.is_stored:
        return Extent(parse_bbox(bbox))
    numbers = _numbers(bbox)
    half = len(numbers) // 2
    (first, second), (third, fourth) = numbers[:2], numbers[half : half + 2]
    west, south, east, north = (second, first, fourth, third) if crs.is_north_first else (first, second, third, fourth)
    if crs.is_geographic:
        return Extent(parse_bbox(f"{west},{south},{east},{north}"))
    if west > east or south > north:
        raise _bad("平面坐标的最小值大于最大值")
    if max(map(abs, (west, south, east, north))) > _FARTHEST:
        raise _bad("坐标超出范围")
    shape, bounds = plane_box(crs.srid, west, south, east, north)
    if not all(math.isfinite(n) for n in bounds) or bounds[2] - bounds[0] > _WIDEST or max(map(abs, bounds)) > 180:
        raise _bad("范围超出该坐标系的适用区域")
    return Extent((Envelope(*bounds),), shape if west < east and south < north and crs.srid != WEB_MERCATOR else None)


def parse_bbox(bbox: str | None) -> tuple[Envelope, ...]:
    """No, one or two envelopes in degrees."""
    if bbox is None:
        return ()
    numbers = _numbers(bbox)
    half = len(numbers) // 2
    (west, south), (east, north) = numbers[:2], numbers[half : half + 2]
    if south > north:
        raise _bad("南边界大于北边界")
    if not (-180 <= west <= 180 and -180 <= east <= 180 and south >= -90 and north <= 90):
        raise _bad("经度应在 ±180, 纬度应在 ±90 之内")
    if west > east:
        return Envelope(west, south, 180.0, north), Envelope(-180.0, south, east, north)
    return (Envelope(west, south, east, north),)


def _numbers(bbox: str) -> list[float]:
    """Four or six finite numbers, lowest height first."""
    try:
        numbers = list(map(float, bbox.split(",")))
    except ValueError as error:
        raise _bad("每一项都应是数字") from error
    if len(numbers) not in (4, 6):
        raise _bad(f"应有 4 或 6 个数, 收到 {len(numbers)} 个")
    if not all(map(math.isfinite, numbers)):
        raise _bad("不接受 NaN 或无穷大")
    if len(numbers) == 6 and numbers[2] > numbers[5]:
        raise _bad("最低高程大于最高高程")
    return numbers


def _bad(detail: str) -> BadParameter:
    return BadParameter(detail, pointer="query:bbox", hint="bbox=西,南,东,北 (度); 另一坐标系按 bbox-crs 的轴序")
