"""Clean tables of every kind without shapes, and for every issue code a defect at a random place and of a random size."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from geodata.uscc import broken_code, enterprise_code

FIRMS = [enterprise_code(n) for n in range(30)]
YEARS = (2021, 2022, 2023, 2024)
STRANGER = enterprise_code(999)
HEADERS = {
    "enterprises": ("统一社会信用代码", "企业名称", "曾用名", "行业代码", "规模", "状态", "状态日期", "数据日期"),
    "buildings": ("宗地代码", "幢号", "层数", "建筑面积(㎡)", "计容面积(㎡)", "空置面积(㎡)", "数据日期"),
    "occupancy": ("统一社会信用代码", "宗地代码", "关系", "面积(亩)", "对方统一社会信用代码", "起始日期", "数据日期"),
    "indicators": ("统一社会信用代码", "年度", "税收(万元)", "工业增加值(万元)", "营业收入(万元)", "综合能耗(吨标准煤)", "用电量(万千瓦时)",
                   "从业人员(人)", "研发费用(万元)", "排放当量(吨)", "数据日期"),
    "contracts": ("宗地代码", "电子监管号", "供应方式", "签订日期", "约定动工日期", "约定竣工日期", "实际交地日期", "是否动工", "实际动工日期",
                  "是否中止", "中止日期", "总投资(万元)"),
    "supplements": ("电子监管号", "协议编号", "签订日期", "新约定动工日期", "新约定竣工日期"),
}  # fmt: skip
Expected = tuple[int, str]


@dataclass
class Table:
    """Rows of one kind; `parcels` stand in the register, `gone` no longer does."""

    kind: str
    parcels: list[str]
    gone: str
    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(self, *values: Any) -> int:
        self.rows.append(dict(zip(HEADERS[self.kind], values, strict=False)))
        return len(self.rows)

    def cells(self) -> list[list[Any]]:
        return [[row.get(name) for name in HEADERS[self.kind]] for row in self.rows]


def contract(number: int) -> str:
    return f"3302822024B{number:05d}"


def clean(kind: str, parcels: list[str], gone: str) -> Table:
    table = Table(kind, parcels, gone)
    noise = Random(7)
    for n, firm in enumerate(FIRMS):
        parcel = parcels[n % len(parcels)]
        if kind == "enterprises":
            table.add(firm, f"第{n}制造有限公司", None, "3857", "规上", "存续", None, dt.date(2025, 8, 31))
        elif kind == "buildings":
            table.add(parcel, f"{n}幢", 3, 3000, 3000, 0, dt.date(2025, 6, 30))
        elif kind == "occupancy":
            table.add(firm, parcel, "自有", 12, None, dt.date(2015, 1, 1), dt.date(2025, 1, 1))
            table.add(firm, parcel, "出租", 5, FIRMS[n - 1], dt.date(2020, 1, 1), dt.date(2025, 1, 1))
        elif kind == "indicators":
            for year in YEARS if n % 5 else YEARS[-1:]:
                shape = (50, 400, 1000, 150, 100, 40, 30, 0.5)
                table.add(firm, year, *(round(v * noise.uniform(0.9, 1.1), 3) for v in shape), dt.date(2025, 7, 31))
        elif kind == "contracts":
            table.add(parcel, contract(n), "挂牌出让", dt.date(2018, 3, 1), dt.date(2018, 9, 1), dt.date(2020, 9, 1), dt.date(2018, 4, 1),
                      "是", dt.date(2018, 8, 20), "是", dt.date(2022, 5, 1), 4000)  # fmt: skip
        elif kind == "supplements":
            table.add(contract(n), "补1", dt.date(2018, 8, 1), dt.date(2019, 3, 1), dt.date(2021, 3, 1))
    return table


Plant = Callable[[Table, Random], Expected]


def _set(kind: str, names: str | tuple[str, ...], *values: Any, code: str) -> tuple[str, Plant]:
    """A value of a random row replaced; a callable gets the row's old value."""

    def plant(table: Table, rng: Random) -> Expected:
        index, name = rng.randrange(len(table.rows)), names if isinstance(names, str) else rng.choice(names)
        value = rng.choice(values)
        table.rows[index][name] = value(table.rows[index][name], rng) if callable(value) else value
        return index + 1, code

    return kind, plant


def _again(table: Table, rng: Random) -> Expected:
    """A row repeated at the end, another value in it."""
    return table.add(*rng.choice(table.rows).values()), "duplicate_key"


def _empty(table: Table, rng: Random) -> Expected:
    index = rng.randrange(1, len(table.rows) - 1)
    table.rows.insert(index, {})
    return index + 1, "row_empty"


def _let_more(table: Table, rng: Random) -> Expected:
    index = 2 * rng.randrange(len(FIRMS)) + 1
    table.rows[index]["面积(亩)"] = round(rng.uniform(12.1, 60), 4)
    return index + 1, "rented_out_exceeds_held"


def _orphan(table: Table, rng: Random) -> Expected:
    return table.add(rng.choice(FIRMS), table.gone, "自有", rng.uniform(1, 10), None, dt.date(2020, 1, 1)), "occupancy_orphan"


def _slip(table: Table, rng: Random) -> Expected:
    """A figure of an enterprise with several years in another unit."""
    index = rng.choice([n for n, row in enumerate(table.rows) if row[HEADERS["indicators"][0]] not in FIRMS[::5]])
    name = rng.choice(HEADERS["indicators"][2:10])
    table.rows[index][name] *= 10.0 ** (rng.choice((-1, 1)) * rng.randrange(1, 5))
    return index + 1, "indicator_unit_slip"


def _outlier(table: Table, rng: Random) -> Expected:
    """A figure of an enterprise with one year far from its peers."""
    index = rng.choice([n for n, row in enumerate(table.rows) if row[HEADERS["indicators"][0]] in FIRMS[::5]])
    name = rng.choice(HEADERS["indicators"][2:10])
    table.rows[index][name] *= 10.0 ** (rng.choice((-1, 1)) * rng.uniform(3.2, 5))
    return index + 1, "indicator_outlier"


def _contradict(name: str, against: str, least: float, most: float, code: str) -> tuple[str, Plant]:
    def plant(table: Table, rng: Random) -> Expected:
        index = rng.randrange(len(table.rows))
        table.rows[index][name] = table.rows[index][against] * rng.uniform(least, most)
        return index + 1, code

    return "indicators", plant


def _days(kind: str, name: str, first: dt.date, last: dt.date, code: str) -> tuple[str, Plant]:
    return _set(kind, name, lambda _v, rng: first + dt.timedelta(rng.randrange((last - first).days)), code=code)


def _earlier(*choices: tuple[str, Plant]) -> tuple[str, Plant]:
    return choices[0][0], lambda table, rng: rng.choice(choices)[1](table, rng)


LONG_AGO = dt.date(2001, 1, 1)
AGREED, DONE, LATER = "contract_dates_out_of_order", "contract_progress_out_of_order", "supplement_dates_out_of_order"
PLANTS: dict[str, list[tuple[str, Plant]]] = {
    "uscc_invalid": [_set(kind, "统一社会信用代码", lambda v, _r: broken_code(v), lambda v, _r: v[:-2], code="uscc_invalid")
                     for kind in ("enterprises", "indicators")],
    "key_missing": [_set("enterprises", ("统一社会信用代码", "企业名称"), None, "—", code="key_missing"),
                    _set("indicators", "年度", None, "不详", code="key_missing"),
                    _set("contracts", ("宗地代码", "电子监管号"), None, code="key_missing")],
    "duplicate_key": [(kind, _again) for kind in ("enterprises", "buildings", "indicators", "contracts", "supplements")],
    "reference_unknown": [_set("buildings", "宗地代码", "33028200100199999", code="reference_unknown"),
                          _set("contracts", "宗地代码", lambda v, _r: v[:-2] + "99", code="reference_unknown"),
                          _set("supplements", "电子监管号", contract(77), code="reference_unknown"),
                          _set("indicators", "统一社会信用代码", STRANGER, code="reference_unknown")],
    "number_invalid": [_set("indicators", HEADERS["indicators"][2:10], "约50", "详见附件", code="number_invalid"),
                       _set("buildings", ("层数", "建筑面积(㎡)"), "三层半", "1/2", code="number_invalid")],
    "date_invalid": [_set("contracts", ("签订日期", "约定竣工日期", "中止日期"), "2020-13-45", "2023年2月30日", "9999-99-99", code="date_invalid"),
                     _set("enterprises", ("状态日期", "数据日期"), "2023-02-30", "去年", code="date_invalid")],
    "date_in_future": [_days(kind, "数据日期", dt.date(2025, 10, 1), dt.date(2035, 1, 1), "date_in_future")
                       for kind in ("enterprises", "buildings", "occupancy", "indicators")],
    "value_unknown": [_set("enterprises", ("规模", "状态", "行业代码"), "中型偏小", code="value_unknown"),
                      _set("contracts", ("供应方式", "是否动工"), "另议", code="value_unknown"),
                      _set("occupancy", "关系", "借用", code="value_unknown")],
    "row_empty": [(kind, _empty) for kind in ("enterprises", "contracts", "indicators")],
    "rented_out_exceeds_held": [("occupancy", _let_more)],
    "occupancy_orphan": [("occupancy", _orphan)],
    "indicator_unit_slip": [("indicators", _slip)],
    "indicator_outlier": [("indicators", _outlier)],
    "tax_exceeds_revenue": [_contradict("税收(万元)", "营业收入(万元)", 1.05, 1.8, "tax_exceeds_revenue")],
    "energy_electricity_mismatch": [_contradict("综合能耗(吨标准煤)", "用电量(万千瓦时)", 0.042, 0.058, "energy_electricity_mismatch")],
    AGREED: [_earlier(_days("contracts", "约定动工日期", LONG_AGO, dt.date(2018, 2, 28), AGREED),
                      _days("contracts", "约定竣工日期", LONG_AGO, dt.date(2018, 8, 30), AGREED))],
    DONE: [_earlier(_days("contracts", "实际交地日期", LONG_AGO, dt.date(2018, 2, 28), DONE),
                    _days("contracts", "实际动工日期", LONG_AGO, dt.date(2018, 3, 30), DONE),
                    _days("contracts", "中止日期", LONG_AGO, dt.date(2018, 8, 19), DONE))],
    LATER: [_earlier(_days("supplements", "签订日期", LONG_AGO, dt.date(2018, 2, 28), LATER),
                     _days("supplements", "新约定竣工日期", LONG_AGO, dt.date(2019, 2, 27), LATER))],
}  # fmt: skip
