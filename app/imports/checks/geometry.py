"""Shape checks: present, an area, valid (repaired by GEOS's structure method), doubled, overlapping. They survive any geometry."""

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from shapely.lib import GEOSException

from app.core import crs
from app.imports.stage import Staged

POLYGON, MULTIPOLYGON, COLLECTION = 3, 6, 7
OVERLAP_M2, SLIVER_M2 = 1.0, 0.001
_LARGEST_AREA_M2 = 1e11
_LEAST_WIDTH_M = 0.0005
"""A shape narrower than half a millimetre throughout is a line drawn twice: its area is rounding of coordinates."""


@dataclass
class Shapes:
    """Valid MultiPolygons (4490) of a delivery, their form in the county's plane and its areas; None where a row has none."""

    stored: np.ndarray
    plane: np.ndarray
    area: np.ndarray


def check_shapes(staged: Staged, meridian_epsg: int, *, required: bool = True) -> Shapes:
    """Missing, unusable and repaired geometry; every surviving row has a valid MultiPolygon with an area."""
    given = staged.geometry if staged.geometry is not None else np.full(len(staged), None, dtype=object)
    stored = _sound(given)
    for index in staged.rows():
        geom = given[index]
        if stored[index] is not None:
            continue
        if geom is None or shapely.is_empty(geom):
            if required:
                staged.report(index, "geometry_missing")
            continue
        fixed, why = repaired(geom)
        if fixed is None:
            staged.report(index, "geometry_unusable", value=why)
            continue
        stored[index] = fixed
        if why:
            staged.report(index, "geometry_repaired", value=why)
    return _measured(staged, stored, meridian_epsg)


def _sound(given: np.ndarray) -> np.ndarray:
    """The shapes that need no care, as MultiPolygons; None for the rest."""
    kinds = shapely.get_type_id(given)
    sound = np.isin(kinds, (POLYGON, MULTIPOLYGON)) & ~shapely.is_empty(given) & np.isfinite(shapely.bounds(given)).all(axis=1)
    sound[sound] = shapely.is_valid(given[sound]) & (shapely.area(given[sound]) > 0)
    stored = given.copy()
    stored[~sound] = None
    single = np.flatnonzero(sound & (kinds == POLYGON))
    if len(single):
        stored[single] = shapely.multipolygons(given[single], indices=np.arange(len(single)))
    return stored


def repaired(geom: BaseGeometry) -> tuple[BaseGeometry | None, str]:
    """A valid MultiPolygon and what was wrong with the given shape ('' when nothing was); None when no area is left."""
    if not np.isfinite(shapely.get_coordinates(geom)).all():
        return None, "坐标不是有限的数"
    why = "" if shapely.is_valid(geom) else str(shapely.is_valid_reason(geom))
    try:
        fixed = shapely.make_valid(geom, method="structure", keep_collapsed=False) if why else geom
    except GEOSException as error:
        return None, str(error)[:120]
    kind = shapely.get_type_id(fixed)
    polygons = polygons_of(fixed)
    if polygons is None:
        return None, why or f"图形是 {geom.geom_type},没有面积"
    if kind == COLLECTION and not why:
        why = "图形集合中只取了面"
    return polygons, why


def polygons_of(geom: BaseGeometry) -> BaseGeometry | None:
    """The polygons of a geometry as one valid MultiPolygon, None when there is none with an area."""
    kind = shapely.get_type_id(geom)
    if kind == POLYGON:
        parts = [geom]
    elif kind == MULTIPOLYGON:
        parts = list(shapely.get_parts(geom))
    elif kind == COLLECTION:
        inner = [polygons_of(part) for part in shapely.get_parts(geom)]
        parts = [piece for part in inner if part is not None for piece in shapely.get_parts(part)]
    else:
        return None
    parts = [part for part in parts if not part.is_empty and part.area > 0]
    if not parts:
        return None
    joined = shapely.multipolygons(parts)
    if not shapely.is_valid(joined):
        joined = polygons_of(shapely.union_all(parts)) or joined
    return joined


def _measured(staged: Staged, stored: np.ndarray, meridian_epsg: int) -> Shapes:
    plane = crs.reproject(stored, crs.STORED, meridian_epsg)
    for bad in np.flatnonzero(~shapely.is_missing(plane) & ~shapely.is_valid(plane)):
        # Rounding of the projection alone may cross two nearly touching edges: no fault of the delivery.
        plane[bad] = polygons_of(shapely.make_valid(plane[bad], method="structure", keep_collapsed=False))
    area = np.nan_to_num(shapely.area(plane))
    usable = ~shapely.is_missing(plane) & (2 * area > _LEAST_WIDTH_M * shapely.length(plane)) & (area <= _LARGEST_AREA_M2)
    for index in staged.rows():
        if stored[index] is not None and not usable[index]:
            staged.report(index, "geometry_unusable", value=f"面积 {area[index]:.6f} 平方米")
            stored[index] = None
    return Shapes(stored, plane, area)


def check_overlaps(staged: Staged, shapes: Shapes, keys: list[str]) -> None:
    """Exact doubles and overlaps within the delivery, told on the later row with the other's key."""
    live = np.array([i for i in staged.rows() if shapes.plane[i] is not None], dtype=int)
    if len(live) < 2:
        return
    doubles = _doubles(shapes.stored, live)
    for later, earlier in sorted(doubles.items()):
        staged.report(later, "duplicate_geometry", value=keys[earlier])
    for first, second, area in overlapping_pairs(shapes.plane, live):
        if doubles.get(first, first) == doubles.get(second, second):
            continue
        code = "overlap" if area > OVERLAP_M2 else "overlap_sliver"
        staged.report(second, code, value=keys[first])


def _doubles(stored: np.ndarray, live: np.ndarray) -> dict[int, int]:
    """Later row → the first row with exactly the same shape (wherever its rings begin)."""
    first: dict[bytes, int] = {}
    doubles = {}
    for index, wkb in zip(live, shapely.to_wkb(shapely.normalize(stored[live])), strict=True):
        if wkb in first:
            doubles[int(index)] = first[wkb]
        else:
            first[wkb] = int(index)
    return doubles


def overlapping_pairs(plane: np.ndarray, live: np.ndarray) -> list[tuple[int, int, float]]:
    """(earlier, later, m²) of every pair whose interiors share more than a sliver's least area."""
    tree = shapely.STRtree(plane[live])
    left, right = tree.query(plane[live], predicate="intersects")
    keep = left < right
    first, second = live[left[keep]], live[right[keep]]
    areas = intersection_areas(plane[first], plane[second])
    found = [(int(a), int(b), float(m2)) for a, b, m2 in zip(first, second, areas, strict=True) if m2 > SLIVER_M2]
    return sorted(found, key=lambda pair: (pair[1], pair[0]))


def intersection_areas(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Areas of the intersections; a pair on which GEOS stumbles is tried again on a 0.1 mm grid."""
    try:
        return np.asarray(shapely.area(shapely.intersection(left, right)))
    except GEOSException:
        return np.array([_one_area(a, b) for a, b in zip(left, right, strict=True)], dtype=float)


def _one_area(left: BaseGeometry, right: BaseGeometry) -> float:
    for grid in (None, 1e-4, 1e-2):
        try:
            return float(shapely.area(shapely.intersection(left, right, grid_size=grid)))
        except GEOSException:
            continue
    return 0.0
