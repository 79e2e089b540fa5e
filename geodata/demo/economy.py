"""Rows of firms: register, occupancy, four years of indicators and grades, lists."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from geodata.book import Book
from geodata.demo.firms import Firm, held_mu
from geodata.demo.names import Names
from geodata.demo.territory import BODIES, OUTSIDE, TOWNS

YEARS = (2021, 2022, 2023, 2024)
POPULATION = {"规上": "规上", "规下": "3亩以上规下", "小": "3亩以下规下", "租赁": "租赁", "村": "3亩以上规下"}
GOOD = {"规上": (0.21, 0.63, 0.16), "规下": (0.07, 0.66, 0.27), "小": (0.06, 0.72, 0.22), "租赁": (0.06, 0.74, 0.20)}
LISTS = ("高耗低效", "散乱污", "落后产能")


def write_firms(book: Book, firms: list[Firm], rng: Generator) -> None:
    """All rows of all firms."""
    names = Names(rng)
    town_of = {body.name: TOWNS[body.town[6:]][0] for body in [*BODIES, OUTSIDE]}
    for number, firm in enumerate(firms):
        firm.code = book.new_enterprise()
        firm.name = names.village(town_of[firm.body], number) if firm.kind == "村" else names.firm(firm.name)
    for firm in firms:
        _register(book, firm, rng)
        _occupancy(book, firm, rng)
        if firm.kind == "村":
            _ungraded(book, firm)
            continue
        _indicators(book, firm, rng)
        _grades(book, firm, rng)
        if "C5" in firm.reason:
            name = LISTS[int(rng.integers(3))]
            book.add("lists", name, firm.code, f"2024-0{int(rng.integers(1, 10))}-15", "慈整治办〔2024〕5号", None)
    _let_too_much(book, next(f for f in firms if f.kind == "村" and len(f.parcels) == len(f.lets) == 1))
    gone = [f for f in firms if not f.reason and f.kind == "规下"][:40]
    for firm in gone:
        book.add("lists", LISTS[0], firm.code, "2021-09-15", "慈整治办〔2021〕9号", "2023-06-30")


def _register(book: Book, firm: Firm, rng: Generator) -> None:
    closed = "C6" in firm.reason
    status = str(rng.choice(["注销", "吊销"])) if closed else "停产" if rng.random() < 0.01 else "存续"
    industry = "7212" if firm.kind == "村" else firm.industry
    former = f"原{firm.name[3:5]}厂" if rng.random() < 0.06 else None
    book.add(
        "enterprises", firm.code, firm.name, former, industry, "规上" if firm.kind == "规上" else "规下", status,
        "2025-03-20" if status != "存续" else None, "2025-08-31",
    )  # fmt: skip


def _occupancy(book: Book, firm: Firm, rng: Generator) -> None:
    since = f"{int(rng.integers(2003, 2020))}-{int(rng.integers(1, 13)):02d}-01"
    for parcel in firm.parcels:
        book.add("occupancy", firm.code, parcel.code, "自有", held_mu(parcel), None, since, None, "2025-01-15")
    for parcel, mu, tenant in firm.lets:
        book.add("occupancy", firm.code, parcel.code, "出租", mu, tenant.code, "2020-07-01", None, "2025-01-15")
    for parcel, mu, lessor in firm.rents:
        book.add("occupancy", firm.code, parcel.code, "承租", mu, lessor.code, "2020-07-01", None, "2025-01-15")


def _let_too_much(book: Book, lessor: Firm) -> None:
    """A village company says it lets more than it holds; its tenant's own row is right, so no verdict moves."""
    for row in book.rows["occupancy"]:
        if row.values["统一社会信用代码"] == lessor.code and row.values["关系"] == "出租":
            row.values["面积(亩)"] = round(held_mu(lessor.parcels[0]) + 1.5, 4)
            row.flag("rented_out_exceeds_held", "面积(亩)")


def _indicators(book: Book, firm: Firm, rng: Generator) -> None:
    """Tax of 2024 = value × used 亩; earlier years wander."""
    used = firm.used
    ratios = rng.lognormal(0, 0.18, (len(YEARS), 6))
    level = {2021: 0.86, 2022: 0.92, 2023: 0.97, 2024: 1.0}
    for year, r in zip(YEARS, ratios, strict=True):
        tax = round(firm.value * used * (1.0 if year == 2024 else level[year] * float(r[0])), 2)
        added = round(firm.value * used * 4.6 * float(r[1]), 2)
        known = not (firm.tax_missing and year == 2024)
        book.add(
            "indicators", firm.code, year, tax if known else None, added, round(added * 4.4 * float(r[2]), 2),
            round(added * 0.07 * float(r[3]), 1), round(added * 0.09 * float(r[4]), 2), max(2, int(added / 24)),
            round(added * 0.05 * float(r[5]), 2) if firm.kind == "规上" else None,
            round(added * 0.0004 * float(r[5]), 3), "税务局、统计局、供电公司", f"{year + 1}-07-31",
        )  # fmt: skip


def _grades(book: Book, firm: Firm, rng: Generator) -> None:
    last, before = _last_two(firm, rng)
    earlier = [str(g) for g in rng.choice(["A", "B", "C"], 2, p=[0.12, 0.68, 0.20])]
    for year, grade in zip(YEARS, [*earlier, before, last], strict=True):
        if grade is not None:
            published = f"{year + 1}-08-{8 if year == 2024 else 12:02d}"
            book.add("grades", firm.code, year, POPULATION[firm.kind], grade, published, f"慈亩均办〔{year + 1}〕{year - 2000}号")


def _last_two(firm: Firm, rng: Generator) -> tuple[str | None, str | None]:
    """The grades of 2024 and 2023: D or twice C where C1 is the case, else neither."""
    if firm.grade_missing:
        return None, None
    if "C1" in firm.reason:
        return ("D", str(rng.choice(["B", "C", "D"]))) if rng.random() < 0.7 else ("C", "C")
    if rng.random() < 0.02:
        return "未参评", "未参评"
    last = str(rng.choice(["A", "B", "C"], p=np.array(GOOD[firm.kind])))
    return last, str(rng.choice(["A", "B"])) if last == "C" else str(rng.choice(["A", "B", "C"], p=[0.15, 0.7, 0.15]))


def _ungraded(book: Book, firm: Firm) -> None:
    for year in YEARS:
        book.add("grades", firm.code, year, POPULATION[firm.kind], "未参评", f"{year + 1}-08-12", None)
