"""疑似闲置 (令53, DOMAIN §4.1.7): both limbs, their dates, ratios, causes and every missing input."""

from __future__ import annotations

from geodata.proving.recipe import Recipe
from geodata.sheets import Cell
from geodata.verdicts import (
    CAUSES,
    NO_RATIOS,
    NO_START,
    NO_STARTED,
    NO_SUSPENSION,
    NOT_IDLE,
    Idle,
    first_limb,
    second_limb,
)

Values = dict[str, Cell]
NOT_STARTED: Values = {
    "签订日期": "2016-05-10", "约定竣工日期": "2027-12-31", "实际交地日期": "2016-06-01", "施工许可日期": None,
    "是否动工": "否", "实际动工日期": None, "已动工面积(㎡)": 0.0, "已投资(万元)": 0.0, "是否中止": None,
}  # fmt: skip


def not_started(start: str | None, cause: str | None = "未核实", document: str | None = None) -> Values:
    """A contract whose ground is untouched; a verified cause carries its document."""
    return NOT_STARTED | {"约定动工日期": start, "未开工原因": cause, "原因核实文号": document}


DATES = (  # agreed start, years idle at 2025-09-30 (0 = not idle)
    ("2025-03-01", 0), ("2024-10-01", 0), ("2024-09-30", 0), ("2024-09-29", 1), ("2024-03-31", 1),
    ("2023-10-01", 1), ("2023-09-30", 1), ("2023-09-29", 2), ("2022-08-15", 2), ("2020-02-29", 2),
)  # fmt: skip


def _first_limb_cases() -> list[Recipe]:
    cases = []
    for word, cause in CAUSES.items():
        document = None if cause == "unverified" else f"慈资规核〔2025〕{len(word)}号"
        for start, years in DATES:
            cases.append(Recipe(
                f"2(1) {cause} {years}y/start {start}",
                idle=first_limb(years, cause) if years else NOT_IDLE,
                contracts=(not_started(start, word, document),),
            ))  # fmt: skip
    unverified = (("企业原因", None), ("政府原因", None), ("不可抗力", None), (None, None), ("未核实", "慈资规核〔2025〕9号"))
    for claimed, paper in unverified:
        for start, years in (("2024-06-01", 1), ("2022-06-01", 2)):
            cases.append(Recipe(
                f"2(1) cause not verified/{claimed} {years}y",
                idle=first_limb(years), contracts=(not_started(start, claimed, paper),),
            ))  # fmt: skip
    return cases


def _start_cases() -> list[Recipe]:
    """Where the start comes from."""

    def start(case: str, idle: Idle, contract: Values, supplements: tuple[tuple[str, str | None], ...] = ()) -> Recipe:
        return Recipe(f"start/{case}", idle=idle, contracts=(contract,), supplements=supplements, count=12)

    def delivered(day: str | None) -> Values:
        return not_started(None) | {"实际交地日期": day}

    old = not_started("2021-03-01")
    return [
        start("delivered a year and exactly one year ago", NOT_IDLE, delivered("2023-09-30")),
        start("delivered a day earlier", first_limb(1), delivered("2023-09-29")),
        start("delivered a year and exactly two years ago", first_limb(1), delivered("2022-09-30")),
        start("delivered a year and two years and a day ago", first_limb(2), delivered("2022-09-29")),
        start("delivered within a year", NOT_IDLE, delivered("2024-12-01")),
        start("agreed start before delivery", first_limb(1), not_started("2024-06-01") | {"实际交地日期": "2024-12-01"}),
        start("no date at all", NO_START, delivered(None)),
        start("no date, started", NO_START, {"约定动工日期": None, "实际交地日期": None}),
        start("no date, started unknown", NO_START, delivered(None) | {"是否动工": None}),
        start("started unknown", NO_STARTED, not_started("2022-03-01") | {"是否动工": None}),
        start("started unknown, start recent", NO_STARTED, not_started("2025-03-01") | {"是否动工": None}),
        start("started unknown, suspended", NO_STARTED, not_started("2022-03-01") | {"是否动工": None, "是否中止": "是"}),
        start("restarted by a supplement", NOT_IDLE, old, (("2024-04-01", "2025-01-31"),)),
        start("restarted, exactly one year", NOT_IDLE, old, (("2023-04-01", "2024-09-30"),)),
        start("restarted, a year and a day", first_limb(1), old, (("2023-04-01", "2024-09-29"),)),
        start("restarted, two years and a day", first_limb(2), old, (("2022-04-01", "2023-09-29"),)),
        start("latest supplement decides, idle", first_limb(1), old,
              (("2023-05-01", "2025-01-01"), ("2024-05-01", "2024-06-01"))),
        start("latest supplement decides, not idle", NOT_IDLE, old,
              (("2024-05-01", "2025-06-01"), ("2023-05-01", "2023-06-01"))),
        start("supplement without a new start", first_limb(2), old, (("2024-05-01", None),)),
        start("supplement brings the start forward", first_limb(1), not_started("2024-12-01"),
              (("2023-05-01", "2024-06-01"),)),
        Recipe("start/no contract", unknown="C7", idle=NO_START, standard="unknown", contracts=(), count=30),
    ]  # fmt: skip


def _leap_cases() -> list[Recipe]:
    """29 February: a year ends on 28 February; the key for these other days is key/idle_at.csv."""
    leap = not_started("2024-02-29", "企业原因", "慈资规核〔2025〕4号")
    first, second = first_limb(1, "holder"), first_limb(2, "holder")
    recent = not_started("2023-02-28", "企业原因", "慈资规核〔2025〕4号")
    return [
        Recipe("start/29 February", idle=first, contracts=(leap,), count=30,
               at={"2025-02-27": NOT_IDLE, "2025-02-28": NOT_IDLE, "2025-03-01": first}),
        Recipe("start/28 February", idle=second, contracts=(recent,),
               at={"2025-02-28": first, "2025-03-01": second}),
        Recipe("start/delivered on 29 February", idle=NOT_IDLE,
               contracts=(not_started(None) | {"实际交地日期": "2024-02-29"},)),
    ]  # fmt: skip


def suspended(
    ratios: tuple[float | None, float | None, float | None, float | None],
    since: str | None = "2023-03-01", word: str | None = "是", **more: Cell,
) -> Values:  # fmt: skip
    """Started, then stopped: should m², developed m², total 万元, invested 万元."""
    should, developed, total, invested = ratios
    return {
        "应动工面积(㎡)": should, "已动工面积(㎡)": developed, "总投资(万元)": total, "已投资(万元)": invested,
        "是否中止": word, "中止日期": since,
    } | more  # fmt: skip


BY_AREA, BY_INVESTMENT = (10_000.0, 3333.0, 4000.0, 3000.0), (10_000.0, 9000.0, 4000.0, 999.0)
BOTH, NEITHER = (10_000.0, 1000.0, 4000.0, 100.0), (10_000.0, 9000.0, 4000.0, 3500.0)
RATIOS: list[tuple[str, tuple[float | None, float | None, float | None, float | None], Idle]] = [
    ("by area, just below a third", BY_AREA, second_limb()),
    ("by area, a tenth", (10_000.0, 1000.0, 4000.0, 3000.0), second_limb()),
    ("by area, 30 %", (10_000.0, 3000.0, 4000.0, 3000.0), second_limb()),
    ("exactly a third", (9000.0, 3000.0, 4000.0, 3000.0), NOT_IDLE),
    ("exactly a third and exactly 25 %", (9000.0, 3000.0, 4000.0, 1000.0), NOT_IDLE),
    ("just above a third", (10_000.0, 3334.0, 4000.0, 3000.0), NOT_IDLE),
    ("by investment, just below 25 %", BY_INVESTMENT, second_limb()),
    ("by investment, nothing", (10_000.0, 9000.0, 4000.0, 0.0), second_limb()),
    ("by investment, 24.99 %", (10_000.0, 9000.0, 10_000.0, 2499.0), second_limb()),
    ("exactly 25 %", (10_000.0, 9000.0, 4000.0, 1000.0), NOT_IDLE),
    ("just above 25 %", (10_000.0, 9000.0, 4000.0, 1001.0), NOT_IDLE),
    ("30 % of investment", (10_000.0, 9000.0, 4000.0, 1200.0), NOT_IDLE),
    ("both", BOTH, second_limb()),
    ("neither", NEITHER, NOT_IDLE),
    ("area true, investment missing", (10_000.0, 1000.0, None, 100.0), second_limb()),
    ("investment true, area missing", (None, 1000.0, 4000.0, 100.0), second_limb()),
    ("area false, investment missing", (10_000.0, 9000.0, 4000.0, None), NO_RATIOS),
    ("area missing, investment false", (10_000.0, None, 4000.0, 3000.0), NO_RATIOS),
    ("both missing", (None, None, None, None), NO_RATIOS),
    ("denominators zero", (0.0, 0.0, 0.0, 0.0), NO_RATIOS),
    ("area denominator zero, investment false", (0.0, 0.0, 4000.0, 3000.0), NO_RATIOS),
    ("area denominator zero, investment true", (0.0, 0.0, 4000.0, 100.0), second_limb()),
]


def _second_limb_cases() -> list[Recipe]:
    cases = [Recipe(f"2(2)/{name}", idle=idle, contracts=(suspended(r),), count=15) for name, r, idle in RATIOS]
    dates = (("2024-10-01", 0), ("2024-09-30", 0), ("2024-09-29", 1), ("2023-09-29", 1), ("2021-02-28", 1))
    for since, idle_now in dates:
        for name, ratios in (("area", BY_AREA), ("investment", BY_INVESTMENT), ("both", BOTH)):
            cases.append(Recipe(f"2(2) by {name}/suspended {since}",
                                idle=second_limb() if idle_now else NOT_IDLE,
                                contracts=(suspended(ratios, since),)))  # fmt: skip
    for word, cause in CAUSES.items():
        contract = suspended(BOTH, 未开工原因=word, 原因核实文号="慈资规核〔2025〕7号")
        cases.append(Recipe(f"2(2)/cause {cause}", idle=second_limb(cause), contracts=(contract,)))
    return [
        *cases,
        Recipe("2(2)/not suspended, ratios low", contracts=(suspended(BOTH, None, "否"),), count=15),
        Recipe("2(2)/not suspended, date left over", contracts=(suspended(BOTH, "2022-01-01", "否"),), count=15),
        Recipe("2(2)/not suspended, ratios missing",
               contracts=(suspended((None, None, None, None), None, "否"),), count=15),
        Recipe("2(2)/suspension date missing", idle=NO_SUSPENSION, contracts=(suspended(BOTH, None),), count=30),
        Recipe("2(2)/suspended unknown", idle=NO_SUSPENSION, contracts=(suspended(BY_AREA, None, None),), count=15),
        Recipe("2(2)/suspended unknown, date given", idle=NO_SUSPENSION,
               contracts=(suspended(BY_INVESTMENT, "2022-01-01", None),), count=15),
        Recipe("2(2)/suspended unknown, ratios high", contracts=(suspended(NEITHER, None, None),), count=15),
        Recipe("2(2)/suspended unknown, ratios missing", idle=NO_RATIOS,
               contracts=(suspended((None, None, None, None), None, None),), count=15),
        Recipe("2(2)/start long after suspension does not matter", idle=second_limb(),
               contracts=(suspended(BOTH, 约定动工日期="2020-06-01"),)),
    ]  # fmt: skip


def _collective_cases() -> list[Recipe]:
    """Collective land: the same arithmetic, flagged 参照执行."""
    document = "慈资规核〔2025〕5号"
    return [
        Recipe("collective/not idle", ownership="J", count=30),
        Recipe("collective/2(1) one year", ownership="J", idle=first_limb(1, "holder"), count=15,
               contracts=(not_started("2024-05-01", "企业原因", document),)),
        Recipe("collective/2(1) two years", ownership="J", idle=first_limb(2, "holder"), count=15,
               contracts=(not_started("2022-05-01", "企业原因", document),)),
        Recipe("collective/2(2)", ownership="J", idle=second_limb(), contracts=(suspended(BOTH),)),
        Recipe("collective/start missing", ownership="J", idle=NO_START,
               contracts=({"约定动工日期": None, "实际交地日期": None},)),
        Recipe("collective/ownership unclear is not collective", ownership="Z", count=15),
    ]  # fmt: skip


CASES = [*_first_limb_cases(), *_start_cases(), *_leap_cases(), *_second_limb_cases(), *_collective_cases()]
