"""Shapes for the format: parts with holes and islands, on the grid of the file's decimals."""

from typing import Any

import numpy as np
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Polygon

EAST, NORTH = 480_000.0, 3_300_000.0
Point = tuple[float, float]


@st.composite
def ring(draw: Any, centre: Point, least: float, most: float, decimals: int) -> list[Point]:
    """A star-shaped ring of 3 to 9 points between two radii."""
    count = draw(st.integers(3, 9))
    turn = draw(st.floats(0, 1))
    radii = draw(st.lists(st.floats(least, most), min_size=count, max_size=count))
    angles = (np.arange(count) + turn) * 2 * np.pi / count
    points = [
        (round(centre[0] + r * float(np.cos(a)), decimals), round(centre[1] + r * float(np.sin(a)), decimals))
        for r, a in zip(radii, angles, strict=True)
    ]
    return points if draw(st.booleans()) else points[::-1]


@st.composite
def lands(draw: Any, decimals: int) -> Polygon | MultiPolygon:
    """1 to 3 parts with up to two holes each; a hole may hold an island. Valid."""
    parts = []
    for number in range(draw(st.integers(1, 3))):
        x, y = EAST + 300.0 * number + draw(st.integers(0, 1000)) / 8, NORTH + draw(st.integers(0, 100_000)) / 8
        holes = [draw(ring((x + side * 9, y), 2.0, 4.0, decimals)) for side in (-1, 1) if draw(st.booleans())]
        parts.append(Polygon(draw(ring((x, y), 60.0, 110.0, decimals)), holes))
        if holes and draw(st.booleans()):
            middle = Polygon(holes[0]).representative_point()
            parts.append(Polygon(draw(ring((middle.x, middle.y), 0.01, 0.02, decimals))))
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)
