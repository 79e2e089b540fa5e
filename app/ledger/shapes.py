"""Between the register's EPSG:4490 and the county's plane, for the ledger; pure."""

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from app.core.crs import STORED, reproject
from app.ledger.postings import polygons, snap


def to_plane(geom: BaseGeometry, meridian_epsg: int) -> BaseGeometry:
    """A shape of the register in the county's plane, on the 1 mm grid."""
    return snap(reproject(np.array([shapely.force_2d(geom)], dtype=np.object_), STORED, meridian_epsg)[0])


def part_to_plane(parcel: BaseGeometry, part: BaseGeometry | None, meridian_epsg: int) -> BaseGeometry:
    """The ground of a parcel or of its drawn part.

    A part is cut by its parcel in the plane, after the parcel was snapped: its new corners on the parcel's edges would otherwise
    move up to 0.7 mm off them when snapped, and hair-thin ground beside the parcel would count (0.01 m² seen).
    """
    whole = to_plane(parcel, meridian_epsg)
    if part is None:
        return whole
    moved = reproject(np.array([shapely.force_2d(part)], dtype=np.object_), STORED, meridian_epsg)[0]
    return polygons(shapely.intersection(whole, shapely.make_valid(moved)))


def to_stored(plane: BaseGeometry, meridian_epsg: int) -> bytes | None:
    """WKB in EPSG:4490 of a shape in the plane; None when nothing is left of it."""
    if plane.is_empty:
        return None
    return bytes(shapely.to_wkb(reproject(np.array([plane], dtype=np.object_), meridian_epsg, STORED)[0]))
