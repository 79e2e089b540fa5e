"""The 25 suspected idle parcels of the demo county and their contracts."""

from __future__ import annotations

from geodata.land import Parcel
from geodata.sheets import Cell
from geodata.verdicts import CAUSES, Verdict, first_limb, second_limb

CAUSE_WORDS = ("未核实", "政府原因", "企业原因", "未核实", "不可抗力")
ONE_YEAR, TWO_YEARS = 8, 7


def assign_idle(parcels: list[Parcel]) -> None:
    """State each parcel's idle verdict: 8 over one year, 7 over two, the rest begun and stopped."""
    for number, parcel in enumerate(parcels):
        cause = CAUSES[CAUSE_WORDS[number % 5]]
        first = number < ONE_YEAR + TWO_YEARS
        idle = first_limb(1 if number < ONE_YEAR else 2, cause) if first else second_limb(cause)
        parcel.verdict = Verdict(idle=idle)


def idle_contract(parcel: Parcel, number: int) -> dict[str, Cell]:
    """Dates, evidence and ratios that make the stated verdict."""
    idle = parcel.verdict.idle
    word = next(w for w, cause in CAUSES.items() if cause == idle.cause)
    document = None if word == "未核实" else f"慈资规核〔2025〕{number % 60 + 1}号"
    day = f"{number % 28 + 1:02d}"
    values: dict[str, Cell] = {"未开工原因": word, "原因核实文号": document, "供应方式": "挂牌出让"}
    if idle.limb == "2(1)":
        start = f"2024-0{number % 7 + 1}-{day}" if idle.years == "1" else f"2022-0{number % 9 + 1}-{day}"
        return values | {
            "签订日期": "2021-06-18", "约定动工日期": start, "约定竣工日期": "2027-12-31", "实际交地日期": "2021-08-01",
            "是否动工": "否", "已动工面积(㎡)": 0.0, "已投资(万元)": 0.0, "数据日期": "2025-06-30",
        }  # fmt: skip
    return values | {
        "签订日期": "2020-03-18", "约定动工日期": "2020-09-01", "约定竣工日期": "2022-09-01", "实际交地日期": "2020-04-20",
        "施工许可日期": "2020-08-20", "是否动工": "是", "实际动工日期": "2020-08-28", "应动工面积(㎡)": 9000.0,
        "已动工面积(㎡)": 1800.0 + 10 * (number % 50), "总投资(万元)": 6000.0, "已投资(万元)": 900.0 if number % 2 else 2400.0,
        "是否中止": "是", "中止日期": f"2023-1{number % 3}-{day}", "数据日期": "2025-06-30",
    }  # fmt: skip
