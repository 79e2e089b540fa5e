"""Target arithmetic (DOMAIN §1.7, PRACTICE §4 Q1); pure. Areas and counts are Decimals in the target's unit.

Conventions: days are counted inclusively (2021-01-01..2025-09-30 = 1,734 of 1,826 days). Pace is the mean of the twelve
months that end on the day asked. Forecast: the gap at that pace takes gap ÷ pace months of 365 ÷ 12 days, whole days counted
(433.00 ÷ 115.0 × 30.4167 = 114.5 → 114 days after 2025-09-30 = 2026-01-22), at least one. Required pace = gap ÷ months left,
a month begun counts by its days left. After the period's end the final value stands, without a forecast.
"""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType

ZERO = Decimal(0)
HUNDRED = Decimal(100)
MONTH_DAYS = Decimal(365) / Decimal(12)


@dataclass(frozen=True)
class Kind:
    """Arithmetic of a kind: `source` events | level | ratio | rate | rule; whether a line in time exists; whether it restarts yearly."""

    source: str
    label: str
    has_time_line: bool = False
    is_yearly: bool = False


KINDS = MappingProxyType(
    {
        "cumulative": Kind("events", "累计", has_time_line=True),
        "annual": Kind("events", "每年", has_time_line=True, is_yearly=True),
        "annual_average": Kind("events", "年均"),
        "level": Kind("level", "期末水平"),
        "annual_level": Kind("level", "每年保有", is_yearly=True),
        "ratio_continuous": Kind("ratio", "比例(持续)"),
        "annual_ratio": Kind("ratio", "年度比例", is_yearly=True),
        "decline_rate_cumulative": Kind("rate", "累计降幅"),
        "decline_rate_vs_baseline": Kind("rate", "较基期降幅"),
        "decline_rate_external": Kind("rate", "降幅(外部公布)"),
        "growth_vs_baseline": Kind("rate", "较基期增长"),
        "growth_rate_annual_avg": Kind("rate", "年均增长"),
        "rule_threshold": Kind("rule", "规则阈值(不作目标)"),
        "non_decrease": Kind("ratio", "不减少"),
    }
)
"""Kinds of DOMAIN §1.7."""


@dataclass(frozen=True)
class Period:
    """Both days inclusive."""

    start: date
    end: date


@dataclass(frozen=True)
class TimeProgress:
    """序时进度."""

    days_elapsed: int
    days_total: int

    @property
    def pct(self) -> Decimal:
        """Exact, in per cent."""
        return Decimal(self.days_elapsed) * HUNDRED / Decimal(self.days_total)


def round_to(value: Decimal, places: int) -> Decimal:
    """Half-up."""
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def window(kind: str, period: Period, as_of: date) -> Period:
    """Days whose events count on `as_of`: the whole period, or the calendar year inside it (yearly targets reset on 1 January)."""
    if not KINDS[kind].is_yearly:
        return period
    year = min(max(as_of.year, period.start.year), period.end.year)
    return Period(max(period.start, date(year, 1, 1)), min(period.end, date(year, 12, 31)))


def counts(kind: str, period: Period, as_of: date, happened: date) -> bool:
    """Whether an event of that day counts on `as_of`."""
    days = window(kind, period, as_of)
    return days.start <= happened <= min(days.end, as_of)


def time_progress(period: Period, as_of: date) -> TimeProgress:
    """Days elapsed and in all, both inclusive; never below 0 nor above the whole."""
    total = (period.end - period.start).days + 1
    return TimeProgress(min(max((as_of - period.start).days + 1, 0), total), total)


def months_left(as_of: date, end: date) -> Decimal:
    """Months after `as_of` up to and with `end`; the month begun counts by its days left."""
    if as_of >= end:
        return ZERO
    days = calendar.monthrange(as_of.year, as_of.month)[1]
    if (as_of.year, as_of.month) == (end.year, end.month):
        return Decimal((end - as_of).days) / days
    whole = (end.year - as_of.year) * 12 + end.month - as_of.month - 1
    last = Decimal(end.day) / calendar.monthrange(end.year, end.month)[1]
    return Decimal(days - as_of.day) / days + whole + last


def year_before(day: date) -> date:
    """Corresponding day a year earlier; month ends stay month ends."""
    is_last = day.day == calendar.monthrange(day.year, day.month)[1]
    last = calendar.monthrange(day.year - 1, day.month)[1]
    return date(day.year - 1, day.month, last if is_last else min(day.day, last))


def month_before(day: date) -> date:
    """Corresponding day of the month before; month ends stay month ends."""
    is_last = day.day == calendar.monthrange(day.year, day.month)[1]
    year, month = (day.year, day.month - 1) if day.month > 1 else (day.year - 1, 12)
    last = calendar.monthrange(year, month)[1]
    return date(year, month, last if is_last else min(day.day, last))


def month_of(day: date) -> Period:
    """The month up to that day."""
    return Period(day.replace(day=1), day)


def last_twelve_months(as_of: date) -> Period:
    """The twelve months that end on the day."""
    return Period(year_before(as_of) + timedelta(days=1), as_of)


def eta(as_of: date, gap: Decimal, pace: Decimal) -> date | None:
    """Day on which the gap is closed at `pace` a month; None when nothing is left or it never will be."""
    if gap <= 0 or pace <= 0:
        return None
    days = int(gap / pace * MONTH_DAYS)
    return as_of + timedelta(days=max(days, 1)) if days < 36_500 else None


@dataclass(frozen=True)
class Progress:
    """Answer of Q1 in the target's unit; percentages at 2 decimals, paces at 1."""

    done: Decimal
    value: Decimal
    rate_pct: Decimal
    time: TimeProgress
    time_pct: Decimal
    ahead_pp: Decimal
    gap: Decimal
    pace_12m: Decimal | None
    required_pace: Decimal | None
    eta: date | None
    eta_is_late: bool | None
    is_final: bool


def progress(kind: str, period: Period, as_of: date, *, value: Decimal, done: Decimal, last_12m: Decimal) -> Progress:
    """Rate, distance to the line of time, gap, pace and forecast on `as_of`."""
    days = window(kind, period, as_of)
    time = time_progress(days, as_of)
    rate = done * HUNDRED / value
    gap = max(value - done, ZERO)
    is_final = as_of > period.end
    left = months_left(as_of, days.end)
    pace = last_12m / 12
    when = None if is_final else eta(as_of, gap, pace)
    return Progress(
        done=done,
        value=value,
        rate_pct=round_to(rate, 2),
        time=time,
        time_pct=round_to(time.pct, 2),
        ahead_pp=round_to(rate - time.pct, 2),
        gap=gap,
        pace_12m=None if is_final else round_to(pace, 1),
        required_pace=None if is_final or not left else round_to(gap / left, 1),
        eta=when,
        eta_is_late=None if when is None else when > days.end,
        is_final=is_final,
    )


def annual_average(total: Decimal, start: date, as_of: date) -> Decimal | None:
    """Σ ÷ elapsed full years; None before the first year is full."""
    after = as_of + timedelta(days=1)
    years = after.year - start.year - ((after.month, after.day) < (start.month, start.day))
    return total / years if years >= 1 else None


def decline_pct(base: Decimal | None, current: Decimal) -> Decimal | None:
    """(base − current) ÷ base in per cent; None without a base year's value."""
    return None if not base else round_to((base - current) * HUNDRED / base, 2)


def growth_pct(base: Decimal | None, current: Decimal) -> Decimal | None:
    """current ÷ base − 1 in per cent; None without a base year's value."""
    return None if not base else round_to((current / base - 1) * HUNDRED, 2)


def ranks(values: dict[str, Decimal | None]) -> dict[str, int | None]:
    """Rank by value, highest first; ties share a rank; None has none."""
    known = sorted((v for v in values.values() if v is not None), reverse=True)
    return {key: None if v is None else known.index(v) + 1 for key, v in values.items()}


def change_pct(now: Decimal, before: Decimal) -> Decimal | None:
    """同比/环比 in per cent; None when there was nothing before."""
    return None if before <= 0 else round_to((now - before) * HUNDRED / before, 1)
