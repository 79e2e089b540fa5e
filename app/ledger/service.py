"""What the ledger does when remediation speaks: post an acceptance, take back a reversed one. Never commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import events
from app.core.events import AcceptanceReversed, CaseAccepted, GroundPosted
from app.ledger import queries
from app.ledger.errors import ParcelAreaExceeded
from app.ledger.postings import Ground, Share, area, earlier_touching, new_shape, reposts, share
from app.ledger.queries import Book, Entry
from app.ledger.shapes import part_to_plane, to_stored
from app.policy import Pack, pack_for

ROUNDING_M2 = Decimal("0.05")
"""Σ counted on a parcel may exceed its area by rounding only."""


def books(pack: Pack, method: str | None, campaign: str) -> list[Book]:
    """Ledgers an acceptance by this method is posted in: measures that a target counts and that count the method."""
    counted = [m for m in pack.content.measures if m.target is not None and method in m.methods]
    return [Book(pack.content.county_code, m.key, campaign) for m in counted]


async def on_case_accepted(conn: AsyncConnection, event: CaseAccepted) -> None:
    """验收通过: post the new ground of each accepted parcel. Errors: ParcelAreaExceeded."""
    case = await queries.case(conn, event.county_code, event.case_id)
    pack = pack_for(event.county_code, event.accepted_on)
    posted: list[int] = []
    for book in books(pack, case.method, case.campaign):
        await queries.lock(conn, book)
        posted += await _accept(conn, book, case, event)
    if posted:
        await events.publish(conn, GroundPosted(event.county_code, posted))


@dataclass(frozen=True)
class _Accepted:
    """An accepted parcel with its ground in the plane."""

    row: Row[Any]
    plane: BaseGeometry
    day: date
    by: str


async def _accept(conn: AsyncConnection, book: Book, case: Row[Any], event: CaseAccepted) -> list[int]:
    epsg = await queries.meridian(conn, book.county)
    rows = await queries.accepted_parcels(conn, book.county, case.id)
    parcels = [
        _Accepted(r, part_to_plane(shapely.from_wkb(r.geom), shapely.from_wkb(r.part), epsg), event.accepted_on, event.by) for r in rows
    ]
    standing = await queries.standing(conn, book, [shapely.to_wkb(p.plane) for p in parcels])
    grounds = [Ground(r.id, shapely.from_wkb(r.plane), r.accepted_m2) for r in standing]
    first = max((g.order for g in grounds), default=0) + 1
    new = [Ground(first + n, p.plane, p.row.accepted_m2) for n, p in enumerate(parcels)]
    earlier = earlier_touching([*grounds, *new])
    posted = []
    for parcel, ground in zip(parcels, new, strict=True):
        mine = share(ground, earlier[ground.order])
        await _within_parcel(conn, book, parcel.row, mine)
        shape = to_stored(new_shape(earlier[ground.order], parcel.plane), epsg)
        posted.append(await _post_acceptance(conn, book, case, parcel, mine, shape))
    return posted


async def _within_parcel(conn: AsyncConnection, book: Book, parcel: Row[Any], mine: Share) -> None:
    """Σ counted of one measure on one parcel within one campaign ≤ its area (DOMAIN §3.19); also against rows that are 未上图."""
    before = await queries.counted_on(conn, book, parcel.parcel_id)
    left = max(parcel.used_m2 - before, Decimal(0))
    if mine.counted_m2 > 0 and mine.counted_m2 > left + ROUNDING_M2:
        raise ParcelAreaExceeded(
            f"地块 {parcel.land_code} 面积 {parcel.used_m2} ㎡,已计 {before} ㎡,本次 {mine.counted_m2} ㎡",
            land_code=parcel.land_code, remaining_m2=float(left), hint="核对剩余面积后重新核定",
        )  # fmt: skip


async def _post_acceptance(conn: AsyncConnection, book: Book, case: Row[Any], parcel: _Accepted, mine: Share, shape: bytes | None) -> int:
    row = parcel.row
    ground = {
        "case_id": case.id, "parcel_id": row.parcel_id, "responsible_body": row.responsible_body, "accepted_on": parcel.day,
        "accepted_m2": row.accepted_m2, "ground_m2": area(parcel.plane), "plane": shapely.to_wkb(parcel.plane),
    }  # fmt: skip
    (ground_id,) = await queries.add_grounds(conn, book, [ground])
    reason = None if mine.ground_m2 >= area(parcel.plane) else "与已入账的地块重叠,只计新增部分"
    entry = Entry(
        kind="acceptance", responsible_body=row.responsible_body, posted_on=parcel.day, counted_m2=mine.counted_m2,
        ground_m2=mine.ground_m2, by=parcel.by, method=case.method, case_id=case.id, ground_id=ground_id, project_code=case.code,
        project_name=case.name, parcel_id=row.parcel_id, reason=reason, geom=shape,
    )  # fmt: skip
    (posting_id,) = await queries.post(conn, book, [entry])
    return posting_id


async def on_acceptance_reversed(conn: AsyncConnection, event: AcceptanceReversed) -> None:
    """核减: −A's own postings, and what other standing grounds cover is posted to the earliest of them."""
    posted: list[int] = []
    for book in await queries.books_of_case(conn, event.county_code, event.case_id):
        await queries.lock(conn, book)
        posted += await _reverse(conn, book, event)
    if posted:
        await events.publish(conn, GroundPosted(event.county_code, posted))


async def _reverse(conn: AsyncConnection, book: Book, event: AcceptanceReversed) -> list[int]:
    fallen = await queries.grounds_of_case(conn, book, event.case_id)
    ids = [g.id for g in fallen]
    posted = await queries.post(conn, book, [_against(p, event) for p in await queries.unreversed(conn, book.county, ids)])
    await queries.fell(conn, book.county, ids)
    removed = [Ground(g.id, shapely.from_wkb(g.plane), g.accepted_m2) for g in fallen]
    near = await queries.standing(conn, book, [g.plane for g in fallen])
    around = await queries.standing(conn, book, [g.plane for g in near])
    rows = {r.id: r for r in around}
    standing = [_ground(r) for r in rows.values()]
    have = {r.id: Share(r.ground_m2, r.counted_m2) for r in rows.values()}
    epsg = await queries.meridian(conn, book.county)
    gains = sorted(reposts(standing, removed, have).items())
    entries = [_repost(rows[order], gain, event, to_stored(_gained(order, standing, removed), epsg)) for order, gain in gains]
    return posted + await queries.post(conn, book, entries)


def _ground(row: Row[Any]) -> Ground:
    return Ground(row.id, shapely.from_wkb(row.plane), row.accepted_m2, counts_in_full=row.opening_key is not None)


def _gained(order: int, standing: Sequence[Ground], removed: Sequence[Ground]) -> BaseGeometry:
    """The ground that passes from the removed to this one, as a shape."""
    mine = next(g.plane for g in standing if g.order == order)
    under = shapely.intersection(mine, shapely.union_all([g.plane for g in removed if g.order < order]))
    return new_shape([g.plane for g in standing if g.order < order and g.plane.intersects(mine)], under)


def _against(posting: Row[Any], event: AcceptanceReversed) -> Entry:
    """The negative of one posting, on the day of the reversal, for the same body."""
    return Entry(
        kind="reversal", responsible_body=posting.responsible_body, posted_on=event.reversed_on, counted_m2=-posting.counted_m2,
        ground_m2=-posting.ground_m2, by=event.by, method=posting.method, case_id=posting.case_id, ground_id=posting.ground_id,
        project_code=posting.project_code, project_name=posting.project_name, parcel_id=posting.parcel_id, reverses_id=posting.id,
        reason=event.reason, document=event.document,
    )  # fmt: skip


def _repost(row: Row[Any], gain: Share, event: AcceptanceReversed, shape: bytes | None) -> Entry:
    """What passes to a ground that still stands, on the day of the reversal."""
    return Entry(
        kind="repost", responsible_body=row.responsible_body, posted_on=event.reversed_on, counted_m2=gain.counted_m2,
        ground_m2=gain.ground_m2, by=event.by, method=row.method, case_id=row.case_id, ground_id=row.id, opening_key=row.opening_key,
        project_code=row.project_code, project_name=row.project_name, parcel_id=row.parcel_id, document=event.document,
        reason="其他项目核减后,仍由本项目覆盖的部分转记", geom=shape,
    )  # fmt: skip
