"""期初台账: opening rows with and without a shape, and 补图 of rows that came without."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import shapely
from shapely.errors import ShapelyError  # type: ignore[attr-defined]
from shapely.geometry.base import BaseGeometry
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import clock, events
from app.core.errors import Forbidden
from app.core.principal import Role
from app.core.work import Work
from app.ledger import queries
from app.ledger.errors import GroundInvalid, LedgerOverlap, OpeningMapped, OpeningUnknown
from app.ledger.postings import Ground, Share, area, earlier_touching, new_shape, share
from app.ledger.queries import Book, Entry
from app.ledger.shapes import to_plane, to_stored
from app.policy import Pack, pack_for

OVERLAP_M2 = Decimal(1)
"""Up to this, an overlap of neighbouring shapes is a drawing sliver."""


@dataclass(frozen=True)
class OpeningRow:
    """One row of the county's 台账. `opening_key` is the same for the same row in every delivery."""

    opening_key: str
    project_code: str | None
    project_name: str | None
    responsible_body: str
    method: str | None
    counted_m2: Decimal
    posted_on: date
    document: str | None = None
    parcel_id: int | None = None
    geometry: BaseGeometry | None = None
    firms: int | None = None


@dataclass(frozen=True)
class OpeningIssue:
    """A row (by index) that was not posted (`duplicate_key`) or overlaps what stands (`overlap`, value = the other's key)."""

    index: int
    code: str
    value: str


@dataclass(frozen=True)
class PostedOpenings:
    """What an opening delivery did."""

    posting_ids: list[int]
    issues: list[OpeningIssue]


def headline(pack: Pack) -> str:
    """Measure of the county's ledger: the one a target counts."""
    return next(m.key for m in pack.content.measures if m.target is not None)


def book_of(pack: Pack) -> Book:
    """The ledger that openings and the board use."""
    return Book(pack.content.county_code, headline(pack), pack.campaign().code)


async def post_openings(
    conn: AsyncConnection, county: str, rows: Sequence[OpeningRow], *, by: str, import_id: int | None = None
) -> PostedOpenings:
    """Post rows in the given order. A row counts exactly its delivered area; a shape also stakes its ground.

    A row whose key is in the ledger already is left out; a shape over standing ground is posted and reported.
    """
    book = book_of(pack_for(county, clock.today()))
    await queries.lock(conn, book)
    known = await queries.known_openings(conn, book, [r.opening_key for r in rows])
    issues, fresh = [], []
    for index, row in enumerate(rows):
        if row.opening_key in known:
            issues.append(OpeningIssue(index, "duplicate_key", row.opening_key))
            continue
        known.add(row.opening_key)
        fresh.append((index, row))
    stakes = await _stakes(conn, book, fresh)
    staked = [(index, row, stakes[index]) for index, row in fresh if index in stakes]
    numbers = await queries.add_grounds(conn, book, [_ground(row, stake.plane) for _, row, stake in staked])
    grounds = {index: number for (index, _, _), number in zip(staked, numbers, strict=True)}
    entries = [_opening(row, stakes.get(index), grounds.get(index), by=by, import_id=import_id) for index, row in fresh]
    ids = await queries.post(conn, book, entries)
    issues += [OpeningIssue(index, "overlap", stake.overlaps) for index, _, stake in staked if stake.overlaps is not None]
    await events.publish(conn, events.GroundPosted(county, ids))
    return PostedOpenings(ids, issues)


@dataclass(frozen=True)
class _Stake:
    plane: BaseGeometry
    share: Share
    shape: bytes | None
    overlaps: str | None


async def _stakes(conn: AsyncConnection, book: Book, rows: Sequence[tuple[int, OpeningRow]]) -> dict[int, _Stake]:
    """Ground of each mapped row behind what stands and behind the rows before it."""
    epsg = await queries.meridian(conn, book.county)
    planes = {i: p for i, row in rows if row.geometry is not None and not (p := to_plane(row.geometry, epsg)).is_empty}
    if not planes:
        return {}
    standing = await queries.standing(conn, book, [shapely.to_wkb(p) for p in planes.values()])
    names = {r.id: r.case_code or r.opening_key for r in standing}
    grounds = [Ground(r.id, shapely.from_wkb(r.plane), r.accepted_m2) for r in standing]
    after = max(names, default=0) + 1
    by_index = dict(rows)
    keys = {after + n: (i, by_index[i].opening_key) for n, i in enumerate(planes)}
    grounds += [Ground(order, planes[i], by_index[i].counted_m2, counts_in_full=True) for order, (i, _) in keys.items()]
    by_order = {g.order: g for g in grounds}
    earlier = earlier_touching(grounds)
    stakes = {}
    for order, (i, _) in keys.items():
        mine = share(by_order[order], earlier[order])
        covered = area(planes[i]) - mine.ground_m2
        other = _first_under(by_order[order], [g for g in grounds if g.order < order]) if covered > OVERLAP_M2 else None
        label = None if other is None else names.get(other) or keys[other][1]
        stakes[i] = _Stake(planes[i], mine, to_stored(new_shape(earlier[order], planes[i]), epsg), label)
    return stakes


def _first_under(ground: Ground, earlier: Sequence[Ground]) -> int | None:
    """The earlier ground that overlaps this one most."""
    shared = [(float(shapely.area(shapely.intersection(g.plane, ground.plane))), g.order) for g in earlier]
    return max(shared)[1] if shared else None


def _opening(row: OpeningRow, stake: _Stake | None, ground_id: int | None, *, by: str, import_id: int | None) -> Entry:
    return Entry(
        kind="opening", responsible_body=row.responsible_body, posted_on=row.posted_on, counted_m2=row.counted_m2,
        ground_m2=stake.share.ground_m2 if stake else Decimal(0), by=by, method=row.method, ground_id=ground_id,
        opening_key=row.opening_key, project_code=row.project_code, project_name=row.project_name, parcel_id=row.parcel_id,
        geometry_status="mapped" if stake else "unmapped", firms=row.firms, document=row.document, import_id=import_id,
        geom=stake.shape if stake else None,
    )  # fmt: skip


def _ground(row: OpeningRow, plane: BaseGeometry) -> dict[str, Any]:
    return {
        "opening_key": row.opening_key, "parcel_id": row.parcel_id, "responsible_body": row.responsible_body, "accepted_on": row.posted_on,
        "accepted_m2": row.counted_m2, "ground_m2": area(plane), "plane": shapely.to_wkb(plane),
    }  # fmt: skip


async def map_opening(work: Work, key: str, geojson: str) -> dict[str, Any]:
    """补图: the row's 未上图 posting is reversed and posted again with its shape, on its own day; the total does not move.

    Errors: OpeningUnknown, OpeningMapped, GroundInvalid, LedgerOverlap, Forbidden.
    """
    principal, conn = work.principal, work.conn
    if principal.role not in (Role.officer, Role.planner, Role.acceptor):
        raise Forbidden("补图由专管员、规划管理或牵头部门办理")
    found = await queries.opening(conn, principal.county_code, key)
    if not found or not principal.sees_body(found[0].responsible_body):
        raise OpeningUnknown(f"没有期初台账 {key}")
    first = found[0]
    book = Book(principal.county_code, first.measure_key, first.campaign)
    await queries.lock(conn, book)
    if len(await queries.opening(conn, principal.county_code, key)) > 1 or first.geometry_status == "mapped":
        raise OpeningMapped(f"{key} 已上图")
    plane = await _drawn(conn, book, geojson)
    row = OpeningRow(
        key, first.project_code, first.project_name, first.responsible_body, first.method, first.counted_m2, first.posted_on,
        first.document, first.parcel_id, None, first.firms,
    )  # fmt: skip
    posted = await _remap(conn, book, row, plane, unmapped_id=first.id, by=principal.name)
    await events.publish(conn, events.GroundPosted(book.county, posted))
    work.touch("freed-land")
    work.audited("ledger.map_opening", "opening", key, counted_m2=first.counted_m2, ground_m2=area(plane), postings=posted)
    answer = {"opening_key": key, "counted_m2": float(first.counted_m2), "ground_m2": float(area(plane)), "geometry_status": "mapped"}
    return await work.reply(answer | {"postings": posted})


async def _drawn(conn: AsyncConnection, book: Book, geojson: str) -> BaseGeometry:
    """The drawn shape in the plane, clear of standing ground. Errors: GroundInvalid, LedgerOverlap."""
    try:
        geom = shapely.from_geojson(geojson)
    except (ShapelyError, ValueError) as error:
        raise GroundInvalid("不是 GeoJSON 图形", pointer="/geometry") from error
    if geom is None or geom.geom_type not in ("Polygon", "MultiPolygon") or geom.is_empty or not geom.is_valid:
        raise GroundInvalid("应为有效的面", pointer="/geometry")
    west, south, east, north = geom.bounds
    if not (west >= 70 and east <= 140 and south >= 0 and north <= 60):
        raise GroundInvalid("坐标应为我国境内的经纬度(EPSG:4490)", pointer="/geometry")
    plane = to_plane(geom, await queries.meridian(conn, book.county))
    if plane.is_empty:
        raise GroundInvalid("面积为零", pointer="/geometry")
    for row in await queries.standing(conn, book, [shapely.to_wkb(plane)]):
        shared = area(shapely.intersection(shapely.from_wkb(row.plane), plane))
        if shared > OVERLAP_M2:
            other = row.case_code or row.opening_key
            raise LedgerOverlap(f"与 {other} 重叠 {shared:.2f} ㎡", pointer="/geometry", overlaps=other, overlap_m2=float(shared))
    return plane


async def _remap(conn: AsyncConnection, book: Book, row: OpeningRow, plane: BaseGeometry, *, unmapped_id: int, by: str) -> list[int]:
    epsg = await queries.meridian(conn, book.county)
    standing = await queries.standing(conn, book, [shapely.to_wkb(plane)])
    earlier = [shapely.from_wkb(r.plane) for r in standing]
    mine = share(Ground(0, plane, row.counted_m2, counts_in_full=True), earlier)
    (ground_id,) = await queries.add_grounds(conn, book, [_ground(row, plane)])
    same: dict[str, Any] = {
        "kind": "mapping", "responsible_body": row.responsible_body, "posted_on": row.posted_on, "by": by, "method": row.method,
        "opening_key": row.opening_key, "project_code": row.project_code, "project_name": row.project_name, "parcel_id": row.parcel_id,
        "document": row.document, "reason": "补图",
    }  # fmt: skip
    out = Entry(**same, counted_m2=-row.counted_m2, ground_m2=Decimal(0), geometry_status="unmapped", reverses_id=unmapped_id)
    shape = to_stored(new_shape(earlier, plane), epsg)
    into = Entry(**same, counted_m2=row.counted_m2, ground_m2=mine.ground_m2, ground_id=ground_id, firms=row.firms, geom=shape)
    return await queries.post(conn, book, [out, into])


__all__ = ["OpeningIssue", "OpeningRow", "PostedOpenings", "book_of", "headline", "map_opening", "post_openings"]
