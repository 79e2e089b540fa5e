"""C1 (grade) and C2 (tax per mu): below, at and above, missing, stale, several users."""

from __future__ import annotations

from typing import Any

from geodata.proving.recipe import GOOD_GRADES, STALE, TWO_YEARS, Building, Recipe, User

NEW, OLD = "2025-08-08", "2024-08-09"
VACANT = "C1 C2 C5 C6"  # what nobody's land leaves unknown


def _graded(case: str, grades: tuple[tuple[int, str, str], ...], **more: Any) -> Recipe:
    return Recipe(f"C1/{case}", users=(User(grades=grades),), **more)


def _pair(now: str, before: str | None) -> tuple[tuple[int, str, str], ...]:
    latest = (2024, now, NEW)
    return (latest,) if before is None else (latest, (2023, before, OLD))


GRADE_D, GRADE_A = _pair("D", "A"), GOOD_GRADES
GRADES = [
    _graded("D after A", GRADE_D, true="C1"),
    _graded("D, year before missing", _pair("D", None), true="C1"),
    _graded("D after 未参评", _pair("D", "未参评"), true="C1"),
    _graded("C after C", _pair("C", "C"), true="C1"),
    _graded("C after B", _pair("C", "B")),
    _graded("C after D", _pair("C", "D")),
    _graded("C after 未参评", _pair("C", "未参评")),
    _graded("B after C", _pair("B", "C")),
    _graded("A after D", _pair("A", "D")),
    _graded("未参评", _pair("未参评", "未参评")),
    _graded("未参评 after C", _pair("未参评", "C")),
    _graded("C, year before missing", _pair("C", None), unknown="C1"),
    _graded("C, only two years before", ((2024, "C", NEW), (2022, "C", "2023-10-10")), unknown="C1"),
    _graded("no grade", (), unknown="C1"),
    _graded("latest is 2023 D", ((2023, "D", OLD),), true="C1"),
    _graded("latest is 2023 C after C", ((2023, "C", OLD), (2022, "C", "2023-10-10")), true="C1"),
    _graded("2025 D is later than the data year", (*GOOD_GRADES, (2025, "D", "2025-09-20"))),
    _graded("D published exactly two years ago", ((2022, "D", TWO_YEARS),), true="C1"),
    _graded("A published exactly two years ago", ((2022, "A", TWO_YEARS),)),
    _graded("D stale", ((2022, "D", STALE),), unknown="C1"),
    _graded("A stale", ((2022, "A", STALE),), unknown="C1"),
    Recipe("C1/larger user D", true="C1", users=(User(0.4), User(0.6, grades=GRADE_D))),
    Recipe("C1/smaller user D", users=(User(0.6), User(0.4, grades=GRADE_D))),
    Recipe("C1/tie, smallest USCC D", true="C1", users=(User(0.5, grades=GRADE_D), User(0.5))),
    Recipe("C1/tie, largest USCC D", users=(User(0.5), User(0.5, grades=GRADE_D))),
    Recipe("C1/lessor D of ground let out", users=(User(1.0, net=0.0, grades=GRADE_D), User(1.0, tenant=True))),
    Recipe("C1/tenant D", true="C1", users=(User(1.0, net=0.0), User(1.0, tenant=True, grades=GRADE_D))),
]


def _tax(value: float | None, known_on: str = "2025-07-31") -> tuple[User, ...]:
    return (User(taxes=((2024, value, known_on),)),)


def _taxed(case: str, value: float | None, **more: Any) -> Recipe:
    return Recipe(f"C2/{case}", users=_tax(value), **more)


LOW = _tax(4.0)
TAXES = [
    _taxed("tax 4.00", 4.0, true="C2"),
    _taxed("tax 4.50", 4.5, true="C2"),
    _taxed("tax 4.99", 4.99, true="C2"),
    _taxed("tax 5.00", 5.0, true="C2", count=30),
    _taxed("tax 5.00004 rounds to the threshold", 5.00004, true="C2"),
    _taxed("tax 5.00006 rounds above", 5.00006),
    _taxed("tax 5.0001", 5.0001),
    _taxed("tax 5.01", 5.01),
    _taxed("tax 5.50", 5.5),
    _taxed("tax 6.00", 6.0),
    _taxed("tax zero", 0.0, true="C2", count=30),
    _taxed("tax missing", None, unknown="C2", count=30),
    Recipe("C2/no indicator row", unknown="C2", users=(User(taxes=()),)),
    Recipe("C2/latest year without tax", unknown="C2",
           users=(User(taxes=((2023, 20.0, "2024-07-31"), (2024, None, "2025-07-31"))),)),
    Recipe("C2/latest year decides", users=(User(taxes=((2023, 3.0, "2024-07-31"), (2024, 20.0, "2025-07-31"))),)),
    Recipe("C2/year after the data year", users=(User(taxes=((2024, 20.0, "2025-07-31"), (2025, 3.0, "2025-09-20"))),)),
    Recipe("C2/only 2023, fresh", true="C2", users=(User(taxes=((2023, 4.0, "2024-07-31"),)),)),
    Recipe("C2/exactly two years old", true="C2", users=(User(taxes=((2022, 4.0, TWO_YEARS),)),), count=15),
    Recipe("C2/stale low", unknown="C2", users=(User(taxes=((2022, 4.0, STALE),)),), count=15),
    Recipe("C2/stale high", unknown="C2", users=(User(taxes=((2022, 20.0, STALE),)),)),
    Recipe("C2/2.9250 亩", users=LOW, area=1950.0),
    Recipe("C2/2.9999 亩", users=LOW, area=2000.0, registered=1999.96),
    Recipe("C2/2.999955 亩 rounds to three", true="C2", users=LOW, area=2000.0, registered=1999.97),
    Recipe("C2/3.0000 亩", true="C2", users=LOW, area=2000.0),
    Recipe("C2/3.0750 亩", true="C2", users=LOW, area=2050.0),
    Recipe("C2/3.9 亩", true="C2", users=LOW, area=2600.0),
    Recipe("C2/2.1 亩", users=LOW, area=1400.0),
    Recipe("C2/small and rich", area=1400.0),
    Recipe("C2/small, tax missing", users=_tax(None), area=1400.0),
    Recipe("C2/approved area where registered is missing, small", users=LOW, area=2100.0, registered=None, approved=1950.0),
    Recipe("C2/approved area where registered is missing", true="C2", users=LOW, area=1900.0, registered=None,
           approved=2050.0),
    Recipe("C2/planar area where others are missing", true="C2", users=LOW, area=2100.0, registered=None, approved=None),
    Recipe("C2/planar area where others are missing, small", users=LOW, area=1900.0, registered=None, approved=None),
    Recipe("C2/registered before approved", true="C2", users=LOW, area=2050.0, approved=1900.0),
    Recipe("C2/registered before approved, small", users=LOW, area=1950.0, approved=2100.0),
    Recipe("C2/registered before planar", true="C2", users=LOW, area=1900.0, registered=2100.0),
    Recipe("C2/one owner of two parcels at 5", true="C2", users=_tax(5.0), paired=True),
    Recipe("C2/one owner of two parcels above", users=_tax(5.2), paired=True),
    Recipe("C2/2.90 万元 on two parcels", true="C2", users=_tax(2.9), paired=True),
]  # fmt: skip


def _users(*pairs: tuple[float, float | None]) -> tuple[User, ...]:
    return tuple(User(share, taxes=((2024, value, "2025-07-31"),)) for share, value in pairs)


def _let(lessor: float | None, tenant: float | None, share: float = 0.5, **lease: Any) -> tuple[User, ...]:
    """The owner lets a share of his ground."""
    owner = User(1.0, net=1.0 - share, taxes=((2024, lessor, "2025-07-31"),))
    return owner, User(share, tenant=True, taxes=((2024, tenant, "2025-07-31"),), **lease)


ENDED = Recipe("C2/lease ended on 31 December", users=(
    User(1.0, net=1.0), User(0.5, tenant=True, taxes=(), end="2024-12-31")))  # fmt: skip
SHARED = [
    Recipe("C2/weighted by area, below", true="C2", users=_users((0.8, 4.0), (0.2, 8.9))),
    Recipe("C2/weighted by area, at", true="C2", users=_users((0.8, 4.0), (0.2, 9.0))),
    Recipe("C2/weighted by area, above", users=_users((0.8, 4.0), (0.2, 9.2))),
    Recipe("C2/unknown user of exactly a tenth, low", true="C2", users=_users((0.9, 5.0), (0.1, None))),
    Recipe("C2/unknown user of exactly a tenth, high", users=_users((0.9, 5.2), (0.1, None))),
    Recipe("C2/unknown user over a tenth", unknown="C2", users=_users((0.898, 4.0), (0.102, None)), count=15),
    Recipe("C2/unknown user over a tenth beside a high one", unknown="C2", users=_users((0.8, 20.0), (0.2, None)), count=15),
    Recipe("C2/two unknown users of a tenth each", true="C2", users=_users((0.8, 4.0), (0.1, None), (0.1, None))),
    Recipe("C2/zero is known", true="C2", users=_users((0.8, 6.0), (0.2, 0.0))),
    Recipe("C2/half let, both at 5", true="C2", users=_let(5.0, 5.0)),
    Recipe("C2/half let, both above", users=_let(5.2, 5.2)),
    Recipe("C2/half let, tenant lifts", users=_let(4.0, 8.0)),
    Recipe("C2/half let, tenant lowers", true="C2", users=_let(8.0, 1.0)),
    Recipe("C2/half let, tenant missing", unknown="C2", users=_let(20.0, None)),
    Recipe("C2/lessor without figures lets all", true="C2",
           users=(User(1.0, net=0.0, taxes=()), User(1.0, tenant=True, taxes=((2024, 4.0, "2025-07-31"),)))),
    ENDED,
    Recipe("C2/lease ends the day after 31 December", unknown="C2", users=(
        User(1.0, net=0.5), User(0.5, tenant=True, taxes=(), end="2025-01-01"))),
    Recipe("C2/lease began on 31 December", unknown="C2", users=(
        User(1.0, net=0.5), User(0.5, tenant=True, taxes=(), start="2024-12-31"))),
    Recipe("C2/lease began on 1 January", users=(
        User(1.0, net=1.0), User(0.5, tenant=True, taxes=(), start="2025-01-01"))),
    Recipe("C2/lease without start", unknown="C2", users=(
        User(1.0, net=0.5), User(0.5, tenant=True, taxes=(), start=None))),
    Recipe("users/none", unknown=VACANT, users=(), count=30),
    Recipe("users/none and small", unknown="C1 C5 C6", users=(), area=1400.0),
    Recipe("users/none and FAR 0.45", true="C3", unknown=VACANT, users=(), buildings=(Building(0.45, 0.45),)),
    Recipe("users/none and FAR 0.55", unknown="C1 C2 C3 C5 C6", users=(), buildings=(Building(0.55, 0.55),)),
]  # fmt: skip
CASES = [*GRADES, *TAXES, *SHARED]
