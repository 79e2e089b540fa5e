"""Coordinate systems: stored EPSG:4490 lon/lat; planar area in the county's one meridian; geodesic area on GRS80.

Always always_xy: EPSG:4490 and 4549 are declared north-first (DOMAIN §5.6). Never area in EPSG:3857 or degrees.
"""

from functools import lru_cache

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod, Transformer
from shapely.geometry.base import BaseGeometry

STORED = 4490
GEOD = Geod(ellps="GRS80")


@lru_cache(maxsize=64)
def transformer(source: int | str, target: int | str) -> Transformer:
    """x = easting or longitude, y = northing or latitude, in and out."""
    return Transformer.from_crs(source, target, always_xy=True)


def reproject(geoms: NDArray[np.object_], source: int | str, target: int | str) -> NDArray[np.object_]:
    """Geometries in another CRS (2D)."""
    if source == target:
        return geoms
    move = transformer(source, target)

    def each(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(move.transform(xy[:, 0], xy[:, 1]))

    moved: NDArray[np.object_] = shapely.transform(geoms, each)
    return moved


def planar_area_m2(geoms: NDArray[np.object_], meridian_epsg: int) -> NDArray[np.float64]:
    """图形面积(平面) in m² of geometries given in 4490, in the county's Gauss–Krüger plane."""
    area: NDArray[np.float64] = shapely.area(reproject(geoms, STORED, meridian_epsg))
    return area


def geodesic_area_m2(geom: BaseGeometry) -> float:
    """椭球面积 in m² of one geometry given in 4490 (GRS80 geodesic), holes subtracted."""
    if geom is None or geom.is_empty:
        return 0.0
    total = 0.0
    for part in shapely.get_parts(geom):
        rings = [part.exterior, *part.interiors]
        for number, ring in enumerate(rings):
            xy = shapely.get_coordinates(ring)
            area, _ = GEOD.polygon_area_perimeter(xy[:, 0], xy[:, 1])
            total += abs(area) if number == 0 else -abs(area)
    return total
