"""Each fact of parcel_facts.sql on rows made by hand, on real PostGIS."""

from collections.abc import Awaitable, Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from app.classification import facts
from app.policy import pack_for
from tests.classification.register import AS_OF, COUNTY, Register

STALE, TWO_YEARS = date(2023, 9, 29), date(2023, 9, 30)
Facts = Callable[..., Awaitable[Any]]


@pytest.fixture
async def register(conn) -> Register:
    return await Register(conn).open()


@pytest.fixture
def fact(conn) -> Facts:
    async def get(parcel: int, *, as_of: date = AS_OF, data_year: int = 2024) -> Any:
        ask = facts.Ask(COUNTY, as_of, data_year, pack_for(COUNTY, as_of))
        await facts.build(conn, ask, 1)
        return (await conn.execute(text("SELECT * FROM parcel_fact WHERE parcel_id = :p"), {"p": parcel})).one_or_none()

    return get


async def test_area_is_registered_else_contract_else_planar(register: Register, fact: Facts) -> None:
    both = await register.parcel(area_registered_m2=Decimal("33333.33"), area_contract_m2=Decimal(1))
    contract = await register.parcel(area_registered_m2=None, area_contract_m2=Decimal("33330.00"))
    planar = await register.parcel(area_registered_m2=None, area_planar_m2=Decimal(2000))
    assert ((await fact(both)).area_used_mu, (await fact(both)).area_basis) == (Decimal("50.0000"), "registered")
    assert ((await fact(contract)).area_used_mu, (await fact(contract)).area_basis) == (Decimal("49.9950"), "contract")
    assert ((await fact(planar)).area_used_mu, (await fact(planar)).area_basis) == (Decimal("3.0000"), "planar")


async def test_ownership_comes_from_a_valid_code_first(register: Register, fact: Facts) -> None:
    coded = await register.parcel(cadastral_code="330282001001JB00042", ownership="G")
    plain = await register.parcel(ownership="Z")
    assert (await fact(coded)).ownership == "J"
    assert (await fact(plain)).ownership == "Z"


async def test_a_parcel_is_there_only_on_the_days_of_its_versions(register: Register, fact: Facts) -> None:
    gone = await register.parcel(from_="2021-01-01", to="'2025-01-01'::date")
    assert await fact(gone, as_of=date(2024, 12, 31)) is not None
    assert await fact(gone, as_of=date(2025, 1, 1)) is None


@pytest.mark.parametrize(
    ("mu", "tax", "expected"),
    [(15, 75, "5.0000"), (15, 75.15, "5.0100"), (15, 0, "0.0000"), (0.1, 0.5, "5.0000"), (3.3333, 16.6666, "5.0000")],
)
async def test_tax_per_mu_of_one_user(register: Register, fact: Facts, mu: float, tax: float, expected: str) -> None:
    parcel, firm = await register.parcel(), await register.firm()
    await register.holds(firm, parcel, mu)
    await register.tax(firm, tax)
    row = await fact(parcel)
    assert (row.tax_per_mu, row.user_count, row.tax_year, row.tax_data_on) == (Decimal(expected), 1, 2024, date(2025, 6, 30))


@pytest.mark.parametrize(("upper", "band"), [(5, "le5"), (5.01, "le10"), (40, "le40"), (41, "gt40"), (0, "le5")])
async def test_tax_band_upper_bound_is_inclusive(register: Register, fact: Facts, upper: float, band: str) -> None:
    parcel, firm = await register.parcel(), await register.firm()
    await register.holds(firm, parcel, 1)
    await register.tax(firm, upper)
    assert (await fact(parcel)).tax_band == band


async def test_tax_counts_own_and_rented_less_let_over_the_county(register: Register, fact: Facts) -> None:
    here, there = await register.parcel(), await register.parcel()
    lessor, tenant = await register.firm(), await register.firm()
    await register.holds(lessor, here, 10)
    await register.holds(lessor, here, 4, "rent_out")
    await register.holds(tenant, here, 4, "rent_in")
    await register.holds(tenant, there, 6)
    await register.tax(lessor, 60)
    await register.tax(tenant, 20)
    row = await fact(here)
    assert row.tax_per_mu == Decimal("6.8000")  # (60/6 × 6 + 20/10 × 4) ÷ 10
    assert (row.tax_per_mu_min, row.user_count) == (Decimal("2.0000"), 2)


@pytest.mark.parametrize(("share", "known"), [(1.0, True), (1.0002, False)])
async def test_an_unknown_user_over_a_tenth_makes_the_parcel_unknown(register: Register, fact: Facts, share: float, known: bool) -> None:
    parcel, big, small = await register.parcel(), await register.firm(), await register.firm("91330282MA9999999X")
    await register.holds(big, parcel, 10 - share)
    await register.holds(small, parcel, share)
    await register.tax(big, 9 * (10 - share))
    row = await fact(parcel)
    assert (row.tax_per_mu is not None) is known
    assert row.tax_unknown_users == ["91330282MA9999999X"]


@pytest.mark.parametrize(
    ("year", "data_on", "known"),
    [(2024, TWO_YEARS, True), (2024, STALE, False), (2024, None, False), (2023, TWO_YEARS, True), (2025, date(2025, 9, 1), False)],
)
async def test_tax_is_fresh_for_two_years_and_not_later_than_the_data_year(
    register: Register, fact: Facts, year: int, data_on: date | None, known: bool
) -> None:
    parcel, firm = await register.parcel(), await register.firm()
    await register.holds(firm, parcel, 10)
    await register.tax(firm, 40, year, data_on)
    row = await fact(parcel)
    assert row.tax_per_mu == (Decimal("4.0000") if known else None)


async def test_the_latest_year_decides_even_when_it_says_nothing(register: Register, fact: Facts) -> None:
    parcel, firm = await register.parcel(), await register.firm()
    await register.holds(firm, parcel, 10)
    await register.tax(firm, 40, 2023)
    await register.tax(firm, None, 2024)
    assert (await fact(parcel)).tax_per_mu is None


async def test_a_row_without_area_leaves_the_tax_unknown_but_the_user_known(register: Register, fact: Facts) -> None:
    parcel, firm = await register.parcel(), await register.firm()
    await register.holds(firm, parcel, None)
    await register.tax(firm, 40)
    row = await fact(parcel)
    assert (row.tax_per_mu, row.user_count) == (None, 1)


@pytest.mark.parametrize(
    ("start", "end", "users"),
    [(date(2024, 12, 31), None, 1), (date(2025, 1, 1), None, 0), (None, date(2024, 12, 31), 0), (None, date(2025, 1, 1), 1)],
)
async def test_users_are_those_of_31_december(register: Register, fact: Facts, start: date | None, end: date | None, users: int) -> None:
    parcel, firm = await register.parcel(), await register.firm()
    await register.holds(firm, parcel, 10, start_on=start, end_on=end)
    assert (await fact(parcel)).user_count == users


async def test_grade_is_the_main_users_and_ties_go_to_the_smallest_code(register: Register, fact: Facts) -> None:
    parcel = await register.parcel()
    second, first = await register.firm("91330282MB00000001", industry_code="2710"), await register.firm("91330282MA00000001")
    for firm, grade in ((first, "B"), (second, "D")):
        await register.holds(firm, parcel, 5)
        await register.grade(firm, grade)
        await register.grade(firm, "C", 2023, date(2024, 8, 9))
    row = await fact(parcel)
    assert (row.main_uscc, row.grade, row.grade_prev, row.grade_year, row.industry_division) == ("91330282MA00000001", "B", "C", 2024, "38")


async def test_a_stale_or_later_grade_is_unknown(register: Register, fact: Facts) -> None:
    stale, later = await register.parcel(), await register.parcel()
    for parcel, year, on in ((stale, 2022, STALE), (later, 2025, date(2025, 9, 20))):
        firm = await register.firm()
        await register.holds(firm, parcel, 5)
        await register.grade(firm, "D", year, on)
    assert (await fact(stale)).grade is None
    assert (await fact(later)).grade is None


async def test_the_year_before_must_be_the_year_before(register: Register, fact: Facts) -> None:
    parcel, firm = await register.parcel(), await register.firm()
    await register.holds(firm, parcel, 5)
    await register.grade(firm, "C")
    await register.grade(firm, "C", 2022, date(2023, 10, 10))
    assert (await fact(parcel)).grade_prev is None


@pytest.mark.parametrize(
    ("counted", "expected"), [([4999.4], "0.4999"), ([4999.5], "0.5000"), ([2000, 3000], "0.5000"), ([5000, None], None), ([], None)]
)
async def test_far_is_counted_floor_over_parcel_area(
    register: Register, fact: Facts, counted: list[float | None], expected: str | None
) -> None:
    parcel = await register.parcel()
    for value in counted:
        await register.building(parcel, counted=value)
    assert (await fact(parcel)).far == (None if expected is None else Decimal(expected))


@pytest.mark.parametrize(("days", "is_known"), [([TWO_YEARS], True), ([STALE], False), ([None], False), ([date(2025, 1, 1), STALE], False)])
async def test_the_oldest_building_datum_decides_freshness(
    register: Register, fact: Facts, days: list[date | None], is_known: bool
) -> None:
    parcel = await register.parcel()
    for day in days:
        await register.building(parcel, data_on=day)
    row = await fact(parcel)
    assert (row.far is not None, row.vacant_floor_ratio is not None) == (is_known, is_known)


@pytest.mark.parametrize(
    ("since", "months"),
    [
        (date(2025, 3, 30), 6), (date(2025, 3, 31), 6), (date(2025, 4, 1), 5), (date(2025, 3, 29), 6), (date(2025, 2, 28), 7),
        (date(2024, 9, 30), 12), (date(2025, 9, 30), 0),
    ],
)  # fmt: skip
async def test_vacant_months_are_whole_months(register: Register, fact: Facts, since: date, months: int) -> None:
    parcel = await register.parcel()
    await register.building(parcel, 100, 100, 50, vacant_since=since)
    await register.building(parcel, 100, 100, 0, vacant_since=date(2025, 9, 1))
    row = await fact(parcel)
    assert (row.vacant_floor_ratio, row.vacant_months) == (Decimal("0.2500"), months)


async def test_vacancy_needs_every_figure_and_every_date(register: Register, fact: Facts) -> None:
    no_figure, no_date = await register.parcel(), await register.parcel()
    await register.building(no_figure, 100, 100, None)
    await register.building(no_figure, 100, 100, 80, vacant_since=date(2024, 1, 1))
    await register.building(no_date, 100, 100, 80)
    assert (await fact(no_figure)).vacant_floor_ratio is None
    assert (await fact(no_date)).vacant_months is None


async def test_lists(register: Register, fact: Facts) -> None:
    on, off, empty, left = [await register.parcel() for _ in range(4)]
    firms = {parcel: await register.firm() for parcel in (on, off, left)}
    for parcel, firm in firms.items():
        await register.holds(firm, parcel, 5)
    await register.listed(firms[on])
    await register.listed(firms[left], exit_on=AS_OF)
    assert ((await fact(on)).on_list, (await fact(on)).list_names) == (True, ["obsolete_capacity"])
    assert (await fact(off)).on_list is None  # no list was ever checked
    await register.lists_checked(but="obsolete_capacity")
    assert (await fact(off)).on_list is None  # one was not
    await register.insert("list_check", list_kind="obsolete_capacity", data_on=STALE)
    assert (await fact(off)).on_list is None  # its check is stale
    await register.insert("list_check", list_kind="obsolete_capacity", data_on=TWO_YEARS)
    assert ((await fact(off)).on_list, (await fact(left)).on_list, (await fact(empty)).on_list) == (False, False, None)


@pytest.mark.parametrize(
    ("firms", "closed"),
    [
        ([], None), (["active"], False), (["suspended"], False), (["cancelled"], True), (["revoked", "cancelled"], True),
        (["cancelled", "active"], False), ([None], None), (["cancelled", None], None), (["active", None], False),
    ],
)  # fmt: skip
async def test_tenant_closed(register: Register, fact: Facts, firms: list[str | None], closed: bool | None) -> None:
    parcel = await register.parcel()
    for status in firms:
        await register.holds(await register.firm(status=status), parcel, 5)
    assert (await fact(parcel)).tenant_closed is closed


@pytest.mark.parametrize("status", ["active", "cancelled"])
async def test_a_stale_status_is_unknown(register: Register, fact: Facts, status: str) -> None:
    parcel = await register.parcel()
    await register.holds(await register.firm(status=status, data_on=STALE), parcel, 5)
    assert (await fact(parcel)).tenant_closed is None


@pytest.mark.parametrize(
    ("promises", "failed"),
    [
        ([], False),
        ([{"actual": Decimal(30)}], False),
        ([{"actual": Decimal("29.99")}], True),
        ([{"due_on": date(2025, 9, 29)}], None),
        ([{"due_on": AS_OF}], False),
        ([{"due_on": date(2025, 9, 29)}, {"indicator": "单位能耗", "comparator": "<=", "actual": Decimal(31)}], True),
        ([{"gate": "completion", "actual": Decimal(1)}], False),
        ([{"comparator": "<=", "actual": Decimal(30)}], False),
        ([{"promised": None, "actual": Decimal(30)}], None),
    ],
)
async def test_capacity_gate(register: Register, fact: Facts, promises: list[dict[str, Any]], failed: bool | None) -> None:
    parcel = await register.parcel()
    contract = await register.contract(parcel, supply_mode="standard_land", obligations_assumed=True)
    for promise in promises:
        await register.promise(contract, **promise)
    assert (await fact(parcel)).capacity_gate_failed is failed


async def test_other_supply_has_no_gate_and_no_contract_is_unknown(register: Register, fact: Facts) -> None:
    other, none, unknown = [await register.parcel() for _ in range(3)]
    await register.promise(await register.contract(other), actual=Decimal(1))
    await register.contract(unknown, supply_mode=None)
    assert [(await fact(p)).capacity_gate_failed for p in (other, none, unknown)] == [False, None, None]


async def test_the_latest_contract_counts_and_ties_go_to_the_larger_number(register: Register, fact: Facts) -> None:
    parcel = await register.parcel()
    await register.contract(parcel, electronic_no="A1", signed_on=date(2020, 1, 1))
    await register.contract(parcel, electronic_no="A2", signed_on=date(2020, 1, 1), supply_mode="allocation")
    await register.contract(parcel, electronic_no="A9", signed_on=date(2019, 1, 1))
    await register.contract(parcel, electronic_no="B0", signed_on=None)
    await register.contract(parcel, electronic_no="B1", signed_on=date(2025, 10, 1))
    assert (await fact(parcel)).supply_electronic_no == "A2"


@pytest.mark.parametrize(
    ("ratio", "relation"), [("1", "inside"), ("0.99", "inside"), ("0.5", "crossing"), ("0.01", "outside"), ("0", "outside"), (None, None)]
)
async def test_control_line_relation(register: Register, fact: Facts, ratio: str | None, relation: str | None) -> None:
    parcel = await register.parcel()
    await register.insert("planning_layer", family="control_line", version="旧", valid_from=date(2020, 1, 1))
    layer = await register.insert("planning_layer", family="control_line", version="新", valid_from=date(2023, 1, 1))
    if ratio is not None:
        await register.insert("parcel_overlay", parcel_id=parcel, layer_id=layer, ratio=Decimal(ratio), area_m2=Decimal(0))
    row = await fact(parcel)
    assert row.control_line_relation == relation
    assert row.inside_ratio == (None if ratio is None else Decimal(ratio))
