"""偏移坐标 on items: only where the county's administrator has switched them on, each feature marked."""

import json

import asyncpg
import shapely
from shapely.geometry import mapping

from app.core.shift import MARK, SHIFTED
from app.maps.crs import Crs
from app.maps.exports.errors import ShiftedCrsOff
from app.maps.queries import sql


async def allow(pool: asyncpg.Pool, county_code: str, crs: Crs) -> None:
    """Refused by name unless the switch is on; other systems cost nothing."""
    if crs.is_shifted and not await pool.fetchval(sql("shifted"), county_code):
        raise ShiftedCrsOff("GCJ-02、BD-09 坐标须由系统管理员开启", pointer="query:crs", hint="PUT /api/settings/shifted-crs")


def moved(rows: list[bytes], crs: Crs) -> list[bytes]:
    """Features with shifted coordinates that say so; as they are in any other system."""
    if not crs.is_shifted:
        return rows
    name, shift = SHIFTED[crs.uri]
    found = []
    for row in rows:
        feature = json.loads(row)
        if feature["geometry"] is not None:
            shape = shapely.transform(shapely.from_geojson(json.dumps(feature["geometry"])), shift)
            feature["geometry"] = mapping(shapely.transform(shape, lambda xy: xy.round(7)))
        feature["properties"]["coordinates"] = MARK.format(name=name)
        found.append(json.dumps(feature, ensure_ascii=False, separators=(",", ":")).encode())
    return found
