"""Rows whose X and Y are swapped: they lie where their CRS is used only when the pair is turned."""

import numpy as np
from numpy.typing import NDArray
from pyproj.crs import CRS

from app.imports.checks.catalogue import issue
from app.imports.checks.issue import Issue
from app.imports.readers import crs as crs_of
from app.imports.readers.candidates import Points

_CHINA = (73.0, 3.0, 136.0, 54.0)
_WIDEST = 120.0
"""Degrees: a CRS for a wider part of the world says nothing of where a file lies; then China stands for it."""
_MARGIN = 1.0


def swapped(points: Points, source: crs_of.SourceCrs) -> NDArray[np.bool_]:
    """Which points (in the file's coordinates) lie in the area of use only with the pair turned."""
    area = area_of_use(source.crs)
    found = ~within(crs_of.degrees_of(points, source), area)
    found[found] = within(crs_of.degrees_of(points[found][:, ::-1], source), area)
    return found


def area_of_use(crs: CRS) -> tuple[float, float, float, float]:
    """West, south, east, north in degrees, with a margin."""
    area = crs.area_of_use
    if area is None or area.east - area.west > _WIDEST or area.east < area.west:
        return _CHINA
    return area.west - _MARGIN, area.south - _MARGIN, area.east + _MARGIN, area.north + _MARGIN


def within(degrees: Points, area: tuple[float, float, float, float]) -> NDArray[np.bool_]:
    """Which points lie in a box; what is not finite does not."""
    west, south, east, north = area
    x, y = degrees[:, 0], degrees[:, 1]
    return (x >= west) & (x <= east) & (y >= south) & (y <= north)


def swapped_issues(points: Points, rows: np.ndarray, *, file: str, layer: str) -> list[Issue]:
    """One issue a swapped row, with its pair as the file has it."""
    return [
        issue("axes_swapped", file=file, layer=layer, row=row, value=f"{x:.10g},{y:.10g}") for row, (x, y) in zip(rows, points, strict=True)
    ]
