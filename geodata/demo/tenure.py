"""Rows of sites: buildings, contracts, supplements, 标准地 indicators, made to fit each stated case."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from geodata.book import Book
from geodata.demo.cases import SPECIAL_DIVISIONS, Site
from geodata.demo.idle import idle_contract
from geodata.sheets import Cell

FAR_CLASSES = ((0.52, 0.59, 0.06), (0.62, 1.0, 0.42), (1.0, 1.5, 0.34), (1.5, 2.0, 0.11), (2.0, 2.8, 0.07))
OLD_MODES = (("历史用地", 0.60), ("挂牌出让", 0.28), ("协议出让", 0.08), ("租赁", 0.03), ("划拨", 0.01))
PROMISES = (  # name, unit, comparison, promise, gate
    ("固定资产投资强度", "万元/亩", ">=", 420.0, "竣工"), ("容积率", "", ">=", 2.0, "竣工"),
    ("单位能耗增加值", "万元/吨标准煤", ">=", 3.2, "达产"), ("单位排放增加值", "万元/吨", ">=", 5200.0, "达产"),
    ("亩均税收", "万元/亩", ">=", 30.0, "达产"),
)  # fmt: skip


def write_sites(book: Book, sites: list[Site], rng: Generator) -> None:
    """All rows of all sites, in the order of the parcels."""
    for number, site in enumerate(sites):
        if site.floors != "none":
            _buildings(book, site, rng)
        if site.idle.result == "suspected":
            values = idle_contract(site.parcel, number)
            contract = book.new_contract()
            book.add("contracts", site.parcel.code, contract, **values)
        elif site.standard:
            _standard_contract(book, site, rng)
        else:
            _contract(book, site, rng)


def _far(site: Site, rng: Generator) -> float:
    if site.floors == "low":
        return float(rng.uniform(0.12, 0.46))
    if site.standard in ("met", "transferred", "capacity_failed", "capacity_due"):
        return float(rng.uniform(2.02, 2.8))
    special = site.owner is None or site.owner.division in SPECIAL_DIVISIONS or site.role != "owned"
    classes = FAR_CLASSES[1:] if special else FAR_CLASSES
    weights = np.array([w for *_, w in classes])
    low, high, _ = classes[int(rng.choice(len(classes), p=weights / weights.sum()))]
    return float(rng.uniform(low, high))


def _buildings(book: Book, site: Site, rng: Generator) -> None:
    parcel = site.parcel
    counted = _far(site, rng) * parcel.area
    gross = counted * rng.uniform(0.92, 1.0)  # storeys over 8 m count twice
    vacant, since = 0.0, None
    if site.floors == "empty":
        vacant, since = rng.uniform(0.55, 1.0), f"2024-{int(rng.integers(1, 13)):02d}-10"
    elif site.role == "vacant":
        vacant, since = 0.45, "2025-01-10"
    elif rng.random() < 0.08:
        vacant, since = rng.uniform(0.30, 0.45), f"2024-{int(rng.integers(1, 13)):02d}-10"
    let = rng.uniform(0.1, 0.5) if rng.random() < 0.26 and not since else 0.0
    shares = (1.0,) if rng.random() < 0.8 else (0.65, 0.35)
    for number, share in enumerate(shares, start=1):
        floor = gross * share
        book.add(
            "buildings", parcel.code, f"{number}幢", int(rng.integers(1, 6)), round(floor, 2), round(counted * share, 2),
            round(floor * vacant, 2), since, round(floor * let, 2), "2025-06-30",
        )  # fmt: skip


def _contract(book: Book, site: Site, rng: Generator) -> None:
    parcel = site.parcel
    year = int(rng.integers(1998, 2021))
    mode = str(rng.choice([m for m, _ in OLD_MODES], p=[w for _, w in OLD_MODES]))
    if site.role == "construction":
        year, mode = int(rng.integers(2023, 2025)), "挂牌出让"
    number = book.new_contract()
    values = _dates(year, rng) | _figures(parcel.area, parcel.mu, rng, done=site.role != "construction")
    book.add("contracts", parcel.code, number, mode, **values)
    if site.role != "construction" and rng.random() < 0.008:
        book.add("supplements", number, f"CX补{number[-5:]}", f"{year + 1}-03-20", f"{year + 1}-10-01", f"{year + 3}-10-01",
                 f"慈资规补〔{year + 1}〕{int(rng.integers(1, 90))}号")  # fmt: skip


def _dates(year: int, rng: Generator) -> dict[str, Cell]:
    month = int(rng.integers(1, 7))
    return {
        "签订日期": f"{year}-{month:02d}-18", "约定动工日期": f"{year}-{month + 5:02d}-01",
        "约定竣工日期": f"{year + 2}-{month + 5:02d}-01", "实际交地日期": f"{year}-{month + 1:02d}-20",
        "施工许可日期": f"{year}-{month + 4:02d}-15", "是否动工": "是", "实际动工日期": f"{year}-{month + 4:02d}-26",
        "是否中止": "否", "数据日期": "2025-06-30",
    }  # fmt: skip


def _figures(area: float, mu: float, rng: Generator, *, done: bool) -> dict[str, Cell]:
    total = round(mu * float(rng.uniform(120, 380)), 2)
    share = 1.0 if done else 0.6
    return {
        "出让价款(万元)": round(mu * float(rng.uniform(18, 56)), 2), "应动工面积(㎡)": round(area, 2),
        "已动工面积(㎡)": round(area * share, 2), "总投资(万元)": total, "已投资(万元)": round(total * share, 2),
    }  # fmt: skip


def _standard_contract(book: Book, site: Site, rng: Generator) -> None:
    """标准地: since 2019; five promises, actual values as the status wants them."""
    status, number = site.standard, book.new_contract()
    recent = status in ("performing", "completion_due")
    year = int(rng.integers(2022, 2024)) if recent else int(rng.integers(2019, 2021))
    values = _dates(year, rng) | _figures(site.parcel.area, site.parcel.mu, rng, done=not recent)
    if status == "transferred":
        values |= {"转让日期": "2024-04-22", "义务是否承接": str(rng.choice(["是", "否"]))}
    book.add("contracts", site.parcel.code, number, "标准地出让", **values)
    for index, (name, unit, compare, promised, gate) in enumerate(PROMISES):
        actual, due = _gate(status, gate, index, promised, rng)
        checked = None if actual is None else f"{year + 3}-05-16"
        paper = None if actual is None else f"慈标验〔{year + 3}〕{int(rng.integers(1, 99))}号"
        book.add("standard-land", number, name, unit, compare, promised, gate, due, actual, checked, paper)


def _gate(status: str, gate: str, index: int, promised: float, rng: Generator) -> tuple[float | None, str]:
    """Actual value and due date of one promise under a status."""
    good = round(promised * float(rng.uniform(1.02, 1.5)), 2)
    bad = round(promised * float(rng.uniform(0.4, 0.9)), 2)
    open_due, past_due = "2027-06-30", "2024-12-31"
    if gate == "竣工":
        if status in ("performing", "completion_due"):
            return None, open_due if status == "performing" else "2025-06-30"
        return (bad if status == "completion_failed" and index == 1 else good), "2023-06-30"
    if status in ("performing", "completion_due", "completion_failed"):
        return None, open_due
    if status == "capacity_due":
        return None, past_due
    return (bad if status == "capacity_failed" and index == 4 else good), past_due
