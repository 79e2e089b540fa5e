"""C3 (floor-area ratio), C4 (vacancy), C5 (lists), C6 (closed tenants)."""

from __future__ import annotations

from typing import Any

from geodata.proving.recipe import AS_OF, STALE, TWO_YEARS, Building, Recipe, User


def _far(case: str, value: float, *, industry: str | None = "3857", **more: Any) -> Recipe:
    return Recipe(f"C3/{case}", users=(User(industry=industry),), buildings=(Building(value, value),), **more)


FAR = [
    _far("0.40", 0.40, true="C3"),
    _far("0.45", 0.45, true="C3"),
    _far("0.4999", 0.4999, true="C3"),
    _far("0.49994 rounds below", 0.49994, true="C3"),
    _far("0.49995 rounds to the threshold", 0.49995),
    _far("0.5000", 0.5, count=30),
    _far("0.5001", 0.5001),
    _far("0.55", 0.55),
    _far("0.60", 0.6),
    *[_far(f"0.5000 in division {d[:2]}", 0.5, industry=d, true="C3") for d in ("2710", "3911", "4011")],
    *[_far(f"0.5999 in division {d[:2]}", 0.5999, industry=d, true="C3") for d in ("2720", "3921", "4014")],
    *[_far(f"0.6000 in division {d[:2]}", 0.6, industry=d) for d in ("2730", "3951", "4090")],
    *[_far(f"0.59995 rounds to 0.6 in division {d[:2]}", 0.59995, industry=d) for d in ("2761", "3962", "4028")],
    *[_far(f"0.55 in division {d[:2]}", 0.55, industry=d) for d in ("2614", "2822", "3429", "4190", "1952")],
    _far("0.45, industry missing", 0.45, industry=None, true="C3"),
    _far("0.55, industry missing", 0.55, industry=None, unknown="C3"),
    _far("0.65, industry missing", 0.65, industry=None),
    Recipe("C3/counted floor, not gross, low", true="C3", buildings=(Building(0.45, 0.9),)),
    Recipe("C3/counted floor, not gross, high", buildings=(Building(0.7, 0.4),)),
    Recipe("C3/three buildings", true="C3", buildings=(Building(0.2, 0.2), Building(0.2, 0.2), Building(0.05, 0.05))),
    Recipe("C3/three buildings high", buildings=(Building(0.2, 0.2), Building(0.2, 0.2), Building(0.2, 0.2))),
    Recipe("C3/denominator is the registered area, low", true="C3", area=9800.0, registered=10_000.0,
           buildings=(Building(0.495, 0.495),)),
    Recipe("C3/denominator is the registered area, high", area=10_200.0, registered=10_000.0,
           buildings=(Building(0.505, 0.505),)),
    Recipe("C3/larger user's industry", true="C3", users=(User(0.4), User(0.6, industry="3911")),
           buildings=(Building(0.55, 0.55),)),
    Recipe("C3/smaller user's industry", users=(User(0.6), User(0.4, industry="3911")),
           buildings=(Building(0.55, 0.55),)),
    Recipe("C3/counted floor missing", unknown="C3", buildings=(Building(None, 1.2),), count=15),
    Recipe("C3/counted floor missing in one of two", unknown="C3", buildings=(Building(0.8, 0.8), Building(None, 0.4)),
           count=15),
    Recipe("buildings/none", unknown="C3 C4", buildings=(), count=30),
    Recipe("buildings/stale", unknown="C3 C4", buildings=(Building(known_on=STALE),), count=15),
    Recipe("buildings/oldest of two stale", unknown="C3 C4", buildings=(Building(), Building(known_on=STALE)), count=15),
    Recipe("buildings/exactly two years old, low", true="C3", buildings=(Building(0.4, 0.4, known_on=TWO_YEARS),)),
    Recipe("buildings/exactly two years old", buildings=(Building(known_on=TWO_YEARS),)),
]  # fmt: skip


def _vacant(case: str, share: float | None, since: str | None, **more: Any) -> Recipe:
    """`share` of the gross floor stands empty since a day."""
    vacant = None if share is None else round(1.2 * share, 6)
    return Recipe(f"C4/{case}", buildings=(Building(vacant=vacant, since=since),), **more)


LONG = "2024-02-01"
VACANCY = [
    _vacant("all empty long", 1.0, LONG, true="C4"),
    _vacant("51 %", 0.51, LONG, true="C4"),
    _vacant("exactly half", 0.5, LONG, true="C4", count=30),
    _vacant("0.49995 rounds to half", 0.49995, LONG, true="C4"),
    _vacant("0.4999", 0.4999, LONG),
    _vacant("49 %", 0.49, LONG),
    _vacant("40 %", 0.40, LONG),
    _vacant("exactly six months", 0.8, "2025-03-30", true="C4", count=30),
    _vacant("six months and a day", 0.8, "2025-03-29", true="C4"),
    _vacant("seven months", 0.8, "2025-02-28", true="C4"),
    _vacant("a day short of six months", 0.8, "2025-04-01", count=15),
    _vacant("five months", 0.8, "2025-04-30", count=15),
    _vacant("half and six months", 0.5, "2025-03-30", true="C4"),
    _vacant("half, five months", 0.5, "2025-04-15"),
    _vacant("little and short", 0.2, "2025-07-01"),
    _vacant("since missing", 0.8, None, unknown="C4", count=15),
    _vacant("since missing, exactly half", 0.5, None, unknown="C4", count=15),
    _vacant("since missing, little", 0.2, None),
    Recipe("C4/latest start decides, short", buildings=(
        Building(0.6, 0.6, 0.4, LONG), Building(0.6, 0.6, 0.4, "2025-06-01"))),
    Recipe("C4/latest start decides, long", true="C4", buildings=(
        Building(0.6, 0.6, 0.4, LONG), Building(0.6, 0.6, 0.4, "2025-01-15"))),
    Recipe("C4/one building empty, less than half of all", buildings=(Building(0.9, 0.9), Building(0.6, 0.6, 0.6, LONG))),
    Recipe("C4/one building empty, half of all", true="C4", buildings=(Building(0.6, 0.6), Building(0.6, 0.6, 0.6, LONG))),
    Recipe("C4/vacant floor missing in one of two", unknown="C4", buildings=(
        Building(0.6, 0.6, None), Building(0.6, 0.6, 0.5, LONG)), count=15),
    Recipe("C4/gross floor missing in one of two", unknown="C4", buildings=(
        Building(0.6, None, 0.1, LONG), Building(0.6, 0.6, 0.5, LONG)), count=15),
]  # fmt: skip


def _listed(case: str, name: str, since: str, until: str | None = None, **more: Any) -> Recipe:
    return Recipe(f"C5/{case}", users=(User(listings=((name, since, until),)),), **more)


LISTED = (("高耗低效", "2024-05-06", None),)
LISTS = [
    *[_listed(f"on {name}", name, "2024-05-06", true="C5") for name in ("高耗低效", "散乱污", "落后产能")],
    _listed("listed on the day", "散乱污", AS_OF, true="C5"),
    _listed("removed on the day", "高耗低效", "2023-05-06", AS_OF),
    _listed("removed the day after", "高耗低效", "2023-05-06", "2025-10-01", true="C5"),
    _listed("removed long ago", "落后产能", "2021-05-06", "2023-01-31"),
    Recipe("C5/tenant listed", true="C5", users=(User(1.0, net=0.8), User(0.2, tenant=True, listings=LISTED))),
    Recipe("C5/lessor of all the ground listed", users=(User(1.0, net=0.0, listings=LISTED), User(1.0, tenant=True))),
    Recipe("C5/former tenant listed, lease ended on the day",
           users=(User(1.0, net=0.8), User(0.2, tenant=True, listings=LISTED, end=AS_OF))),
    Recipe("C5/tenant listed, lease ends the day after", true="C5",
           users=(User(1.0, net=0.8), User(0.2, tenant=True, listings=LISTED, end="2025-10-01"))),
]  # fmt: skip


def _closed(case: str, *statuses: str | None, known_on: str = "2025-08-31", **more: Any) -> Recipe:
    share = 1.0 / len(statuses)
    users = tuple(User(share, status=status, known_on=known_on) for status in statuses)
    return Recipe(f"C6/{case}", users=users, **more)


CLOSED = [
    _closed("注销", "注销", true="C6", count=15),
    _closed("吊销", "吊销", true="C6", count=15),
    _closed("停产 is not closed", "停产", count=15),
    _closed("存续", "存续", count=15),
    _closed("both closed", "注销", "吊销", true="C6"),
    _closed("closed beside open", "注销", "存续"),
    _closed("closed beside 停产", "吊销", "停产"),
    _closed("missing", None, unknown="C6", count=15),
    _closed("closed beside missing", "注销", None, unknown="C6", count=15),
    _closed("open beside missing", "存续", None),
    _closed("closed, exactly two years old", "注销", known_on=TWO_YEARS, true="C6"),
    _closed("closed, stale", "注销", known_on=STALE, unknown="C6"),
    _closed("open, stale", "存续", known_on=STALE, unknown="C6"),
    Recipe("C6/successor", users=(User(1.0, net=0.0, status="注销"), User(1.0, tenant=True))),
]
CASES = [*FAR, *VACANCY, *LISTS, *CLOSED]
