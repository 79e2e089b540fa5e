"""Which tiles an extent in degrees touches, in both matrix sets, the drawing margin of a neighbour included."""

import math
from collections.abc import Iterable
from enum import StrEnum

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees (EPSG:4490)."""
MARGIN = 64 / 4096
"""A tile draws this share of its side beyond its edge."""
TILES = 500
"""An entry naming more tiles than this names none: refetch all."""


class Grid(StrEnum):
    """Tile matrix sets: the web's, and 天地图's `_c` degrees."""

    web = "WebMercatorQuad"
    degrees = "CGCS2000Quad"


def _column(lon: float, z: int) -> float:
    return (lon + 180) / 360 * 2**z


def _row(lat: float, z: int, grid: Grid) -> float:
    if grid is Grid.degrees:
        return (90 - lat) / 360 * 2**z
    limited = math.radians(max(-85.06, min(85.06, lat)))
    return (1 - math.asinh(math.tan(limited)) / math.pi) / 2 * 2**z


def tiles(boxes: Iterable[Box], z: int, grid: Grid) -> list[tuple[int, int]] | None:
    """(row, column) of every touched tile in order; None when they are more than TILES."""
    rows_all = 2 ** (z - 1) if grid is Grid.degrees and z else 2**z
    found: set[tuple[int, int]] = set()
    for west, south, east, north in boxes:
        top, bottom = max(math.floor(_row(north, z, grid) - MARGIN), 0), min(math.floor(_row(south, z, grid) + MARGIN), rows_all - 1)
        left, right = math.floor(_column(west, z) - MARGIN), math.floor(_column(east, z) + MARGIN)
        if (bottom - top + 1) * (right - left + 1) > TILES:
            return None
        found |= {(row, column % 2**z) for row in range(top, bottom + 1) for column in range(left, right + 1)}
        if len(found) > TILES:
            return None
    return sorted(found)
