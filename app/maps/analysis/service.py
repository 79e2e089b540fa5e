"""范围套合: load what is near → cut in the county's plane → compose in the caller's scope. Nothing is written."""

import asyncio
from typing import Any, Final

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import clock, crs
from app.core.errors import Forbidden, NotFound, Problem
from app.core.principal import Principal
from app.maps.analysis import compose, parts, queries
from app.maps.analysis.errors import RangeEmpty, RangeOutside, RangeTooLarge
from app.maps.analysis.outline import Outline, faces_of
from app.policy.loader import pack_for

MAX_PARCELS: Final = 30_000
COUNTIES: Final = 1.0
"""A range may be as large as the county's box times this."""
_TIME_MS: Final = 20_000
_MARGIN_M: Final = 5.0
"""Edges are straight in the plane, boxes in degrees: a few metres more find every parcel."""
_BOXES: Final = 60
_CUTTING = asyncio.Semaphore(2)
"""Large ranges take a second of computing: no more than two at once in one worker."""


async def county_of(conn: AsyncConnection, principal: Principal) -> Row[Any]:
    """The caller's county. Errors: Forbidden for the public role."""
    if principal.is_public_only:
        raise Forbidden("范围分析不对公开账号开放")
    county = await queries.county(conn, principal.county_code)
    if county is None:
        raise NotFound(f"没有县(市、区) {principal.county_code}")
    return county


async def overlay(conn: AsyncConnection, principal: Principal, county: Row[Any], outline: Outline) -> dict[str, Any]:
    """What lies inside the range. Errors: range_outside, range_too_large."""
    plane: int = county.meridian_epsg
    _within(county, outline.geom)
    shape = await asyncio.to_thread(_in_plane, outline.geom, plane)
    _fits(county, shape)
    notes = [*outline.notes, *_beyond(county, outline.geom)]
    await queries.limit_time(conn, _TIME_MS)
    boxes = _boxes(shape, plane)
    ids = await queries.near(conn, county.code, boxes, most=MAX_PARCELS + 1)
    if len(ids) > MAX_PARCELS:
        raise RangeTooLarge(f"范围附近超过 {MAX_PARCELS} 宗地", pointer="/geometry", hint="请分块分析")
    rows = await queries.parcels(conn, county.code, ids) if ids else []
    async with _CUTTING:
        cut = await asyncio.to_thread(_cut, shape, rows, plane)
    said = compose.measured(rows, cut)
    held = await queries.enterprises(conn, county.code, [row.id for row in said.rows], clock.today()) if said.rows else []
    layers = await queries.planning(conn, county.code, _around(boxes))
    planning = await asyncio.to_thread(_planning, layers, shape, said, plane)
    return {
        "range": {**compose.range_of(outline.geom, said.range_m2), "source": outline.source},
        "notes": notes,
        "totals": compose.totals(said, principal),
        "parcels": compose.parcel_rows(said, principal, _bands(county.code)),
        "overlaps": compose.overlaps(said),
        "enterprises": compose.enterprise_rows(held, said, principal),
        "planning": planning,
        "by_class": compose.by_class(said, principal),
        "by_ownership": compose.by_ownership(said, principal),
        "uncovered": {**compose.area(said.uncovered), "share_of_range": parts.share(said.uncovered, said.range_m2)},
        "sum_check": compose.sum_check(said),
        "method": {
            "area": f"图形面积(平面), EPSG:{plane}", "share_of_parcel": "压盖面积 ÷ 宗地图形面积", "share_of_range": "压盖面积 ÷ 范围面积",
            "mu": "亩 = ㎡ × 0.0015", "verdicts": "低效、闲置为初判,不是认定",
        },
        "county": {"code": county.code, "name": county.name},
        "as_of": clock.today(),
    }  # fmt: skip


def _bands(county_code: str) -> dict[str, str]:
    """Labels of the pack's bands of 亩均税收; a county without a pack shows their codes."""
    try:
        return {band.code: band.label for band in pack_for(county_code, clock.today()).content.tax_bands}
    except Problem:
        return {}


def _within(county: Row[Any], geom: BaseGeometry) -> None:
    west, south, east, north = shapely.bounds(geom)
    if county.west is None:
        raise RangeOutside(f"{county.name}还没有宗地,也没有县界", pointer="/geometry")
    if east < county.west or west > county.east or north < county.south or south > county.north:
        box = f"{county.west:.4f},{county.south:.4f},{county.east:.4f},{county.north:.4f}"
        raise RangeOutside(
            f"范围在 {west:.4f},{south:.4f} 一带,{county.name}在 {box}", pointer="/geometry", hint="请核对坐标系、带号与 X/Y 次序"
        )
    degrees = (east - west) * (north - south)
    if degrees > 4 * COUNTIES * max((county.east - county.west) * (county.north - county.south), 0.01):
        raise RangeTooLarge("范围远大于本县", pointer="/geometry")


def _beyond(county: Row[Any], geom: BaseGeometry) -> list[str]:
    west, south, east, north = shapely.bounds(geom)
    is_inside = county.west <= west and east <= county.east and county.south <= south and north <= county.north
    return [] if is_inside else [f"范围有一部分超出{county.name}的外接矩形;县外没有数据,计入无宗地面积"]


def _fits(county: Row[Any], shape: BaseGeometry) -> None:
    if shape.area < parts.SLIVER_M2:
        raise RangeEmpty("范围面积不足 0.01 ㎡", pointer="/geometry")
    extent = shapely.box(county.west, county.south, county.east, county.north)
    limit = COUNTIES * float(crs.planar_area_m2(np.array([extent]), county.meridian_epsg)[0])
    if shape.area > max(limit, 1e6):
        raise RangeTooLarge(f"范围 {shape.area / 1e6:.1f} 平方公里,上限 {max(limit, 1e6) / 1e6:.1f}", pointer="/geometry")


def _in_plane(geom: BaseGeometry, plane: int) -> BaseGeometry:
    moved = crs.reproject(np.array([geom], dtype=object), crs.STORED, plane)
    return parts.sound(moved)[0]


def _boxes(shape: BaseGeometry, plane: int) -> list[queries.Box]:
    """Boxes in degrees around the parts of the range (one around all when there are many)."""
    pieces = shapely.get_parts(shape)
    around = np.array([faces_of(shapely.box(*shapely.bounds(p)).buffer(_MARGIN_M)) for p in (pieces if len(pieces) <= _BOXES else [shape])])
    degrees = crs.reproject(shapely.segmentize(around, 500.0), plane, crs.STORED)
    return [(float(w), float(s), float(e), float(n)) for w, s, e, n in shapely.bounds(degrees)]


def _around(boxes: list[queries.Box]) -> queries.Box:
    return (min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes))


def _shapes(rows: Any, plane: int) -> Any:
    raw = shapely.from_wkb(np.array([row.wkb and bytes(row.wkb) for row in rows], dtype=object))
    return crs.reproject(raw, crs.STORED, plane)


def _cut(shape: BaseGeometry, rows: Any, plane: int) -> parts.Cut:
    return parts.cut(shape, _shapes(rows, plane))


def _planning(layers: Any, shape: BaseGeometry, said: compose.Measured, plane: int) -> list[dict[str, Any]]:
    return compose.planning_rows(layers, _shapes(layers, plane), shape, said, clock.today())
