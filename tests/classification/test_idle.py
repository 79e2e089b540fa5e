"""疑似闲置: DOMAIN §4.1.7 branch by branch, with the vectors of Appendix A."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.classification.idle import IdleRule, Site, decide
from app.policy import pack_for

RULE = IdleRule.from_pack(pack_for("330282", date(2025, 9, 30)).content.idle)
AS_OF = date(2025, 9, 30)
UNTOUCHED = Site(agreed_start_on=date(2022, 3, 15), started=False)
STOPPED = Site(
    agreed_start_on=date(2019, 1, 1), started=True, is_suspended=True, suspended_from=date(2023, 3, 1), should_area_m2=Decimal(9000),
    developed_area_m2=Decimal(9000), total_investment_wan=Decimal(1000), invested_wan=Decimal(1000),
)  # fmt: skip


def says(site: Site, as_of: date = AS_OF) -> tuple[str, str | None, int | None, str | None, str | None]:
    v = decide(site, as_of=as_of, rule=RULE)
    return v.result, v.limb, v.years, v.menu, v.missing


def with_cause(site: Site, cause: str, document: str | None = "慈资规核〔2025〕1号") -> Site:
    return replace(site, cause=cause, cause_document=document)


def test_appendix_a_start_2022_03_15() -> None:
    assert says(UNTOUCHED, date(2023, 3, 15)) == ("not_idle", None, None, None, None)
    assert says(UNTOUCHED, date(2023, 3, 16)) == ("suspected", "2(1)", 1, "needs_investigation", None)
    assert says(with_cause(UNTOUCHED, "government"), date(2023, 3, 16))[3] == "art12"


def test_appendix_a_investment_and_area() -> None:
    assert says(replace(STOPPED, invested_wan=Decimal("249"))) == ("suspected", "2(2)", None, "art12", None)
    assert says(replace(STOPPED, invested_wan=Decimal("250")))[0] == "not_idle"
    assert says(replace(STOPPED, developed_area_m2=Decimal(3000)))[0] == "not_idle"
    assert says(replace(STOPPED, developed_area_m2=Decimal("2999.99")))[:2] == ("suspected", "2(2)")


def test_appendix_a_start_from_delivery() -> None:
    site = Site(delivered_on=date(2021, 6, 1), started=False)
    verdict = decide(site, as_of=AS_OF, rule=RULE)
    assert (verdict.start_on, verdict.start_basis) == (date(2022, 6, 1), "delivery")


@pytest.mark.parametrize(("as_of", "years"), [(date(2024, 3, 15), 1), (date(2024, 3, 16), 2)])
@pytest.mark.parametrize(
    ("cause", "menus"),
    [
        ("holder", {1: "art14_fee", 2: "art14_recover"}), ("government", {1: "art12", 2: "art12"}),
        ("force_majeure", {1: "art12", 2: "art12"}), ("unverified", {1: "needs_investigation", 2: "needs_investigation"}),
    ],
)  # fmt: skip
def test_menu_by_years_and_cause(as_of: date, years: int, cause: str, menus: dict[int, str]) -> None:
    assert says(with_cause(UNTOUCHED, cause), as_of) == ("suspected", "2(1)", years, menus[years], None)


@pytest.mark.parametrize("cause", ["holder", "government", "force_majeure"])
@pytest.mark.parametrize("document", [None, ""])
def test_a_cause_without_document_is_unverified(cause: str, document: str | None) -> None:
    verdict = decide(with_cause(UNTOUCHED, cause, document), as_of=AS_OF, rule=RULE)
    assert (verdict.cause, verdict.menu) == ("unverified", "needs_investigation")


def test_a_document_without_a_cause_verifies_nothing() -> None:
    verdict = decide(replace(UNTOUCHED, cause=None, cause_document="慈资规核〔2025〕1号"), as_of=AS_OF, rule=RULE)
    assert (verdict.cause, verdict.menu) == ("unverified", "needs_investigation")


def test_second_limb_never_leads_to_a_penalty() -> None:
    site = with_cause(replace(STOPPED, invested_wan=Decimal(0)), "holder")
    verdict = decide(site, as_of=AS_OF, rule=RULE)
    assert (verdict.limb, verdict.cause, verdict.menu, verdict.years) == ("2(2)", "holder", "art12", None)


@pytest.mark.parametrize(
    ("site", "missing"),
    [
        (Site(started=False), "start"),
        (Site(), "start"),
        (replace(UNTOUCHED, started=None), "started"),
        (replace(STOPPED, total_investment_wan=None), "ratios"),
        (replace(STOPPED, should_area_m2=None, total_investment_wan=Decimal(0)), "ratios"),
        (replace(STOPPED, developed_area_m2=None, invested_wan=None), "ratios"),
        (replace(STOPPED, invested_wan=Decimal(0), suspended_from=None), "suspended_from"),
        (replace(STOPPED, invested_wan=Decimal(0), is_suspended=None), "suspended_from"),
    ],
)
def test_what_is_missing_is_named(site: Site, missing: str) -> None:
    assert says(site) == ("insufficient_data", None, None, None, missing)


@pytest.mark.parametrize(
    "site",
    [
        replace(STOPPED, is_suspended=False, invested_wan=Decimal(0)),
        replace(STOPPED, is_suspended=False, invested_wan=None, developed_area_m2=None),
        replace(STOPPED, is_suspended=None, suspended_from=None),
        replace(STOPPED, invested_wan=Decimal(0), suspended_from=date(2024, 9, 30)),
    ],
)
def test_not_idle(site: Site) -> None:
    assert says(site)[0] == "not_idle"


def test_one_low_ratio_is_enough_beside_an_unknown_one() -> None:
    assert says(replace(STOPPED, invested_wan=Decimal(0), should_area_m2=None))[0] == "suspected"
    assert says(replace(STOPPED, developed_area_m2=Decimal(0), total_investment_wan=None))[0] == "suspected"


def test_start_order_is_supplement_contract_delivery() -> None:
    site = Site(new_start_on=date(2025, 1, 1), agreed_start_on=date(2021, 1, 1), delivered_on=date(2019, 1, 1), started=False)
    assert says(site)[0] == "not_idle"
    assert decide(site, as_of=AS_OF, rule=RULE).start_basis == "supplement"
    assert says(replace(site, new_start_on=None))[2] == 2
    assert decide(replace(site, new_start_on=None), as_of=AS_OF, rule=RULE).start_basis == "contract"
    assert decide(replace(site, new_start_on=None, agreed_start_on=None), as_of=AS_OF, rule=RULE).start_on == date(2020, 1, 1)


def test_29_february_ends_on_28_february() -> None:
    leap = replace(UNTOUCHED, agreed_start_on=date(2024, 2, 29))
    assert says(leap, date(2025, 2, 28))[0] == "not_idle"
    assert says(leap, date(2025, 3, 1))[0] == "suspected"


@pytest.mark.parametrize(("ownership", "collective"), [("J", True), ("G", False), ("Z", False), (None, False)])
@pytest.mark.parametrize("site", [UNTOUCHED, STOPPED, Site(), replace(STOPPED, invested_wan=Decimal(0))])
def test_collective_land_has_the_same_result_and_a_flag(site: Site, ownership: str | None, collective: bool) -> None:
    plain = decide(site, as_of=AS_OF, rule=RULE)
    assert decide(replace(site, ownership=ownership), as_of=AS_OF, rule=RULE) == replace(plain, collective=collective)


def test_detail_is_json_and_does_not_move_with_the_day() -> None:
    detail = decide(UNTOUCHED, as_of=AS_OF, rule=RULE).detail()
    assert detail == decide(UNTOUCHED, as_of=AS_OF + timedelta(30), rule=RULE).detail()
    assert (detail["first_on"], detail["second_on"], detail["collective"]) == ("2023-03-15", "2024-03-15", False)


tri = st.sampled_from([True, False, None])
days = st.one_of(st.none(), st.dates(date(2018, 1, 1), date(2026, 12, 31)))
sizes = st.one_of(st.none(), st.decimals(0, 1000, places=2))
sites = st.builds(
    Site, new_start_on=days, agreed_start_on=days, delivered_on=days, started=tri, is_suspended=tri, suspended_from=days, should_area_m2=sizes,
    developed_area_m2=sizes, total_investment_wan=sizes, invested_wan=sizes, cause=st.sampled_from([None, "holder", "government", "force_majeure", "unverified"]),
    cause_document=st.sampled_from([None, "", "号"]), ownership=st.sampled_from([None, "G", "J", "Z"]),
)  # fmt: skip


def reference(s: Site, as_of: date) -> tuple:  # noqa: C901
    """DOMAIN §4.1.7 written down a second time, as literally as Python allows."""

    def years_after(day: date, n: int) -> date:
        try:
            return day.replace(year=day.year + n)
        except ValueError:
            return date(day.year + n, 2, 28)

    def third(part, whole, share):
        return None if part is None or whole is None or whole <= 0 else Fraction(part) / Fraction(whole) < share

    start = s.new_start_on or s.agreed_start_on or (s.delivered_on and years_after(s.delivered_on, 1))
    if start is None:
        return "insufficient_data", None, None, None, "start"
    if s.started is None:
        return "insufficient_data", None, None, None, "started"
    cause = s.cause if s.cause and s.cause_document else "unverified"
    if s.started is False:
        if as_of <= years_after(start, 1):
            return "not_idle", None, None, None, None
        years = 2 if as_of > years_after(start, 2) else 1
        if cause in ("government", "force_majeure"):
            return "suspected", "2(1)", years, "art12", None
        menu = ("art14_recover" if years >= 2 else "art14_fee") if cause == "holder" else "needs_investigation"
        return "suspected", "2(1)", years, menu, None
    low = {third(s.developed_area_m2, s.should_area_m2, Fraction(1, 3)), third(s.invested_wan, s.total_investment_wan, Fraction(1, 4))}
    if s.is_suspended is False or low == {False}:
        return "not_idle", None, None, None, None
    if True not in low:
        return "insufficient_data", None, None, None, "ratios"
    if s.is_suspended is None or s.suspended_from is None:
        return "insufficient_data", None, None, None, "suspended_from"
    if as_of <= years_after(s.suspended_from, 1):
        return "not_idle", None, None, None, None
    return "suspected", "2(2)", None, "art12", None


@given(site=sites, as_of=st.dates(date(2019, 1, 1), date(2027, 12, 31)))
def test_equals_the_second_writing_of_the_rule(site: Site, as_of: date) -> None:
    assert says(site, as_of) == reference(site, as_of)
