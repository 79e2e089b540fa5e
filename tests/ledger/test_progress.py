"""PRACTICE §4 Q1 to the digit, and the kinds of DOMAIN §1.7."""

from datetime import date
from decimal import Decimal

import pytest

from app.ledger.progress import (
    Period,
    annual_average,
    counts,
    decline_pct,
    eta,
    growth_pct,
    last_twelve_months,
    month_before,
    months_left,
    progress,
    ranks,
    time_progress,
    window,
    year_before,
)

PLAN = Period(date(2021, 1, 1), date(2025, 12, 31))
AS_OF = date(2025, 9, 30)


def q1(as_of: date = AS_OF, done: str = "9567.00"):
    return progress("cumulative", PLAN, as_of, value=Decimal(10_000), done=Decimal(done), last_12m=Decimal("1380.00"))


def test_q1() -> None:
    answer = q1()
    assert (answer.time.days_elapsed, answer.time.days_total, answer.time_pct) == (1734, 1826, Decimal("94.96"))
    assert (answer.rate_pct, answer.ahead_pp, answer.gap) == (Decimal("95.67"), Decimal("0.71"), Decimal("433.00"))
    assert (answer.pace_12m, answer.eta, answer.eta_is_late) == (Decimal("115.0"), date(2026, 1, 22), True)
    assert (answer.required_pace, answer.is_final) == (Decimal("144.3"), False)


def test_after_the_end_the_value_is_final_and_nothing_is_forecast() -> None:
    answer = q1(date(2026, 1, 1))
    assert answer.is_final
    assert (answer.eta, answer.pace_12m, answer.required_pace, answer.time_pct) == (None, None, None, Decimal(100))
    assert not q1(date(2025, 12, 31)).is_final


def test_a_reached_target_needs_no_forecast() -> None:
    answer = q1(done="10000.00")
    assert (answer.gap, answer.eta, answer.required_pace, answer.rate_pct) == (0, None, Decimal("0.0"), Decimal("100.00"))


def test_annual_targets_reset_on_new_years_day_and_earlier_events_do_not_count() -> None:
    assert window("annual", PLAN, date(2024, 5, 1)) == Period(date(2024, 1, 1), date(2024, 12, 31))
    assert not counts("annual", PLAN, date(2024, 5, 1), date(2023, 12, 31))
    assert counts("annual", PLAN, date(2024, 5, 1), date(2024, 1, 1))
    assert not counts("cumulative", PLAN, AS_OF, date(2020, 12, 31))
    assert not counts("cumulative", PLAN, AS_OF, date(2025, 10, 1))
    assert counts("cumulative", PLAN, AS_OF, AS_OF)
    assert time_progress(window("annual", PLAN, date(2024, 1, 1)), date(2024, 1, 1)).days_elapsed == 1


def test_windows() -> None:
    assert last_twelve_months(AS_OF) == Period(date(2024, 10, 1), AS_OF)
    assert last_twelve_months(date(2024, 2, 29)) == Period(date(2023, 3, 1), date(2024, 2, 29))
    assert year_before(date(2025, 2, 28)) == date(2024, 2, 29)
    assert month_before(date(2025, 3, 31)) == date(2025, 2, 28)
    assert month_before(date(2025, 1, 15)) == date(2024, 12, 15)


def test_months_left() -> None:
    assert months_left(AS_OF, PLAN.end) == 3
    assert months_left(date(2025, 12, 16), PLAN.end) == Decimal(15) / 31
    assert months_left(date(2025, 11, 15), PLAN.end) == Decimal("1.5")
    assert months_left(PLAN.end, PLAN.end) == 0


def test_eta_edges() -> None:
    assert eta(AS_OF, Decimal(1), Decimal(1000)) == date(2025, 10, 1)
    assert eta(AS_OF, Decimal(1), Decimal(0)) is None
    assert eta(AS_OF, Decimal(0), Decimal(5)) is None
    assert eta(AS_OF, Decimal(10**9), Decimal(1)) is None


@pytest.mark.parametrize(
    ("as_of", "expected"), [(date(2021, 12, 30), None), (date(2021, 12, 31), 600), (date(2022, 12, 30), 600), (date(2022, 12, 31), 300)]
)
def test_annual_average_needs_a_full_year(as_of: date, expected: int | None) -> None:
    assert annual_average(Decimal(600), date(2021, 1, 1), as_of) == expected


def test_rates_need_their_base() -> None:
    assert decline_pct(Decimal(20), Decimal(17)) == Decimal("15.00")
    assert decline_pct(None, Decimal(17)) is None
    assert growth_pct(Decimal(100), Decimal("112.5")) == Decimal("12.50")
    assert growth_pct(Decimal(0), Decimal(1)) is None


def test_ties_share_a_rank() -> None:
    assert ranks({"a": Decimal(5), "b": Decimal(7), "c": Decimal(5), "d": None, "e": Decimal(1)}) == {
        "a": 2, "b": 1, "c": 2, "d": None, "e": 4,
    }  # fmt: skip
