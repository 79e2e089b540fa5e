"""Checks across the columns of one row, or across rows of one table."""

from collections import Counter, defaultdict
from decimal import Decimal

from app.imports.checks.keys import header
from app.imports.stage import Staged

_ROUNDING = Decimal("0.034")
"""m² by which a figure of 4 decimals in 亩 may be off."""
_ONE_PERCENT, _FIVE_M2 = Decimal("0.01"), Decimal(5)


def check_areas(staged: Staged, planar: list[Decimal | None]) -> None:
    """证载面积 missing, or off from the shape by more than 1 % and 5 m²."""
    for index in staged.rows():
        registered, drawn = staged.columns["area_registered"][index], planar[index]
        if registered is None and index in staged.unsure.get("area_registered", ()):
            continue
        if registered is None:
            staged.report(index, "area_registered_missing", field=header(staged, "area_registered"))
        elif drawn is not None and abs(registered - drawn) > max(drawn * _ONE_PERCENT, _FIVE_M2):
            staged.report(index, "area_differs", field=header(staged, "area_registered"), value=f"证载 {registered},图形 {drawn}")


def check_contract_dates(staged: Staged) -> None:
    """签订 > 约定动工 > 约定竣工 out of order."""
    for index in staged.rows():
        days = [staged.columns[name][index] for name in ("signed_on", "agreed_start_on", "agreed_complete_on")]
        known = [d for d in days if d is not None]
        if known != sorted(known):
            staged.report(index, "contract_dates_out_of_order", field=header(staged, "agreed_start_on"), value=" > ".join(map(str, known)))


def check_rented_out(staged: Staged) -> None:
    """A lessor's 出租 beyond 自有 + 承租 on one parcel; told on the last row that lets out."""
    held: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    let: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    last: dict[tuple[str, str], int] = {}
    count: Counter[tuple[str, str]] = Counter()
    for index in staged.rows():
        key = (staged.columns["uscc"][index], staged.columns["parcel"][index])
        area, relation = staged.columns["area"][index], staged.columns["relation"][index]
        if area is None:
            continue
        count[key] += 1
        if relation == "rent_out":
            let[key] += area
            last[key] = index
        elif relation in ("own", "rent_in"):
            held[key] += area
    for key, index in last.items():
        if let[key] > held[key] + _ROUNDING * count[key]:
            staged.report(index, "rented_out_exceeds_held", field=header(staged, "area"), value=f"出租 {let[key]},自有与承租 {held[key]}")
