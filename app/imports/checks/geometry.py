"""Shape checks of single rows: present, enough points, an area, valid (repaired by GEOS's structure method). They survive any geometry."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry
from shapely.lib import GEOSException

from app.core import crs
from app.core.parts import in_parts
from app.imports.packed import PART, PackedShapes
from app.imports.stage import Staged

POLYGON, MULTIPOLYGON, COLLECTION = 3, 6, 7
_LARGEST_AREA_M2 = 1e11
_EARTH = (180.0, 90.0, 180.0, 90.0)
"""Degrees beyond which nothing lies, west, south, east, north: the geodesic area of what does is no number."""
_LEAST_WIDTH_M = 0.0005
"""A shape narrower than half a millimetre throughout is a line drawn twice: its area is rounding of coordinates."""
_FEW = "Too few points"
_WHERE = re.compile(r"\[(\S+) (\S+)\]")


@dataclass
class Shapes:
    """Valid MultiPolygons (4490) of a delivery, their form in the county's plane and its areas; None where a row has none.

    flat: `plane` packed; degrees: (n, 4) in 4490.
    """

    stored: PackedShapes
    plane: np.ndarray
    flat: PackedShapes
    area: np.ndarray
    degrees: np.ndarray


def check_shapes(staged: Staged, meridian_epsg: int, *, required: bool = True, apart: np.ndarray | None = None) -> Shapes:
    """Missing, unusable and repaired geometry; every surviving row has a valid MultiPolygon with an area, but those `apart` (a mask)."""
    drawn = PackedShapes.empty(len(staged)) if staged.geometry is None else PackedShapes.of(staged.geometry)
    given = drawn[:]
    sound = _sound(given)
    mended = np.full(len(given), None, dtype=object)
    faults: dict[int, str] = {}
    for index in staged.rows(~sound if apart is None else ~sound & ~apart):
        geom = given[index]
        if geom is None or shapely.is_empty(geom):
            if required:
                staged.report(index, "geometry_missing")
            continue
        mended[index], why = repaired(geom)
        if why:
            faults[index] = why
    kept = drawn.replaced(np.flatnonzero(~sound), mended[~sound])
    plane, flat, area = _measured(kept, meridian_epsg)
    _report_faults(staged, given, faults, plane, area, meridian_epsg)
    thin = ~kept.missing & shapely.is_missing(plane)
    for index in staged.rows(thin):
        staged.report(index, "geometry_unusable", value=f"面积 {area[index]:.6f} 平方米")
    stored = kept.collected().replaced(np.flatnonzero(thin), np.full(thin.sum(), None, dtype=object))
    return Shapes(stored, plane, flat, area, np.where(thin[:, None], np.nan, kept.bounds))


def _report_faults(
    staged: Staged, given: np.ndarray, faults: dict[int, str], plane: np.ndarray, area: np.ndarray, meridian_epsg: int
) -> None:
    """What was wrong with the invalid shapes, with the area before and after."""
    for index, why in faults.items():
        place = _place(why)
        is_lost = shapely.is_missing(plane[index])
        if why.startswith(_FEW):
            staged.report(index, "too_few_points", value=why, severity="error" if is_lost else None, geometry=place)
        elif is_lost:
            staged.report(index, "geometry_unusable", value=why, geometry=place)
        else:
            before = shapely.area(crs.reproject(given[index : index + 1], crs.STORED, meridian_epsg))[0]
            told = f"{why};面积 {before:.2f} → {area[index]:.2f} 平方米"
            staged.report(index, "geometry_repaired", value=told, geometry=place)


def _place(why: str) -> BaseGeometry | None:
    """The point that GEOS names."""
    match = _WHERE.search(why)
    return Point(float(match[1]), float(match[2])) if match else None


def _sound(given: np.ndarray) -> np.ndarray:
    """Which shapes need no care: valid areas on earth."""
    kinds = shapely.get_type_id(given)
    sound = np.isin(kinds, (POLYGON, MULTIPOLYGON)) & ~shapely.is_empty(given) & (np.abs(shapely.bounds(given)) <= _EARTH).all(axis=1)
    some = given if sound.all() else given[sound]
    sound[sound] = in_parts(shapely.is_valid, some) & (shapely.area(some) > 0)
    return np.asarray(sound)


def repaired(geom: BaseGeometry) -> tuple[BaseGeometry | None, str]:
    """A valid MultiPolygon and what was wrong with the given shape ('' when nothing was); None when no area is left."""
    if not np.isfinite(shapely.get_coordinates(geom)).all():
        return None, "坐标不是有限的数"
    if not (np.abs(shapely.bounds(geom)) <= _EARTH).all():
        return None, "坐标超出经度 ±180、纬度 ±90 度"
    why = "" if shapely.is_valid(geom) else str(shapely.is_valid_reason(geom))
    try:
        fixed = shapely.make_valid(geom, method="structure", keep_collapsed=False) if why else geom
        polygons = polygons_of(fixed)
    except GEOSException as error:
        return None, str(error)[:120]
    if polygons is None:
        return None, why or f"图形是 {geom.geom_type},没有面积"
    if shapely.get_type_id(fixed) == COLLECTION and not why:
        why = "图形集合中只取了面"
    return polygons, why


def polygons_of(geom: BaseGeometry) -> BaseGeometry | None:
    """The polygons of a geometry, however deeply collected, as one valid MultiPolygon; None when there is none with an area."""
    parts = np.array([geom], dtype=object)
    while np.any(shapely.get_type_id(parts) == COLLECTION) or np.any(shapely.get_type_id(parts) == MULTIPOLYGON):
        parts = shapely.get_parts(parts)
    parts = parts[(shapely.get_type_id(parts) == POLYGON) & ~shapely.is_empty(parts) & (shapely.area(parts) > 0)]
    if not len(parts):
        return None
    joined = shapely.multipolygons(parts)
    if not shapely.is_valid(joined):
        union = shapely.union_all(parts)
        kept = shapely.get_parts(np.array([union], dtype=object))
        kept = kept[(shapely.get_type_id(kept) == POLYGON) & (shapely.area(kept) > 0)]
        joined = shapely.multipolygons(kept) if len(kept) else joined
    return joined


def _measured(kept: PackedShapes, meridian_epsg: int) -> tuple[np.ndarray, PackedShapes, np.ndarray]:
    """The shapes in the plane, these packed, and their areas in m²; None where a shape is too thin or too large to be a parcel."""
    flat = kept.transformed(crs.mover(crs.STORED, meridian_epsg))
    plane = flat[:]
    missing = shapely.is_missing(plane)
    crossed = np.flatnonzero(~missing & ~in_parts(shapely.is_valid, plane))
    for bad in crossed:
        # Rounding of the projection alone may cross two nearly touching edges: no fault of the delivery.
        plane[bad] = _valid_in_plane(plane[bad])
    area = np.nan_to_num(shapely.area(plane))
    usable = (2 * area > _LEAST_WIDTH_M * shapely.length(plane)) & (area <= _LARGEST_AREA_M2)
    plane[~usable] = None
    changed = np.union1d(crossed, np.flatnonzero(~usable & ~missing))
    return plane, flat.replaced(changed, plane[changed]), area


def _valid_in_plane(geom: BaseGeometry) -> BaseGeometry | None:
    try:
        return polygons_of(shapely.make_valid(geom, method="structure", keep_collapsed=False))
    except GEOSException:  # coordinates beyond the projection
        return None


def meeting(
    plane: np.ndarray | PackedShapes, rows: np.ndarray, others: np.ndarray, *, of: Callable[[np.ndarray], np.ndarray] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """(position in `others`, position in `rows`) of the pairs that touch; `of`: what counts of a row's shape, the whole by default."""
    tree = shapely.STRtree(others)
    found = [np.zeros((2, 0), dtype=np.intp)]
    for start in range(0, len(rows), PART):
        shapes = plane[rows[start : start + PART]]
        row, other = tree.query(of(shapes) if of else shapes, predicate="intersects")
        found.append(np.array([other, row + start]))
    pairs = np.concatenate(found, axis=1)
    other, row = pairs[:, np.lexsort(pairs[::-1])]
    return other, row


def intersections(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """What pairs share; a pair on which GEOS stumbles is tried again on a grid of 0.1 mm, then of 1 cm."""
    try:
        return np.asarray(shapely.intersection(left, right))
    except GEOSException:
        return np.array([_one(a, b) for a, b in zip(left, right, strict=True)], dtype=object)


def intersection_areas(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Areas of what pairs share."""
    return np.asarray(shapely.area(intersections(left, right)))


def _one(left: BaseGeometry, right: BaseGeometry) -> BaseGeometry:
    for grid in (None, 1e-4, 1e-2):
        try:
            return shapely.intersection(left, right, grid_size=grid)
        except GEOSException:
            continue
    return shapely.from_wkt("POLYGON EMPTY")
