"""Between the register's EPSG:4490 and the county's plane, for the ledger; pure."""

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from app.core.crs import STORED, reproject
from app.ledger.postings import snap


def to_plane(geom: BaseGeometry, meridian_epsg: int) -> BaseGeometry:
    """A shape of the register in the county's plane, on the 1 mm grid."""
    return snap(reproject(np.array([shapely.force_2d(geom)], dtype=np.object_), STORED, meridian_epsg)[0])


def to_stored(plane: BaseGeometry, meridian_epsg: int) -> bytes | None:
    """WKB in EPSG:4490 of a shape in the plane; None when nothing is left of it."""
    if plane.is_empty:
        return None
    return bytes(shapely.to_wkb(reproject(np.array([plane], dtype=np.object_), meridian_epsg, STORED)[0]))
