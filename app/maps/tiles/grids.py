"""The tile matrix sets: WebMercatorQuad and CGCS2000Quad, the degree grid of 天地图's `_c` services. Pure."""

import math
from dataclasses import dataclass
from typing import Any

from app.core.errors import NotFound
from app.maps.crs import EPSG

DEEPEST = 22
EXTENT, BUFFER = 4096, 64
"""Units a tile side, and how far shapes reach over its edge."""
CELLS = 32
"""Overview cells a tile side."""
_WORLD = math.pi * 6378137
_PIXEL = 0.00028
_METRES_A_DEGREE = math.pi * 6378137 / 180


@dataclass(frozen=True)
class Grid:
    """One tile matrix set. Level z has square tiles of 1/2^z of the world's width; degrees have half as many rows, so no level 0."""

    id: str
    title: str
    srid: int
    first: int
    axes: tuple[str, str]
    uri: str | None = None
    scale_set: str | None = None

    @property
    def is_degrees(self) -> bool:
        """EPSG:4490, not metres."""
        return self.srid == 4490

    @property
    def crs(self) -> str:
        """URI of its coordinate system."""
        return f"{EPSG}{self.srid}"

    def rows(self, z: int) -> int:
        """Tiles from north to south."""
        return 2 ** (z - 1) if self.is_degrees else int(2**z)

    def check(self, z: int, row: int, col: int) -> None:
        """NotFound for a tile that the matrix set does not have."""
        if not (self.first <= z <= DEEPEST and 0 <= row < self.rows(z) and 0 <= col < 2**z):
            raise NotFound(f"{self.id} 没有瓦片 {z}/{row}/{col}", hint=f"层级 {self.first}—{DEEPEST},行列从 0 起、自西北角数")

    def side(self, z: int) -> float:
        """Side of a tile in units of the grid."""
        return (360.0 if self.is_degrees else 2 * _WORLD) / 2**z

    def bounds(self, z: int, row: int, col: int) -> tuple[float, float, float, float]:
        """West, south, east, north of a tile in units of the grid."""
        side, (west, north) = self.side(z), ((-180.0, 90.0) if self.is_degrees else (-_WORLD, _WORLD))
        return west + col * side, north - (row + 1) * side, west + (col + 1) * side, north - row * side

    def degrees(self, z: int, row: int, col: int) -> tuple[float, float, float, float]:
        """The tile with its buffer in degrees, which is what a change is compared with."""
        west, south, east, north = self.bounds(z, row, col)
        edge = self.side(z) * (BUFFER + 1) / EXTENT
        west, south, east, north = west - edge, south - edge, east + edge, north + edge
        if self.is_degrees:
            return west, south, east, north
        scale = 180 / _WORLD
        return west * scale, _latitude(south), east * scale, _latitude(north)

    def at(self, z: int, lon: float, lat: float) -> tuple[int, int]:
        """Row and column of the tile that holds a place; places beyond the grid fall on its edge."""
        y = (90 - lat) / 360 if self.is_degrees else _mercator(lat)
        row, col = math.floor(y * 2**z), math.floor((lon + 180) / 360 * 2**z)
        return max(0, min(self.rows(z) - 1, row)), max(0, min(2**z - 1, col))

    def limits(self, bbox: list[float]) -> list[dict[str, Any]]:
        """tileMatrixSetLimits: rows and columns that meet an extent, for every level."""
        found = []
        for z in range(self.first, DEEPEST + 1):
            (top, left), (bottom, right) = self.at(z, bbox[0], bbox[3]), self.at(z, bbox[2], bbox[1])
            found.append({"tileMatrix": str(z), "minTileRow": top, "maxTileRow": bottom, "minTileCol": left, "maxTileCol": right})
        return found

    def definition(self, here: str) -> dict[str, Any]:
        """The tile matrix set document (17-083r4, JSON encoding); corners in the axis order of its CRS."""
        origin = [90.0, -180.0] if self.is_degrees else [-_WORLD, _WORLD]
        metres = _METRES_A_DEGREE if self.is_degrees else 1.0
        named = {"uri": self.uri, "wellKnownScaleSet": self.scale_set}
        return {
            "id": self.id,
            "title": self.title,
            **{key: value for key, value in named.items() if value},
            "crs": self.crs,
            "orderedAxes": list(self.axes),
            "tileMatrices": [
                {
                    "id": str(z),
                    "scaleDenominator": self.side(z) / 256 * metres / _PIXEL,
                    "cellSize": self.side(z) / 256,
                    "cornerOfOrigin": "topLeft",
                    "pointOfOrigin": origin,
                    "tileWidth": 256,
                    "tileHeight": 256,
                    "matrixWidth": 2**z,
                    "matrixHeight": self.rows(z),
                }
                for z in range(self.first, DEEPEST + 1)
            ],
            "links": [{"href": here, "rel": "self", "type": "application/json"}],
        }


def _mercator(lat: float) -> float:
    """0 at the north edge of the square world, 1 at its south edge."""
    return (1 - math.asinh(math.tan(math.radians(max(-89.0, min(89.0, lat))))) / math.pi) / 2


def _latitude(y: float) -> float:
    return math.degrees(math.atan(math.sinh(y / 6378137)))


_OGC = "http://www.opengis.net/def/"
GRIDS = {
    grid.id: grid
    for grid in (
        Grid(
            "WebMercatorQuad", "球面墨卡托 (EPSG:3857)", 3857, 0, ("X", "Y"),
            uri=f"{_OGC}tilematrixset/OGC/1.0/WebMercatorQuad", scale_set=f"{_OGC}wkss/OGC/1.0/GoogleMapsCompatible",
        ),
        Grid("CGCS2000Quad", "2000 国家大地坐标系经纬度 (EPSG:4490,天地图 _c)", 4490, 1, ("Lat", "Lon")),
    )
}  # fmt: skip


def grid_of(name: str) -> Grid:
    """The tile matrix set of a path. NotFound names those there are."""
    found = GRIDS.get(name)
    if found is None:
        raise NotFound(f"没有瓦片矩阵集 {name}", hint="可用: " + "、".join(GRIDS))
    return found
