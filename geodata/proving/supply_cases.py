"""标准地 by supply mode, its indicators by gate, C7; and cases in which several things meet."""

from __future__ import annotations

from geodata.proving.evaluation_cases import GRADE_D
from geodata.proving.idle_cases import not_started
from geodata.proving.recipe import Building, Promise, Recipe, User
from geodata.sheets import Cell
from geodata.verdicts import first_limb

STANDARD: dict[str, Cell] = {"供应方式": "标准地出让"}
PAST, AT, FUTURE = "2025-09-29", "2025-09-30", "2025-10-01"
TAX_OPEN, TAX_PASS, TAX_AT = Promise(), Promise(actual=35.0), Promise(actual=30.0)
TAX_FAIL, TAX_FAR_FAIL = Promise(actual=29.99), Promise(actual=12.0)
FAR_PASS = Promise("竣工", 2.0, 2.4, "2022-06-30", name="容积率")
FAR_FAIL = Promise("竣工", 2.0, 1.99, "2022-06-30", name="容积率")
FAR_OPEN = Promise("竣工", 2.0, None, "2027-06-30", name="容积率")
FAR_DUE = Promise("竣工", 2.0, None, PAST, name="容积率")
ENERGY_AT = Promise("达产", 0.35, 0.35, compare="<=", name="单位能耗")
ENERGY_PASS = Promise("达产", 0.35, 0.20, compare="<=", name="单位能耗")
ENERGY_FAIL = Promise("达产", 0.35, 0.36, compare="<=", name="单位能耗")


def _standard(
    case: str, status: str, *promises: Promise, true: str = "", unknown: str = "", count: int = 12,
    **contract: Cell,
) -> Recipe:  # fmt: skip
    return Recipe(f"标准地/{case}", true=true, unknown=unknown, standard="true", status=status,
                  promises=promises, contracts=(STANDARD | contract,), count=count)  # fmt: skip


GATES = [
    _standard("gates open", "performing", FAR_OPEN, TAX_OPEN, count=30),
    _standard("completion passed, capacity open", "performing", FAR_PASS, TAX_OPEN),
    _standard("all passed", "met", FAR_PASS, TAX_PASS, ENERGY_PASS, count=15),
    _standard("all passed exactly", "met", FAR_PASS, TAX_AT, ENERGY_AT, count=15),
    _standard("only completion, passed", "met", FAR_PASS),
    _standard("capacity failed by a hair", "not_met", FAR_PASS, TAX_FAIL, true="C7", count=15),
    _standard("capacity failed far", "not_met", FAR_PASS, TAX_FAR_FAIL, true="C7", count=15),
    _standard("upper bound failed", "not_met", FAR_PASS, TAX_PASS, ENERGY_FAIL, true="C7", count=15),
    _standard("completion failed, capacity open", "not_met", FAR_FAIL, TAX_OPEN, count=15),
    _standard("completion failed, capacity passed", "not_met", FAR_FAIL, TAX_PASS, count=15),
    _standard("capacity due yesterday", "capacity_due", FAR_PASS, Promise(due=PAST), unknown="C7", count=30),
    _standard("capacity due today", "performing", FAR_PASS, Promise(due=AT), count=15),
    _standard("capacity due tomorrow", "performing", FAR_PASS, Promise(due=FUTURE), count=15),
    _standard("completion due yesterday", "completion_due", FAR_DUE, TAX_OPEN, count=30),
    _standard("completion due today", "performing", Promise("竣工", 2.0, None, AT, name="容积率"), TAX_OPEN, count=15),
    _standard("both due", "capacity_due", FAR_DUE, Promise(due=PAST), unknown="C7", count=15),
    _standard("capacity due, another failed", "not_met", FAR_PASS, Promise(due=PAST), ENERGY_FAIL, true="C7"),
    _standard("completion failed, capacity due", "not_met", FAR_FAIL, Promise(due=PAST), unknown="C7"),
    _standard("transferred, passed", "transferred", FAR_PASS, TAX_PASS, 转让日期="2024-05-01", 义务是否承接="是"),
    _standard("transferred, failed, duty taken over", "transferred", FAR_PASS, TAX_FAIL, true="C7",
              转让日期="2024-05-01", 义务是否承接="是"),
    _standard("transferred, failed, duty not taken over", "transferred", FAR_PASS, TAX_FAIL, true="C7",
              转让日期="2024-05-01", 义务是否承接="否"),
    _standard("transferred, capacity due", "transferred", FAR_PASS, Promise(due=PAST), unknown="C7",
              转让日期="2024-05-01"),
]  # fmt: skip
MODES = [
    *[Recipe(f"supply/{mode}", contracts=({"供应方式": mode},), count=30)
      for mode in ("挂牌出让", "协议出让", "划拨", "租赁", "历史用地")],
    Recipe("supply/mode missing", unknown="C7", standard="unknown", contracts=({"供应方式": None},), count=30),
    Recipe("supply/the later contract is 标准地", standard="true", status="met", promises=(FAR_PASS, TAX_PASS),
           contracts=(not_started("2015-01-01") | {"签订日期": "2012-03-01"}, STANDARD | {"签订日期": "2018-03-01"}),
           count=15),
    Recipe("supply/the earlier contract was 标准地", idle=first_limb(2),
           contracts=(STANDARD, not_started("2022-01-01") | {"签订日期": "2019-03-01"}), count=15),
    Recipe("supply/same day, the larger number decides", idle=first_limb(2),
           contracts=(STANDARD, not_started("2022-01-01") | {"签订日期": "2018-03-01"}), count=15),
    Recipe("supply/an ordinary parcel that performs well is not 标准地", buildings=(Building(2.6, 2.6),)),
]  # fmt: skip
POOR = User(taxes=((2024, 3.0, "2025-07-31"),), grades=GRADE_D)
COMBINED = [
    Recipe("combined/C1 C2", true="C1 C2", users=(POOR,), count=30),
    Recipe("combined/C1 with C2 unknown", true="C1", unknown="C2", users=(User(taxes=(), grades=GRADE_D),), count=30),
    Recipe("combined/C2 with C1 unknown", true="C2", unknown="C1",
           users=(User(taxes=((2024, 3.0, "2025-07-31"),), grades=()),), count=30),
    Recipe("combined/C3 C4", true="C3 C4", buildings=(Building(0.3, 0.3, 0.3, "2024-01-01"),)),
    Recipe("combined/C5 C6", true="C5 C6", users=(User(status="注销", listings=(("落后产能", "2023-03-01", None),)),)),
    Recipe("combined/C7 with an untouched site", true="C7", standard="true", status="not_met", idle=first_limb(1),
           promises=(TAX_FAIL,), contracts=(STANDARD | not_started("2024-05-01"),)),
    Recipe("combined/everything", true="C1 C2 C3 C4 C5 C6 C7", standard="true", status="not_met",
           users=(User(status="吊销", taxes=((2024, 1.0, "2025-07-31"),), grades=GRADE_D,
                       listings=(("散乱污", "2023-03-01", None),)),),
           buildings=(Building(0.3, 0.3, 0.3, "2024-01-01"),), promises=(TAX_FAIL,), contracts=(STANDARD,), count=30),
    Recipe("combined/nothing known", unknown="C1 C2 C3 C4 C5 C6 C7", standard="unknown", idle=first_limb(1),
           users=(), buildings=(), contracts=(not_started("2024-05-01") | {"供应方式": None},), count=30),
    Recipe("combined/all good", count=60),
]  # fmt: skip
CASES = [*GATES, *MODES, *COMBINED]
