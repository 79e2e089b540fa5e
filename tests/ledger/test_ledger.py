"""Acceptance, overlap, reversal, parcel area, openings and 补图 against a real PostGIS."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import shapely
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.errors import Forbidden
from app.core.events import AcceptanceReversed, CaseAccepted
from app.core.work import Work
from app.ledger import OpeningRow, openings, post_openings, service
from app.ledger.errors import GroundInvalid, LedgerOverlap, OpeningMapped, OpeningUnknown, ParcelAreaExceeded

from . import county
from .county import BODY, COUNTY, DAY


async def accept(conn: AsyncConnection, case: int, areas: dict[int, str] | None = None) -> None:
    """Accept a case: given areas by parcel id, else each parcel's area in use."""
    await conn.execute(
        text(
            "UPDATE case_parcel cp SET accepted_m2 = coalesce(v.area_registered_m2, v.area_planar_m2) FROM parcel_version v"
            " WHERE v.parcel_id = cp.parcel_id AND cp.case_id = :k"
        ),
        {"k": case},
    )
    for parcel, area in (areas or {}).items():
        await conn.execute(
            text("UPDATE case_parcel SET accepted_m2 = :a WHERE case_id = :k AND parcel_id = :p"),
            {"a": Decimal(area), "k": case, "p": parcel},
        )
    await service.on_case_accepted(conn, CaseAccepted(COUNTY, case, 1, DAY, "验收甲"))


async def reverse(conn: AsyncConnection, case: int) -> None:
    await service.on_acceptance_reversed(conn, AcceptanceReversed(COUNTY, case, 2, DAY, "不实", "慈核1号", "验收甲"))


async def counted(conn: AsyncConnection, case: int) -> Decimal:
    found = await conn.execute(text("SELECT coalesce(sum(counted_m2), 0) FROM ledger_posting WHERE case_id = :k"), {"k": case})
    return found.scalar_one()


async def kinds(conn: AsyncConnection) -> list[str]:
    return [r.kind for r in await conn.execute(text("SELECT kind FROM ledger_posting WHERE county_code = :c ORDER BY id"), {"c": COUNTY})]


async def closes(conn: AsyncConnection) -> None:
    ground, _, union = await county.totals(conn)
    assert abs(ground - union) < Decimal("0.001")


async def test_overlap_adds_only_new_ground_and_reversal_leaves_the_second(book: AsyncConnection) -> None:
    one, two = await county.plot(book, 0, 0, 100, 100, registered=Decimal("9990.50")), await county.plot(book, 60, 0, 100, 100)
    first, second = await county.submitted_case(book, [one]), await county.submitted_case(book, [two])
    await accept(book, first)
    assert await counted(book, first) == Decimal("9990.50")
    await accept(book, second)
    assert await counted(book, second) == Decimal("6000.00")
    await closes(book)
    await reverse(book, first)
    assert (await counted(book, first), await counted(book, second)) == (0, Decimal("10000.00"))
    await closes(book)
    assert await kinds(book) == ["acceptance", "acceptance", "reversal", "repost"]
    await reverse(book, second)
    assert sum(x for x in (await county.totals(book))) == 0


async def test_a_method_that_does_not_count_posts_nothing(book: AsyncConnection) -> None:
    case = await county.submitted_case(book, [await county.plot(book, 0, 0, 50, 50)], method="add_storeys")
    await accept(book, case)
    assert await kinds(book) == []


async def test_parcels_of_one_case_overlap_each_other_once(book: AsyncConnection) -> None:
    plots = [await county.plot(book, x, 0, 100, 50) for x in (0, 80, 160)]
    await accept(book, await county.submitted_case(book, plots))
    assert (await county.totals(book))[1] == Decimal("13000.00")
    await closes(book)


async def test_partial_area_counts_sixty_per_cent(book: AsyncConnection) -> None:
    plot = await county.plot(book, 0, 0, 100, 100)
    case = await county.submitted_case(book, [plot])
    await accept(book, case, {plot.id: "6000.00"})
    assert await counted(book, case) == Decimal("6000.00")


async def test_body_of_a_posting_is_the_parcels(book: AsyncConnection) -> None:
    case = await county.submitted_case(book, [await county.plot(book, 0, 0, 50, 50, body=county.OTHER)])
    await accept(book, case)
    row = (
        await book.execute(
            text("SELECT responsible_body, method, posted_by, ST_Area(geom::geography) AS a FROM ledger_posting WHERE case_id = :k"),
            {"k": case},
        )
    ).one()
    assert (row.responsible_body, row.method, row.posted_by) == (county.OTHER, "rebuild", "验收甲")
    assert abs(row.a - 2500) < 3


def opening(
    key: str, mu_m2: str, *, parcel: int | None = None, geometry: Any = None, day: date = date(2024, 5, 6), body: str = BODY
) -> OpeningRow:
    return OpeningRow(key, "P1", "一号片区", body, "rebuild", Decimal(mu_m2), day, "慈验1号", parcel, geometry, 2)


async def test_a_parcel_that_counts_unmapped_already_cannot_count_beyond_its_area(book: AsyncConnection) -> None:
    plot = await county.plot(book, 0, 0, 100, 100)
    await post_openings(book, COUNTY, [opening("o1", "7000.00", parcel=plot.id)], by="导入")
    case = await county.submitted_case(book, [plot])
    with pytest.raises(ParcelAreaExceeded) as refused:
        await accept(book, case)
    assert refused.value.extra["remaining_m2"] == 3000.0
    await accept(book, case, {plot.id: "3000.00"})
    assert (await county.totals(book))[1] == Decimal("10000.00")


async def test_openings_count_what_was_delivered_and_stake_their_ground(book: AsyncConnection) -> None:
    shape = county.rectangle(0, 0, 100, 100)
    rows = [
        opening("a", "9800.00", geometry=shape),
        opening("b", "500.00"),
        opening("c", "2500.00", geometry=county.rectangle(50, 50, 50, 60)),
    ]
    done = await post_openings(book, COUNTY, rows, by="导入", import_id=None)
    assert [(i.index, i.code, i.value) for i in done.issues] == [(2, "overlap", "a")]
    again = await post_openings(book, COUNTY, rows, by="导入")
    assert [i.code for i in again.issues] == ["duplicate_key"] * 3
    assert again.posting_ids == []
    assert (await county.totals(book))[1] == Decimal("12800.00")
    await closes(book)
    case = await county.submitted_case(book, [await county.plot(book, 0, 0, 100, 120)])
    await accept(book, case)
    assert await counted(book, case) == Decimal("1500.00")
    await closes(book)
    await reverse(book, case)
    assert (await county.totals(book))[1] == Decimal("12800.00")
    await closes(book)


async def test_reversal_reposts_the_ground_of_an_opening_without_counting_it_again(book: AsyncConnection) -> None:
    case = await county.submitted_case(book, [await county.plot(book, 0, 0, 100, 100)])
    await accept(book, case)
    await post_openings(book, COUNTY, [opening("a", "4900.00", geometry=county.rectangle(0, 0, 100, 50))], by="导入")
    assert (await county.totals(book))[1] == Decimal("14900.00")
    await reverse(book, case)
    assert (await county.totals(book))[1] == Decimal("4900.00")
    await closes(book)


async def map_it(conn: AsyncConnection, key: str, geom: shapely.Geometry, who: Any = county.ACCEPTOR) -> dict[str, Any]:
    work = Work(conn, who)
    answer = await openings.map_opening(work, key, shapely.to_geojson(geom))
    assert work.entry is not None
    assert work.layers == {"freed-land"}
    return answer


async def test_mapping_moves_no_total_on_any_day(book: AsyncConnection) -> None:
    await post_openings(
        book, COUNTY, [opening("u", "10234.00"), opening("m", "100.00", geometry=county.rectangle(500, 0, 10, 10))], by="导入"
    )
    months = "SELECT posted_on, sum(counted_m2) AS s FROM ledger_posting WHERE county_code = :c GROUP BY 1 ORDER BY 1"
    before = (await book.execute(text(months), {"c": COUNTY})).all()
    with pytest.raises(LedgerOverlap) as refused:
        await map_it(book, "u", county.rectangle(495, 0, 100, 100))
    assert refused.value.extra["overlaps"] == "m"
    answer = await map_it(book, "u", county.rectangle(0, 0, 100, 100), county.OFFICER)
    assert answer["geometry_status"] == "mapped"
    assert (await book.execute(text(months), {"c": COUNTY})).all() == before
    unmapped = await book.execute(
        text("SELECT sum(counted_m2) FROM ledger_posting WHERE county_code = :c AND geometry_status = 'unmapped'"), {"c": COUNTY}
    )
    assert unmapped.scalar_one() == 0
    await closes(book)
    for key, kind in (("u", OpeningMapped), ("m", OpeningMapped), ("zzz", OpeningUnknown)):
        with pytest.raises(kind):
            await map_it(book, key, county.rectangle(900, 0, 10, 10))


async def test_mapping_is_refused_to_strangers_and_for_bad_shapes(book: AsyncConnection) -> None:
    await post_openings(book, COUNTY, [opening("u", "100.00")], by="导入")
    shape = county.rectangle(0, 0, 10, 10)
    with pytest.raises(OpeningUnknown):
        await map_it(book, "u", shape, county.OTHER_OFFICER)
    with pytest.raises(OpeningUnknown):
        await map_it(book, "u", shape, county.PEOPLE["viewer"].__class__(**{**county.VIEWER.__dict__, "role": county.Role.officer}))
    with pytest.raises(Forbidden):
        await map_it(book, "u", shape, county.VIEWER)
    for bad in (
        shapely.Point(121, 30),
        shapely.Polygon([(121, 30), (122, 31), (122, 30), (121, 31)]),
        shapely.box(500_000, 3_300_000, 500_010, 3_300_010),
    ):
        with pytest.raises(GroundInvalid):
            await map_it(book, "u", bad)
