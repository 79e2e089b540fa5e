"""A county's whole parcel delivery as a GeoPackage, as a surveyor sends it (EPSG:4549, Chinese columns); a county to import it into."""

from datetime import date
from pathlib import Path

import asyncpg
import numpy as np
import pyogrio
import pyproj
import shapely

from app.core import db
from scripts.benchmark.land import COUNTY, HIGH, SHIFT, SOUTH, STEP_X, STEP_Y, WEST, Land, outlines

TOWNS = 20
DATA_ON = date(2025, 6, 30)
_PART = 100_000
_COUNTY = "INSERT INTO county (code, name, meridian_epsg, is_test, geom) VALUES ($1, '测速县', 4549, true, ST_GeomFromText($2, 4490))"
_TOWN = (
    "INSERT INTO town (county_code, code, scheme, name, kind, is_synthetic, geom)"
    " VALUES ($1, $2, 'NBS2023', $3, 'town', true, ST_GeomFromText($4, 4490))"
)
_BODY = "INSERT INTO responsible_body (county_code, code, name, kind, town_code, sort) VALUES ($1, $2, $3, $4, $5, $6)"


def town_of(land: Land, numbers: np.ndarray) -> np.ndarray:
    """Town of each parcel, 0 … 19: bands of rows from the south."""
    return np.minimum(TOWNS - 1, (numbers // land.columns) * TOWNS // land.rows)


def made(land: Land, path: Path) -> Path:
    """The delivery, written once."""
    if not path.exists():
        part = path.with_suffix(".part.gpkg")
        part.unlink(missing_ok=True)
        for start in range(0, land.parcels, _PART):
            _write(land, np.arange(start, min(start + _PART, land.parcels)), part, append=start > 0)
        part.rename(path)
    return path


def _write(land: Land, numbers: np.ndarray, path: Path, *, append: bool) -> None:
    rings = [shapely.get_coordinates(shapely.from_wkt(one)) for one in outlines()]
    draw = np.random.default_rng(int(numbers[0]))
    x = WEST + (numbers % land.columns) * STEP_X + draw.random(len(numbers)) * SHIFT
    y = SOUTH + (numbers // land.columns) * STEP_Y + draw.random(len(numbers)) * SHIFT
    plane = pyproj.Transformer.from_crs(4490, 4549, always_xy=True)
    shapes = np.empty(len(numbers), dtype=object)
    for kind, ring in enumerate(rings):
        own = np.flatnonzero(numbers % len(rings) == kind)
        east, north = plane.transform((x[own, None] + ring[:, 0]).ravel(), (y[own, None] + ring[:, 1]).ravel())
        corners = np.round(np.column_stack((east, north)), 3)
        shapes[own] = shapely.polygons(shapely.linearrings(corners.reshape(len(own), len(ring), 2)))
    towns = town_of(land, numbers)
    fields = {
        "宗地代码": [f"{COUNTY}{1 + n // 90_000_000:03}{1 + n // 90_000:03}GB{1 + n % 90_000:05}" for n in numbers.tolist()],
        "宗地名称": [f"第{n}号工业用地" for n in numbers.tolist()],
        "坐落": [f"测速县第{t + 1}镇工业园区{n}号" for t, n in zip(towns.tolist(), numbers.tolist(), strict=True)],
        "乡镇代码": [f"{COUNTY}{100 + t}" for t in towns.tolist()],
        "责任主体": [f"第{t + 1}镇" for t in towns.tolist()],
        "证载面积": np.round(shapely.area(shapes), 2),
        "权属性质": ["国有"] * len(numbers),
        "地类编码": ["0601"] * len(numbers),
    }
    columns = [np.asarray(values, dtype=float if name == "证载面积" else object) for name, values in fields.items()]
    pyogrio.raw.write(
        str(path), shapely.to_wkb(shapes), columns,
        list(fields), layer="宗地", driver="GPKG", geometry_type="Polygon", crs="EPSG:4549", append=append,
    )  # fmt: skip


async def empty_county(land: Land) -> None:
    """The county with its outline, towns and responsible bodies; no parcel."""
    west, south, east, north = land.box
    conn = await asyncpg.connect(db.plain_dsn(), server_settings={"role": db.OWNER})
    await conn.execute(_COUNTY, COUNTY, _box(west - 0.01, south - 0.01, east + 0.01, north + 0.01))
    edges = [SOUTH - 0.01] + [SOUTH + _first_row(land, town) * STEP_Y - (STEP_Y - HIGH) / 4 for town in range(1, TOWNS)] + [north + 0.01]
    for town in range(TOWNS):
        code, name = f"{COUNTY}{100 + town}", f"第{town + 1}镇"
        await conn.execute(_TOWN, COUNTY, code, name, _box(west - 0.01, edges[town], east + 0.01, edges[town + 1]))
        await conn.execute(_BODY, COUNTY, code, name, "town", code, town)
    await conn.execute(_BODY, COUNTY, f"{COUNTY}000", "未归属", "unassigned", None, 999)
    await conn.close()


def _first_row(land: Land, town: int) -> int:
    """The first row of a town's band."""
    return -(-town * land.rows // TOWNS)


def _box(west: float, south: float, east: float, north: float) -> str:
    """A corner each 500 m: in the plane a parallel is a curve, which a county's width leaves by 40 m."""
    return shapely.multipolygons([shapely.segmentize(shapely.box(west, south, east, north), 0.005)]).wkt
