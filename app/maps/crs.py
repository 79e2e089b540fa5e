"""Coordinate systems by URI (OGC API Features Part 2): coordinates leave and enter in the order the system declares.

EPSG:4326, 4490 and the Gauss–Krüger planes are declared north first; CRS84 and 3857 east first. CGCS2000 and WGS 84 agree within
centimetres: CRS84 and 4326 carry the stored numbers unchanged.
"""

import json
import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import shapely
from shapely.geometry import box, mapping

from app.core.crs import STORED, reproject
from app.core.errors import BadParameter
from app.core.shift import SHIFTED

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_DRAWN = re.compile(r"ST_AsGeoJSON\((.+?), [37], 0\)")
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"


@dataclass(frozen=True)
class Crs:
    """One system: its URI, the EPSG code whose numbers it carries (x east, y north), whether it is written north first."""

    uri: str
    srid: int
    is_north_first: bool = False

    @property
    def is_stored(self) -> bool:
        """Stored texts can be sent as they are."""
        return self.uri == CRS84

    @property
    def is_shifted(self) -> bool:
        """GCJ-02 or BD-09: stored degrees, moved when they leave."""
        return self.uri in SHIFTED

    @property
    def is_geographic(self) -> bool:
        """Degrees, not metres."""
        return self.srid == STORED

    @property
    def digits(self) -> int:
        """Decimals that mean about a centimetre in degrees, a millimetre in metres."""
        return 7 if self.is_geographic else 3

    def geojson(self, shape: str) -> str:
        """SQL of the GeoJSON text of a stored shape in this system."""
        moved = shape if self.is_geographic else f"ST_Transform({shape}, {self.srid})"
        turned = f"ST_FlipCoordinates({moved})" if self.is_north_first else moved
        return f"ST_AsGeoJSON({turned}, {self.digits}, 0)"

    def drawn(self, statement: str) -> str:
        """A statement that writes stored shapes, with the shapes in this system."""
        return statement if self.is_stored else _DRAWN.sub(lambda m: self.geojson(m.group(1)), statement)


SYSTEMS = {
    crs.uri: crs
    for crs in (
        Crs(CRS84, STORED),
        Crs(f"{EPSG}4326", STORED, is_north_first=True),
        Crs(f"{EPSG}4490", STORED, is_north_first=True),
        Crs(f"{EPSG}3857", 3857),
        *(Crs(f"{EPSG}{code}", code, is_north_first=True) for code in range(4513, 4555)),
    )
}
"""4513–4533: 3° zones 25–45 with the zone number before the easting; 4534–4554: the same without it."""
DEFAULT = SYSTEMS[CRS84]
STORAGE = f"{EPSG}{STORED}"


def parse_crs(uri: str | None, name: str = "crs") -> Crs:
    """The system of a parameter, CRS84 when it was not given."""
    if uri is None:
        return DEFAULT
    found = SYSTEMS.get(uri) or (Crs(uri, STORED) if name == "crs" and uri in SHIFTED else None)
    if found is None:
        raise BadParameter(f"不支持的坐标系 {uri[:120]}", pointer=f"query:{name}", hint=f"{CRS84} 或 {EPSG}<代码>, 见图层的 crs 列表")
    return found


@lru_cache(maxsize=256)
def plane_box(srid: int, west: float, south: float, east: float, north: float) -> tuple[str, tuple[float, float, float, float]]:
    """A rectangle of a plane as GeoJSON in degrees (its sides are curves there, so they are cut into short pieces) and its extent."""
    side = max(east - west, north - south)
    ring = np.array([shapely.segmentize(box(west, south, east, north), side / 32 if side else 1)], dtype=np.object_)
    made = reproject(ring, srid, STORED)[0]
    bounds: tuple[float, float, float, float] = made.bounds
    return json.dumps(mapping(made)), bounds
