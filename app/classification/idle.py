"""疑似闲置: the decision of 令53 (国土资源部令第53号 Art. 2, 8, 12, 14, 22, 30), pure. Never the legal determination.

Numbers are exact (Decimal, Fraction); every year, fraction, comparator and menu comes from the policy pack's [idle] section.
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from app.core.clock import add_years
from app.policy.schemas import Idle

COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le, "=": operator.eq,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class IdleRule:
    """Parameters of the rule, as the pack states them."""

    start_after_delivery_years: int
    first_years: int
    second_years: int
    elapsed_cmp: str
    area_fraction: Fraction
    area_cmp: str
    invest_fraction: Fraction
    invest_cmp: str
    suspended_years: int
    suspended_cmp: str
    menus: Mapping[str, str]

    @classmethod
    def from_pack(cls, idle: Idle) -> "IdleRule":
        """The rule of a pack's [idle] section."""
        return cls(
            start_after_delivery_years=idle.start_after_delivery_years,
            first_years=idle.first_years,
            second_years=idle.second_years,
            elapsed_cmp=idle.elapsed_cmp,
            area_fraction=idle.area_share,
            area_cmp=idle.area_cmp,
            invest_fraction=idle.invest_share,
            invest_cmp=idle.invest_cmp,
            suspended_years=idle.suspended_years,
            suspended_cmp=idle.suspended_cmp,
            menus={str(case): menu for case, menu in idle.menus.items()},
        )

    def is_elapsed(self, as_of: date, since: date, years: int) -> bool:
        """满 n 年: the day of the event is not counted (民法典 第二百零一条)."""
        return COMPARE[self.elapsed_cmp](as_of, add_years(since, years))

    def is_long_suspended(self, as_of: date, since: date) -> bool:
        """中止开发建设满一年."""
        return COMPARE[self.suspended_cmp](as_of, add_years(since, self.suspended_years))


@dataclass(frozen=True, slots=True)
class Site:
    """What the register knows of one parcel's contract; None is unknown. Areas m², money 万元 without land price and taxes."""

    new_start_on: date | None = None
    agreed_start_on: date | None = None
    delivered_on: date | None = None
    started: bool | None = None
    is_suspended: bool | None = None
    suspended_from: date | None = None
    should_area_m2: Decimal | None = None
    developed_area_m2: Decimal | None = None
    total_investment_wan: Decimal | None = None
    invested_wan: Decimal | None = None
    cause: str | None = None
    cause_document: str | None = None
    ownership: str | None = None


@dataclass(frozen=True, slots=True)
class IdleVerdict:
    """疑似 + 依据 + 缺失资料; `first_on` and `second_on` are the last days that are not yet one and two years."""

    result: str
    limb: str | None = None
    years: int | None = None
    cause: str | None = None
    menu: str | None = None
    missing: str | None = None
    start_on: date | None = None
    start_basis: str | None = None
    suspended_from: date | None = None
    first_on: date | None = None
    second_on: date | None = None
    is_low_area: bool | None = None
    is_low_investment: bool | None = None
    collective: bool = False

    def detail(self) -> dict[str, Any]:
        """JSON form; nothing in it moves with the calendar alone."""
        found = asdict(self)
        del found["result"]
        return {k: v.isoformat() if isinstance(v, date) else v for k, v in found.items()}


def start_of(site: Site, rule: IdleRule) -> tuple[date | None, str | None]:
    """动工日期 and where it comes from: latest supplement, contract, or delivery + 1 year (Art. 22)."""
    if site.new_start_on is not None:
        return site.new_start_on, "supplement"
    if site.agreed_start_on is not None:
        return site.agreed_start_on, "contract"
    if site.delivered_on is not None:
        return add_years(site.delivered_on, rule.start_after_delivery_years), "delivery"
    return None, None


def is_low(part: Decimal | None, whole: Decimal | None, fraction: Fraction, comparator: str) -> bool | None:
    """Whether part falls short of fraction × whole (不足: strict); unknown when a number is missing or there is no whole."""
    if part is None or whole is None or whole <= 0:
        return None
    return COMPARE[comparator](Fraction(part), fraction * Fraction(whole))


def verified_cause(site: Site) -> str:
    """A cause counts only with its verification document (Art. 8)."""
    if site.cause is None or not site.cause_document:
        return "unverified"
    return site.cause


def menu_of(limb: str, years: int | None, cause: str, rule: IdleRule) -> str:
    """What the law offers (Art. 12, 14); never a penalty on an unverified cause."""
    if limb == "2(2)":
        return rule.menus["limb_2_2"]
    if cause == "holder":
        return rule.menus["holder_second" if years == 2 else "holder_first"]
    return rule.menus[cause]


def decide(site: Site, *, as_of: date, rule: IdleRule) -> IdleVerdict:
    """Verdict of one parcel on one day (DOMAIN §4.1.7)."""
    start_on, basis = start_of(site, rule)
    known: dict[str, Any] = {"start_on": start_on, "start_basis": basis, "collective": site.ownership == "J"}
    if start_on is None:
        return IdleVerdict("insufficient_data", missing="start", **known)
    if site.started is None:
        return IdleVerdict("insufficient_data", missing="started", **known)
    if site.started:
        return _second_limb(site, as_of=as_of, rule=rule, known=known)
    return _first_limb(site, start_on, as_of=as_of, rule=rule, known=known)


def _first_limb(site: Site, start_on: date, *, as_of: date, rule: IdleRule, known: Mapping[str, Any]) -> IdleVerdict:
    """2(1) 未动工: more than a year after the agreed start."""
    dates: dict[str, Any] = {"first_on": add_years(start_on, rule.first_years), "second_on": add_years(start_on, rule.second_years)}
    if not rule.is_elapsed(as_of, start_on, rule.first_years):
        return IdleVerdict("not_idle", **dates, **known)
    years = 2 if rule.is_elapsed(as_of, start_on, rule.second_years) else 1
    cause = verified_cause(site)
    menu = menu_of("2(1)", years, cause, rule)
    return IdleVerdict("suspected", limb="2(1)", years=years, cause=cause, menu=menu, **dates, **known)


def _second_limb(site: Site, *, as_of: date, rule: IdleRule, known: Mapping[str, Any]) -> IdleVerdict:
    """2(2) 动工未尽: less than 1/3 of the area or 25 % of the investment, and suspended for more than a year."""
    low_area = is_low(site.developed_area_m2, site.should_area_m2, rule.area_fraction, rule.area_cmp)
    low_money = is_low(site.invested_wan, site.total_investment_wan, rule.invest_fraction, rule.invest_cmp)
    known = {**known, "is_low_area": low_area, "is_low_investment": low_money, "suspended_from": site.suspended_from}
    if site.is_suspended is False:
        return IdleVerdict("not_idle", **known)
    if low_area is False and low_money is False:
        return IdleVerdict("not_idle", **known)
    if low_area is not True and low_money is not True:
        return IdleVerdict("insufficient_data", missing="ratios", **known)
    if site.is_suspended is None or site.suspended_from is None:
        return IdleVerdict("insufficient_data", missing="suspended_from", **known)
    known["first_on"] = add_years(site.suspended_from, rule.suspended_years)
    if not rule.is_long_suspended(as_of, site.suspended_from):
        return IdleVerdict("not_idle", **known)
    cause = verified_cause(site)
    return IdleVerdict("suspected", limb="2(2)", cause=cause, menu=menu_of("2(2)", None, cause, rule), **known)
