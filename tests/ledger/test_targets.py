"""Targets and progress from postings: Q1, calibre, sums that close, targets without data."""

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.errors import BadParameter, Forbidden
from app.ledger import OpeningRow, post_openings, targets, views
from app.ledger.errors import CalibreUnknown, TargetUnknown
from app.settings import settings

from . import county
from .county import ACCEPTOR, BODY, COUNTY, OTHER, OUT

AS_OF = date(2025, 9, 30)


@pytest.fixture
async def filled(book: AsyncConnection) -> AsyncConnection:
    """9,567.00 亩 of 市级, 1,380 in the last twelve months, 20 outside the calibre, one unassigned, one before the period."""
    rows = [
        (BODY, date(2022, 3, 1), "5000"), (OTHER, date(2023, 11, 20), "3187"), (BODY, date(2024, 10, 1), "500"), (OTHER, date(2024, 9, 15), "100"),
        (OTHER, date(2025, 8, 31), "300"), (BODY, date(2025, 9, 2), "400"), (OTHER, date(2025, 9, 30), "130"), (f"{COUNTY}000", date(2025, 1, 2), "50"),
        (OUT, date(2025, 9, 3), "20"), (BODY, date(2020, 12, 31), "77"), (BODY, date(2025, 10, 1), "55"), (BODY, date(2021, 1, 1), "-100"),
    ]  # fmt: skip
    done = [
        OpeningRow(f"k{n}", "P", "片区", body, "rebuild", Decimal(mu) * 10_000 / 15, day, None, None, None, 1)
        for n, (body, day, mu) in enumerate(rows)
    ]
    exact = [OpeningRow(**{**r.__dict__, "counted_m2": r.counted_m2.quantize(Decimal("0.01"))}) for r in done]
    await post_openings(book, COUNTY, exact, by="导入")
    return book


async def test_q1_from_postings(filled: AsyncConnection) -> None:
    a = await targets.progress(filled, ACCEPTOR, "CX-008", as_of=AS_OF, calibre=None, by="responsible_body")
    assert a["calibre"]["code"] == "city_level"
    assert (a["done"]["mu"], a["rate_pct"], a["ahead_pp"], a["gap_mu"]) == (9567.0, 95.67, 0.71, 433.0)
    assert a["time_progress"] == {"days_elapsed": 1734, "days_total": 1826, "pct": 94.96}
    assert (a["pace_12m_mu"], a["required_pace_mu"], a["eta"], a["eta_is_late"], a["final"]) == (
        115.0,
        144.3,
        date(2026, 1, 22),
        True,
        False,
    )
    assert a["month"] == {"new_mu": 530.0, "n_parcels": 2, "n_firms": 2, "yoy": 430.0, "mom": 76.7}
    assert a["sum_check"]["equal"]
    assert a["sum_check"]["months_equal"]
    rows = {r["responsible_body"]: r for r in a["rows"]}
    assert OUT not in rows
    assert rows["unassigned"]["done_mu"] == 50.0
    assert sum(r["done_mu"] for r in a["rows"]) == 9567.0
    assert sum(r["allocated_mu"] or 0 for r in a["rows"]) == 10_000.0
    assert (rows[BODY]["done_mu"], rows[BODY]["rate_pct"], rows[BODY]["rank"]) == (5800.0, 96.67, 2)
    assert (rows[OTHER]["rank"], rows[OTHER]["rate_pct"]) == (1, 106.2)
    assert a["unmapped_mu"] == 9567.0


async def test_other_days_and_calibres(filled: AsyncConnection) -> None:
    whole = await targets.progress(filled, ACCEPTOR, "CX-008", as_of=AS_OF, calibre="whole_city", by=None)
    assert whole["done"]["mu"] == 9587.0
    assert whole["sum_check"]["equal"]
    final = await targets.progress(filled, ACCEPTOR, "CX-008", as_of=date(2026, 3, 1), calibre=None, by=None)
    assert (final["final"], final["eta"], final["month"], final["done"]["mu"]) == (True, None, None, 9622.0)
    early = await targets.progress(filled, ACCEPTOR, "CX-008", as_of=date(2021, 6, 1), calibre=None, by=None)
    assert early["done"]["mu"] == -100.0
    with pytest.raises(CalibreUnknown):
        await targets.progress(filled, ACCEPTOR, "CX-008", as_of=None, calibre="x", by=None)
    with pytest.raises(TargetUnknown):
        await targets.progress(filled, ACCEPTOR, "CX-999", as_of=None, calibre=None, by=None)
    with pytest.raises(BadParameter):
        await targets.progress(filled, ACCEPTOR, "CX-008", as_of=None, calibre=None, by="colour")
    with pytest.raises(Forbidden):
        await targets.overview(filled, county.VIEWER)


async def test_all_targets_say_what_is_known(filled: AsyncConnection) -> None:
    await targets.observe(filled, COUNTY, "CX-001", value=Decimal("34.5"), observed_on=date(2025, 6, 30), source="统计公报")
    await targets.observe(filled, COUNTY, "CX-030", value=Decimal(12), observed_on=date(2024, 12, 31), source="经信局")
    answer = await targets.overview(filled, ACCEPTOR)
    rows = {r["id"]: r for r in answer["items"]}
    assert answer["n"] == len(rows) == 49
    assert (rows["CX-008"]["status"], rows["CX-008"]["done"], rows["CX-008"]["rate_pct"]) == ("computed", 9567.0, 95.67)
    assert (rows["CX-001"]["status"], rows["CX-001"]["done"], rows["CX-001"]["source"]) == ("observed", 34.5, "统计公报")
    assert rows["CX-030"]["status"] == "unknown", "last year's count does not carry over"
    assert (rows["CX-045"]["status"], rows["CX-045"]["done"]) == ("rule", None)
    unknown = [r for r in rows.values() if r["status"] == "unknown"]
    assert all(r["done"] is None and r["missing"] for r in unknown)
    one = await targets.progress(filled, ACCEPTOR, "CX-002", as_of=None, calibre=None, by=None)
    assert (one["status"], one["done"]) == ("unknown", None)


async def test_ranking(filled: AsyncConnection) -> None:
    answer = await targets.ranking(filled, county.OFFICER, "CX-008", as_of=AS_OF, calibre=None)
    placed = [(r["responsible_body"], r["rank"], r["rank_before"], r["rank_change"]) for r in answer["rows"] if r["rank"]]
    assert placed == [(OTHER, 1, 1, 0), (BODY, 2, 2, 0)]
    assert answer["behind"] == []
    assert answer["bottom"] == [OTHER, BODY]


async def test_postings_page_and_total(filled: AsyncConnection) -> None:
    asked = {
        "measure": None,
        "campaign": None,
        "calibre": "city_level",
        "body": None,
        "from": date(2021, 1, 1),
        "to": AS_OF,
        "parcel": None,
        "case": None,
        "status": None,
    }
    seen, cursor = [], None
    while True:
        page = await views.postings(filled, ACCEPTOR, dict(asked), cursor=cursor, limit=4)
        seen += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    assert page["total"]["n"] == len({i["id"] for i in seen}) == len(seen) == 9
    assert page["total"]["mu"] == 9567.0
    assert [i["posted_on"] for i in seen] == sorted((i["posted_on"] for i in seen), reverse=True)
    own = await views.postings(filled, county.OFFICER, {**asked, "calibre": None, "status": "unmapped"}, cursor=None, limit=100)
    assert {i["responsible_body"] for i in own["items"]} == {BODY}
    assert settings().today == AS_OF


async def test_reversals_after_the_day_asked_do_not_change_it(filled: AsyncConnection) -> None:
    await filled.execute(
        text(
            "INSERT INTO ledger_posting (county_code, measure_key, campaign, responsible_body, kind, posted_on, counted_m2, geometry_status, posted_by)"
            " VALUES (:c, 'freed_inefficient_industrial_land', '2021-2025', :b, 'reversal', '2025-09-29', -6666.67, 'mapped', 'x')"
        ),
        {"c": COUNTY, "b": BODY},
    )
    before = await targets.progress(filled, ACCEPTOR, "CX-008", as_of=date(2025, 9, 28), calibre=None, by=None)
    after = await targets.progress(filled, ACCEPTOR, "CX-008", as_of=AS_OF, calibre=None, by=None)
    assert (before["done"]["mu"], after["done"]["mu"]) == (9437.0, 9557.0)


async def test_totals_do_not_mix_measures(filled: AsyncConnection) -> None:
    await filled.execute(
        text(
            "INSERT INTO ledger_posting (county_code, measure_key, campaign, responsible_body, kind, posted_on, counted_m2, geometry_status, posted_by)"
            " VALUES (:c, 'revitalised_stock_land', '2021-2025', :b, 'opening', '2025-01-01', 999999, 'unmapped', 'x')"
        ),
        {"c": COUNTY, "b": BODY},
    )
    answer = await targets.progress(filled, ACCEPTOR, "CX-008", as_of=AS_OF, calibre=None, by=None)
    assert answer["done"]["mu"] == 9567.0
