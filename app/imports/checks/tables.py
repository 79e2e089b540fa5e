"""Checks across the columns of one row, or across rows of one table: data dates, contracts, supplements, occupancy."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from itertools import pairwise

from app.imports.checks.keys import header
from app.imports.stage import Staged

_ROUNDING = Decimal("0.034")
"""m² by which a figure of 4 decimals in 亩 may be off."""
_AGREED = ("signed_on", "agreed_start_on", "agreed_complete_on")
_DONE = ("signed_on", "delivered_on", "actual_start_on", "suspended_from")


def check_data_dates(staged: Staged, today: date) -> None:
    """A row's 数据日期 that is still to come is none: left as unknown, it can't stand against every later delivery."""
    for index, day in enumerate(staged.columns.get("data_on", ())):
        if day is not None and day > today:
            staged.report(index, "date_in_future", field=header(staged, "data_on"), value=day)
            staged.columns["data_on"][index] = None


def check_contract_dates(staged: Staged) -> None:
    """签订 ≤ 约定动工 ≤ 约定竣工; 签订 ≤ 交地 ≤ 实际动工 ≤ 中止. Unknown days are passed over."""
    for index in staged.rows():
        agreed = _fallen(staged, index, _AGREED)
        if agreed:
            days = [staged.columns[name][index] for name in _AGREED if staged.columns[name][index] is not None]
            staged.report(index, "contract_dates_out_of_order", field=header(staged, "agreed_start_on"), value=" > ".join(map(str, days)))
        if done := _fallen(staged, index, _DONE):
            said = "早于".join(f"{header(staged, name)} {staged.columns[name][index]}" for name in reversed(done))
            staged.report(index, "contract_progress_out_of_order", field=header(staged, done[1]), value=said)


def _fallen(staged: Staged, index: int, names: tuple[str, ...]) -> tuple[str, str] | None:
    """The first two neighbouring known days of which the later stands before the earlier."""
    known = [(name, staged.columns[name][index]) for name in names if staged.columns[name][index] is not None]
    return next(((one, two) for (one, a), (two, b) in pairwise(known) if b < a), None)


def check_supplements(staged: Staged, signed: Mapping[str, date | None]) -> None:
    """A supplement signed before its contract (电子监管号 → 签订日期), or whose new completion is before its new start."""
    for index in staged.rows():
        number, own = staged.columns["electronic_no"][index], staged.columns["signed_on"][index]
        start, complete = staged.columns["new_start_on"][index], staged.columns["new_complete_on"][index]
        first = signed.get(number)
        if own is not None and first is not None and own < first:
            said = f"补充协议 {own},原合同 {first}"
            staged.report(index, "supplement_dates_out_of_order", field=header(staged, "signed_on"), value=said)
        elif start is not None and complete is not None and complete < start:
            staged.report(index, "supplement_dates_out_of_order", field=header(staged, "new_complete_on"), value=f"{start} > {complete}")


def check_rented_out(staged: Staged, registered: Mapping[tuple[str, str], Decimal] | None = None) -> None:
    """A lessor's 出租 beyond 自有 + 承租 on one parcel; told on the last row that lets out.

    registered: m² that the register holds of an enterprise on a parcel, for those whose holding the delivery does not bring.
    A holding whose relation or area is unknown leaves nothing to compare with.
    """
    held: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    let: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    last: dict[tuple[str, str], int] = {}
    unknown: set[tuple[str, str]] = set()
    count: Counter[tuple[str, str]] = Counter()
    for index in staged.rows():
        key = (staged.columns["uscc"][index], staged.columns["parcel"][index])
        area, relation = staged.columns["area"][index], staged.columns["relation"][index]
        count[key] += 1
        if relation == "rent_out" and area is not None:
            let[key] += area
            last[key] = index
        elif relation is None or (relation != "rent_out" and area is None):
            unknown.add(key)
        elif area is not None:
            held[key] += area
    for key, index in last.items():
        has = held[key] if key in held else (registered or {}).get(key, Decimal(0))
        if key not in unknown and let[key] > has + _ROUNDING * count[key]:
            staged.report(index, "rented_out_exceeds_held", field=header(staged, "area"), value=f"出租 {let[key]},自有与承租 {has}")


def check_orphans(staged: Staged, parcels: list[int | None], vanished: Collection[int]) -> None:
    """用地关系 on a parcel that no longer stands (ids of the rows' parcels; ids without a current version)."""
    for index in staged.rows():
        if parcels[index] in vanished:
            value = staged.columns["parcel"][index]
            staged.report(index, "occupancy_orphan", field=header(staged, "parcel"), value=value)
