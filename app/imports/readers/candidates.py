"""Which coordinate systems would put a file's coordinates into the county: proposals for the user, never an answer of their own."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from app.core import crs as core_crs
from app.core.shift import SHIFTED
from app.imports.packed import PackedShapes
from app.imports.readers.base import Place

Points = NDArray[np.float64]
SAMPLE = 2_000
_MARGIN_DEGREES = 0.03
"""Outlines are generalised: what lies within about 3 km of one is near enough to speak for a CRS."""
_WORLD_PLANES = {3857: "Web 墨卡托", 32650: "WGS84 UTM 50带", 32651: "WGS84 UTM 51带"}


@dataclass(frozen=True)
class Candidate:
    """A CRS as --crs takes it, what it is called, and the share of the sample it puts into the county (None: outline unknown)."""

    value: str
    label: str
    share: float | None = None

    @property
    def reason(self) -> str:
        return "按坐标数值推测;本县轮廓未知,未能核对" if self.share is None else f"按它 {self.share:.0%} 的图形落在本县"

    @property
    def told(self) -> str:
        return self.label + (f",{self.share:.0%} 的图形落在本县" if self.share is not None else "")


def sample_points(geometry: np.ndarray | PackedShapes, *, size: int = SAMPLE) -> Points:
    """Centres of the bounds of up to `size` evenly spread rows; rows without finite coordinates are left out."""
    rows = np.linspace(0, len(geometry) - 1, min(size, len(geometry))).astype(int) if len(geometry) else np.zeros(0, dtype=int)
    return centres(shapely.bounds(geometry[rows]))[1]


def centres(bounds: NDArray[np.float64]) -> tuple[NDArray[np.intp], Points]:
    """(row, centre of its bounds) of the rows that have finite coordinates."""
    rows = np.flatnonzero(np.isfinite(bounds).all(axis=1))
    sound = bounds[rows]
    return rows, np.column_stack(((sound[:, 0] + sound[:, 2]) / 2, (sound[:, 1] + sound[:, 3]) / 2))


def inside(degrees: Points, outline: BaseGeometry) -> NDArray[np.bool_]:
    """Which points lie in the county or just beside it."""
    if not len(degrees):
        return np.zeros(0, dtype=bool)
    area = shapely.buffer(shapely.simplify(outline, _MARGIN_DEGREES / 10), _MARGIN_DEGREES)
    shapely.prepare(area)
    return np.asarray(shapely.contains_xy(area, degrees[:, 0], degrees[:, 1]))


def share_inside(degrees: Points, outline: BaseGeometry) -> float:
    """Share (0–1) of points in the county."""
    return float(inside(degrees, outline).mean()) if len(degrees) else 0.0


def candidates(points: Points, place: Place) -> list[Candidate]:
    """The plausible CRSs of coordinates, likeliest first; with a known outline only those that lead into the county."""
    if not len(points):
        return []
    if looks_like_degrees(points):
        return _degrees(points, place)
    forms = (
        [(points, ""), (points[:, ::-1], "(文件先写北坐标)")]
        if np.median(points[:, 1]) > 5e6 or np.median(points[:, 0]) < 7e6
        else [(points, "")]
    )
    found = [candidate for pairs, told in forms for candidate in _planes(pairs, place, told)]
    return sorted(found, key=lambda c: -(c.share or 0))


def looks_like_degrees(points: Points) -> bool:
    """Whether the middle of the values can be longitude and latitude, in either order."""
    return bool(len(points)) and bool((np.abs(np.median(points, axis=0)) <= 181).all())


def _degrees(points: Points, place: Place) -> list[Candidate]:
    x, y = np.median(points, axis=0)
    turned = abs(y) > 90 or (3 <= x <= 54 and 73 <= y <= 136)
    pairs = points[:, ::-1] if turned else points
    share = None if place.outline is None else share_inside(pairs, place.outline)
    if share is not None and share < 0.5:
        return []
    named = [("EPSG:4490", "CGCS2000 经纬度"), ("EPSG:4326", "WGS84 经纬度")]
    named += [(urn, f"{name} 偏移坐标(互联网地图)") for urn, (name, _) in SHIFTED.items()] if 73 <= np.median(pairs[:, 0]) <= 136 else []
    return [Candidate(value, label + ("(文件先写纬度)" if turned else ""), share) for value, label in named]


def _planes(points: Points, place: Place, told: str) -> list[Candidate]:
    east = float(np.median(points[:, 0]))
    north = float(np.median(points[:, 1]))
    if not 1.5e6 <= north <= 6.3e6:
        return []
    zone = int(east // 1e6)
    named: list[tuple[int, str]] = []
    if 25 <= zone <= 45:
        named.append((4488 + zone, f"CGCS2000 三度带 {zone} 带,中央经线{3 * zone}°,横坐标带带号"))
    elif 13 <= zone <= 23:
        named.append((4478 + zone, f"CGCS2000 六度带 {zone} 带,横坐标带带号"))
    elif 0 < east < 1e6:
        named += _zones_around(place)
    if place.outline is not None:
        named += list(_WORLD_PLANES.items())
    found = []
    for code, name in named:
        share = None if place.outline is None else share_inside(_to_degrees(points, code), place.outline)
        if share is None or share >= 0.5:
            found.append(Candidate(f"EPSG:{code}", name + told, share))
    return found


def _zones_around(place: Place) -> list[tuple[int, str]]:
    """Zones without prefix: those about the county; its own plane alone where the outline is unknown."""
    if place.outline is None:
        return [(place.meridian_epsg, "本县采用的投影带")] if place.meridian_epsg else []
    longitude = float(shapely.centroid(place.outline).x)
    three, six = round(longitude / 3), int(longitude // 6) + 1
    named = [(4509 + z, f"CGCS2000 三度带,中央经线{3 * z}°") for z in (three - 1, three, three + 1) if 25 <= z <= 45]
    return named + ([(4489 + six, f"CGCS2000 六度带,中央经线{6 * six - 3}°")] if 13 <= six <= 23 else [])


def _to_degrees(points: Points, code: int) -> Points:
    return np.column_stack(core_crs.transformer(code, core_crs.STORED).transform(points[:, 0], points[:, 1]))
