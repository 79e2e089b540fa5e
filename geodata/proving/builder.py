"""Turns a recipe into the rows of one parcel: the attributes that make the stated case so."""

from __future__ import annotations

from itertools import pairwise

from geodata.book import Book
from geodata.land import Parcel
from geodata.proving.recipe import Building, Promise, Recipe, User
from geodata.sheets import Cell, Row

CONTRACT: dict[str, Cell] = {
    "供应方式": "挂牌出让", "签订日期": "2018-03-01", "出让价款(万元)": 600.0, "约定动工日期": "2018-09-01",
    "约定竣工日期": "2020-09-01", "实际交地日期": "2018-04-01", "施工许可日期": "2018-08-15", "是否动工": "是",
    "实际动工日期": "2018-08-20", "应动工面积(㎡)": 10_000.0, "已动工面积(㎡)": 10_000.0, "总投资(万元)": 4000.0,
    "已投资(万元)": 4000.0, "是否中止": "否", "数据日期": "2024-12-31",
}  # fmt: skip
PROGRESS = ("签订日期", "实际交地日期", "实际动工日期", "中止日期")
LEASE_PROOF = "2024-12-31"


def write_parcel(book: Book, parcel: Parcel, recipe: Recipe, owners: list[tuple[str, float]] | None) -> None:
    """All rows of one parcel. `owners` = (code, 亩 used) where a pair of parcels has one owner."""
    if owners is None:
        codes = sorted(book.new_enterprise() for _ in recipe.users)
        used = [_used(user) * parcel.mu for user in recipe.users]
        for code, user, mu in zip(codes, recipe.users, used, strict=True):
            write_enterprise(book, code, user, mu)
    else:
        codes = [code for code, _ in owners]
    _write_occupancy(book, parcel, recipe.users, codes)
    for number, building in enumerate(recipe.buildings, start=1):
        _write_building(book, parcel, number, building)
    for values in recipe.contracts:
        _write_contract(book, parcel, recipe, CONTRACT | values)


def _used(user: User) -> float:
    return user.share if user.net is None else user.net


def write_enterprise(book: Book, code: str, user: User, used_mu: float) -> None:
    """企业, its indicators (tax = value × used 亩), grades and listings."""
    book.add("enterprises", code, f"试验{code[10:17]}有限公司", None, user.industry, "规下", user.status, None, user.known_on)
    for year, per_mu, known_on in user.taxes:
        tax = None if per_mu is None else round(per_mu * used_mu, 6)
        book.add("indicators", code, year, tax, 800.0, 3000.0, 120.0, 60.0, 40, 50.0, 0.5, "税务局", known_on)
    for year, grade, published in user.grades:
        book.add("grades", code, year, "3亩以上规下", grade, published, f"试亩均办〔{year + 1}〕3号")
    for name, since, until in user.listings:
        book.add("lists", name, code, since, "试整治办〔2024〕2号", until)


def _write_occupancy(book: Book, parcel: Parcel, users: tuple[User, ...], codes: list[str]) -> None:
    """用地关系: a lease stands twice, at the tenant and at the lessor (the first user)."""
    let = 0.0
    for code, user in zip(codes, users, strict=True):
        area = round(user.share * parcel.mu, 6)
        period = (user.start, user.end, LEASE_PROOF)
        if not user.tenant:
            book.add("occupancy", code, parcel.code, "自有", area, None, *period)
            continue
        let += user.share
        book.add("occupancy", code, parcel.code, "承租", area, codes[0], *period)
        lessor = book.add("occupancy", codes[0], parcel.code, "出租", area, code, *period)
        if let > users[0].share:
            lessor.flag("rented_out_exceeds_held", "面积(亩)")


def _write_building(book: Book, parcel: Parcel, number: int, building: Building) -> None:
    def floor(ratio: float | None) -> float | None:
        return None if ratio is None else round(ratio * parcel.area, 6)

    book.add(
        "buildings", parcel.code, f"{number}幢", 2, floor(building.gross), floor(building.counted),
        floor(building.vacant), building.since, 0.0, building.known_on,
    )  # fmt: skip


def _write_contract(book: Book, parcel: Parcel, recipe: Recipe, values: dict[str, Cell]) -> None:
    number = book.new_contract()
    flag_progress(book.add("contracts", parcel.code, number, **values))
    for order, (signed, start) in enumerate(recipe.supplements, start=1):
        book.add("supplements", number, f"补{order}", signed, start, None, f"试补〔{signed[:4]}〕{order}号")
    if values["供应方式"] == "标准地出让":
        for promise in recipe.promises:
            _write_promise(book, number, promise)


def flag_progress(row: Row) -> None:
    """签订, 交地, 实际动工, 中止: the first known day that stands before the one ahead of it."""
    known = [(name, str(row.values[name])) for name in PROGRESS if row.values.get(name) is not None]
    for (_, before), (name, day) in pairwise(known):
        if day < before:
            row.flag("contract_progress_out_of_order", name)
            return


def _write_promise(book: Book, contract: str, promise: Promise) -> None:
    checked = None if promise.actual is None else "2024-11-20"
    book.add(
        "standard-land", contract, promise.name, "万元/亩", promise.compare, promise.promised, promise.gate,
        promise.due, promise.actual, checked, checked and "试标验〔2024〕1号",
    )  # fmt: skip
