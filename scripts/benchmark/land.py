"""Where the generated parcels lie, and the extents and tiles asked of them. Pure: no database, no server."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

COUNTY = "999001"
"""The proving county's pack says who may take which step; its own database, so nobody else's 999001 is touched."""
FIRST_ID = int(COUNTY) * 1_000_000_000
WEST, SOUTH = 121.0, 30.0
STEP_X, STEP_Y = 0.0006, 0.0004
"""Degrees from one parcel to the next; a z14 tile then holds about 1,800 of them."""
WIDE, HIGH = 0.00054, 0.00036
"""Degrees of one parcel: about 52 × 40 m."""
SHIFT = 0.00002
"""Each lies up to so much east and north of its place, so that its coordinates have as many digits as surveyed ones."""
_OUTLINES = (
    ((0, 0.1), (0.08, 0), (0.95, 0), (1, 0.06), (1, 0.9), (0.93, 1), (0.5, 0.98), (0.06, 1), (0, 0.92), (0.02, 0.5)),
    ((0, 0), (0.62, 0), (0.62, 0.07), (1, 0.07), (1, 0.55), (0.97, 1), (0.4, 1), (0.38, 0.95), (0, 0.95), (0, 0.5)),
    ((0, 0.03), (0.3, 0), (0.7, 0.02), (1, 0), (0.98, 0.5), (1, 1), (0.66, 0.97), (0.33, 1), (0.02, 1), (0, 0.6)),
)
"""Corners in shares of a parcel's width and height; mirrored they give as many more."""
Box = tuple[float, float, float, float]
"""West, south, east, north in degrees."""
Tile = tuple[int, int, int]
"""Zoom, column, row."""


def outlines() -> list[str]:
    """WKT of the shapes a parcel may have, at the origin, in degrees."""
    mirrored = [tuple((1 - x, y) for x, y in reversed(ring)) for ring in _OUTLINES]
    rings = [*_OUTLINES, *mirrored]
    return [f"MULTIPOLYGON((({', '.join(f'{x * WIDE:.7f} {y * HIGH:.7f}' for x, y in (*ring, ring[0]))})))" for ring in rings]


@dataclass(frozen=True)
class Land:
    """A county of so many parcels in rows from the south-west, ids row by row."""

    parcels: int

    @property
    def columns(self) -> int:
        """Parcels in a row; rows and columns are about as many."""
        return max(1, round(math.sqrt(self.parcels)))

    @property
    def rows(self) -> int:
        """Rows, the last one perhaps not full."""
        return -(-self.parcels // self.columns)

    @property
    def box(self) -> Box:
        """Extent of all parcels."""
        return (
            WEST,
            SOUTH,
            WEST + (self.columns - 1) * STEP_X + WIDE + SHIFT,
            SOUTH + (self.rows - 1) * STEP_Y + HIGH + SHIFT,
        )

    def extent_size(self, wanted: int) -> tuple[float, float]:
        """Width and height of an extent that meets this many parcels on average, wherever it lies."""
        side = math.sqrt(wanted)
        return max(side * STEP_X - WIDE, 1e-6), max(side * STEP_Y - HIGH, 1e-6)

    def extents(self, wanted: int, count: int, seed: int = 1) -> list[Box]:
        """Different extents of about `wanted` parcels, anywhere wholly inside."""
        west, south, east, north = self.box
        width, height = self.extent_size(wanted)
        if width > east - west or height > north - south:
            raise ValueError(f"{self.parcels} parcels have no extent of {wanted}")
        draw = random.Random(seed)
        found = []
        for _ in range(count):
            x, y = draw.uniform(west, east - width), draw.uniform(south, north - height)
            found.append((round(x, 6), round(y, 6), round(x + width, 6), round(y + height, 6)))
        return found

    def share(self, percent: float, at: float) -> Box:
        """An extent of a share of the area; `at` 0 south-west, 0.5 the middle, 1 north-east."""
        west, south, east, north = self.box
        part = math.sqrt(percent / 100)
        width, height = (east - west) * part, (north - south) * part
        x, y = west + (east - west - width) * at, south + (north - south - height) * at
        return (round(x, 6), round(y, 6), round(x + width, 6), round(y + height, 6))

    def tiles(self, zoom: int, *, whole: bool = False) -> list[Tile]:
        """WebMercatorQuad tiles that the county meets; `whole`: only those that it fills."""
        west, south, east, north = self.box
        left, top = column_of(west, zoom), row_of(north, zoom)
        right, bottom = column_of(east, zoom), row_of(south, zoom)
        edge = 1 if whole else 0
        found = [(zoom, x, y) for y in range(top + edge, bottom + 1 - edge) for x in range(left + edge, right + 1 - edge)]
        return found or self.tiles(zoom)


def column_of(longitude: float, zoom: int) -> int:
    """Column of the WebMercatorQuad tile."""
    return int((longitude + 180) / 360 * 2**zoom)


def row_of(latitude: float, zoom: int) -> int:
    """Row of the WebMercatorQuad tile, from the north."""
    return int((1 - math.asinh(math.tan(math.radians(latitude))) / math.pi) / 2 * 2**zoom)


def shuffled(tiles: list[Tile], seed: int = 1) -> list[Tile]:
    """The same tiles in an order that no neighbour cache likes."""
    found = list(tiles)
    random.Random(seed).shuffle(found)
    return found


def bbox(box: Box) -> str:
    """Text of a `bbox` parameter."""
    return ",".join(f"{number:.6f}" for number in box)


def ring(box: Box, corners: int = 24, tilt: float = 0.3) -> list[list[float]]:
    """A closed red line inside a box: an uneven, tilted outline such as a planner draws, counter-clockwise."""
    west, south, east, north = box
    x, y, a, b = (west + east) / 2, (south + north) / 2, (east - west) / 2, (north - south) / 2
    points = []
    for number in range(corners):
        angle = 2 * math.pi * number / corners
        reach = 1 - 0.08 * (number % 3)
        points.append([round(x + a * reach * math.cos(angle + tilt), 7), round(y + b * reach * math.sin(angle + tilt), 7)])
    return [*points, points[0]]


def numbered(paths: list[str], start: int) -> Iterator[str]:
    """The paths, from `start` on, around."""
    for number in range(len(paths)):
        yield paths[(start + number) % len(paths)]
