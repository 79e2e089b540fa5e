"""Coordinates of a file to CGCS2000 longitude/latitude; what the file does not say is asked, never assumed."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyproj
import shapely
from pyproj.crs import CRS
from pyproj.exceptions import CRSError, ProjError

from app.core.shift import SHIFTED, true_of
from app.imports.errors import CrsInvalid, CrsMissing, DatumUnsupported
from app.imports.packed import PackedShapes
from app.imports.readers.base import STATED

TARGET = CRS.from_epsg(4490)
_CRS84 = CRS.from_user_input("OGC:CRS84")
_OLD_DATUMS = ("xian", "xi'an", "beijing", "krass", "iag_1975", "iag 1975", "iag75", "西安", "北京")
_OLD_ELLIPSOID_AXES = (6378245.0, 6378140.0)
"""Krassowsky 1940 (Beijing 54) and IAG 1975 (Xi'an 80)."""
_MODERN_AXIS = 6378137.0
_HIGH = 1_000
"""WKB types from here on have Z, M or both."""
HINT = "请用 --crs 指定,例如 --crs EPSG:4549(CGCS2000 三度带,中央经线120°)"


@dataclass(frozen=True)
class SourceCrs:
    """Coordinate system of a file and why it is believed. `shift` is the URN of an offset (GCJ-02, BD-09) that is taken back."""

    crs: CRS
    reason: str
    shift: str = ""

    @property
    def value(self) -> str:
        """As --crs takes it."""
        return self.name if ":" in self.name else self.crs.to_wkt()

    @property
    def name(self) -> str:
        if self.shift:
            return self.shift
        authority = self.crs.to_authority(min_confidence=100)
        return ":".join(authority) if authority else self.crs.name


def parse_crs(text: str) -> CRS:
    """A CRS from 'EPSG:4549', '4549' or WKT."""
    try:
        return CRS.from_user_input(int(text) if text.strip().isdigit() else text.strip())
    except CRSError as error:
        raise CrsInvalid(f"不认识的坐标系:{text[:120]}", hint=HINT) from error


def choose_crs(*, explicit: str | None, declared: str | None, source: str) -> SourceCrs:
    """The user's word, else the file's; a file that says nothing is refused."""
    if explicit and explicit.strip() in SHIFTED:
        return SourceCrs(TARGET, STATED, shift=explicit.strip())
    if explicit:
        crs, reason = parse_crs(explicit), STATED
    elif declared:
        crs, reason = parse_crs(declared), "文件声明"
    else:
        raise CrsMissing(f"{source} 没有声明坐标系", hint=HINT)
    refuse_old_datum(crs, source)
    return SourceCrs(crs, reason)


def refuse_old_datum(crs: CRS, source: str) -> None:
    """Xi'an 80, Beijing 54 and any datum that PROJ would carry over only by a ballpark shift are refused, not moved by tens of metres."""
    geodetic = crs.geodetic_crs
    if geodetic is None or crs.ellipsoid is None:
        raise CrsInvalid(f"{source} 的坐标系不是大地坐标系:{crs.name}", hint=HINT)
    names = f"{crs.name} {geodetic.name} {geodetic.datum.name if geodetic.datum else ''} {crs.ellipsoid.name}".lower()
    axis = crs.ellipsoid.semi_major_metre
    if any(word in names for word in _OLD_DATUMS) or any(abs(axis - old) < 0.5 for old in _OLD_ELLIPSOID_AXES):
        raise DatumUnsupported(
            f"{source} 采用 {crs.name}:1980西安、1954北京坐标系与 CGCS2000 之间没有公开的精确转换参数",
            hint="请由测绘部门先转换为 CGCS2000 再交付",
        )
    if abs(axis - _MODERN_AXIS) > 1:
        try:
            # Against WGS84: CGCS2000 itself has only a ballpark operation from anywhere, and the two agree within centimetres.
            pyproj.Transformer.from_crs(crs, 4326, always_xy=True, allow_ballpark=False)
        except ProjError as error:
            raise DatumUnsupported(f"{source} 采用 {crs.name},没有到 CGCS2000 的转换参数", hint="请先转换为 CGCS2000 再交付") from error


def degrees_of(points: np.ndarray, source: SourceCrs) -> np.ndarray:
    """Points (n × 2: east, north) of a file in degrees; what the CRS can't place is infinite."""
    if source.shift:
        return true_of(points, SHIFTED[source.shift][1])
    if _is_true_degrees(source.crs):
        return points
    return np.column_stack(_mover(source.crs).transform(points[:, 0], points[:, 1]))


def flat(geometry: PackedShapes) -> PackedShapes:
    """Geometry without Z and M; what has none is not copied."""
    return geometry.map(shapely.force_2d) if (geometry.kinds >= _HIGH).any() else geometry


def to_4490(geometry: np.ndarray | PackedShapes, source: SourceCrs, *, file: str) -> PackedShapes:
    """Geometry in CGCS2000 lon/lat, Z dropped. Coordinates that can't belong to the CRS are refused for the whole file."""
    drawn = flat(PackedShapes.of(geometry))
    finite = _finite_bounds(drawn.bounds)
    if source.crs.is_geographic and finite is not None and (np.abs(finite[[0, 2]]).max() > 361 or np.abs(finite[[1, 3]]).max() > 91):
        raise CrsInvalid(f"{file} 声明为经纬度({source.name}),坐标却不是度(例如 {finite[0]:.1f},{finite[1]:.1f})", hint=HINT)
    if _is_true_degrees(source.crs) and not source.shift:
        return drawn
    moved = drawn.transformed(lambda xy: degrees_of(xy, source))
    # What is not finite stays as it is: the checks refuse its row.
    if finite is not None and not any(np.isfinite(shapely.bounds(part)).all(axis=1).any() for _, part in moved.parts()):
        raise CrsInvalid(f"{file} 的坐标不在 {source.name} 的适用范围内(例如 {finite[0]:.1f},{finite[1]:.1f})", hint=HINT)
    return moved


def _is_true_degrees(crs: CRS) -> bool:
    return crs in (TARGET, _CRS84) or crs.to_epsg() in (4326, 4490)


@lru_cache(maxsize=32)
def _mover(crs: CRS) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(crs, TARGET, always_xy=True)


def _finite_bounds(bounds: np.ndarray) -> np.ndarray | None:
    bounds = bounds[np.isfinite(bounds).all(axis=1)]
    if not len(bounds):
        return None
    # The middle half of the rows speaks for the file: one stray vertex must not refuse it.
    return np.array([*np.median(bounds, axis=0)])
