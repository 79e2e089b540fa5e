"""From the county's plane (EPSG:4549) to the coordinates of the file."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import shapely
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

DEGREE_DECIMALS = 9  # 0.1 mm


@lru_cache
def _transformer(source: int, target: int) -> Transformer:
    return Transformer.from_crs(source, target, always_xy=True)


def to_degrees(geometries: Sequence[BaseGeometry | None]) -> np.ndarray:
    """Longitude, latitude (CGCS2000), rounded as the file will hold them."""

    def convert(xy: np.ndarray) -> np.ndarray:
        lon, lat = _transformer(4549, 4490).transform(xy[:, 0], xy[:, 1])
        return np.round(np.column_stack([lon, lat]), DEGREE_DECIMALS)

    return shapely.transform(np.array(geometries, dtype=object), convert)


def to_plane(geometry: BaseGeometry) -> BaseGeometry:
    """CGCS2000 degrees to the county's plane, rounded to 1 mm."""

    def convert(xy: np.ndarray) -> np.ndarray:
        x, y = _transformer(4490, 4549).transform(xy[:, 0], xy[:, 1])
        return np.round(np.column_stack([x, y]), 3)

    return shapely.transform(geometry, convert)
