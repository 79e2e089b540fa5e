"""Coordinate systems: stored EPSG:4490 lon/lat; planar area in the county's one meridian; geodesic area on GRS80.

Always always_xy: EPSG:4490 and 4549 are declared north-first (DOMAIN §5.6). Never area in EPSG:3857 or degrees.
"""

from functools import lru_cache

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod, Transformer
from shapely.geometry.base import BaseGeometry

from app.core.parts import in_parts

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

    return in_parts(lambda part: shapely.transform(part, each), geoms)


def planar_area_m2(geoms: NDArray[np.object_], meridian_epsg: int) -> NDArray[np.float64]:
    """图形面积(平面) in m² of geometries given in 4490, in the county's Gauss–Krüger plane."""
    area: NDArray[np.float64] = shapely.area(reproject(geoms, STORED, meridian_epsg))
    return area


def geodesic_areas_m2(geoms: NDArray[np.object_]) -> NDArray[np.float64]:
    """椭球面积 in m² of areas given in 4490 (GRS80 geodesic), holes subtracted; 0 where there is none."""
    parts, owner = shapely.get_parts(geoms, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    ends = np.cumsum(shapely.get_num_coordinates(rings))
    x, y = np.ascontiguousarray(shapely.get_coordinates(rings).T) if len(rings) else np.zeros((2, 0))
    areas = np.zeros(len(rings))
    start = 0
    for number, end in enumerate(ends.tolist()):
        if end > start:
            areas[number] = abs(GEOD.polygon_area_perimeter(x[start:end], y[start:end])[0])
        start = end
    is_outer = np.r_[True, part[1:] != part[:-1]] if len(part) else np.zeros(0, dtype=bool)
    return np.bincount(owner[part], weights=np.where(is_outer, areas, -areas), minlength=len(geoms)).astype(np.float64)


def geodesic_area_m2(geom: BaseGeometry) -> float:
    """椭球面积 in m² of one geometry given in 4490."""
    return float(geodesic_areas_m2(np.array([geom], dtype=object))[0])
