"""Lines and points of a planning delivery: stored as they are, told row by row, never an area."""

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from app.core import crs
from app.imports.stage import Staged

_POINT, _LINE, _POLYGON = (0, 4), (1, 2, 5), (3, 6)
_COLLECTION = 7
_LEAST_LENGTH_M = 0.001


def take_lines(staged: Staged, meridian_epsg: int) -> np.ndarray:
    """MultiLineString or MultiPoint (4490) of the rows without any polygon, None elsewhere; each is told, one without length kept out."""
    given = staged.geometry[:] if staged.geometry is not None else np.full(len(staged), None, dtype=object)
    taken = np.full(len(given), None, dtype=object)
    known = np.isfinite(shapely.bounds(given)).all(axis=1) & ~np.isin(shapely.get_type_id(given), _POLYGON)
    for index in staged.rows(known):
        taken[index] = _flat(given[index])
    plane = crs.reproject(taken, crs.STORED, meridian_epsg)
    for index in staged.rows(~shapely.is_missing(taken)):
        if taken[index].geom_type == "MultiPoint":
            staged.report(index, "zone_not_area", value=f"{len(taken[index].geoms)} 个点")
        elif (length := float(shapely.length(plane[index]))) < _LEAST_LENGTH_M:
            staged.report(index, "geometry_unusable", value="线没有长度")
            taken[index] = None
        else:
            staged.report(index, "zone_not_area", value=f"线,长 {length:.2f} 米{_apart(plane[index])}")
    return taken


def _flat(geom: BaseGeometry) -> BaseGeometry | None:
    """The lines of a shape, else its points; None where it holds a polygon or coordinates that are no numbers."""
    if not np.isfinite(shapely.get_coordinates(geom)).all():
        return None
    parts = np.array([geom], dtype=object)
    while np.any(shapely.get_type_id(parts) == _COLLECTION):
        parts = shapely.get_parts(parts)
    parts = shapely.get_parts(parts)
    kinds = shapely.get_type_id(parts)
    if np.isin(kinds, _POLYGON).any():
        return None
    lines = [shapely.linestrings(shapely.get_coordinates(line)) for line in parts[np.isin(kinds, _LINE)]]
    return shapely.multilinestrings(lines) if lines else shapely.multipoints(parts[np.isin(kinds, _POINT)])


def _apart(line: BaseGeometry) -> str:
    """How far a single line is from being closed: a small number means that it was meant to be."""
    if len(line.geoms) > 1:
        return ""
    xy = shapely.get_coordinates(line)
    return f",首尾相距 {float(np.hypot(*(xy[0] - xy[-1]))):.3f} 米"
