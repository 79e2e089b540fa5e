"""已报未验: how many cases stand in which state, how long, and with whom (PRACTICE §4 Q3); pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from app.core.units import half_up, m2_to_mu
from app.remediation.states import CASE_STATES, CLOSED

DUE_DAYS = (7, 15, 30)


@dataclass(frozen=True)
class CaseLine:
    """What the summary needs of a case."""

    id: int
    code: str
    name: str
    state: str
    responsible_body: str
    responsible_body_name: str
    person_in_charge: str | None
    deadline_on: date | None
    days: int
    n_parcels: int
    area_m2: Decimal


def figures(cases: Sequence[CaseLine]) -> dict[str, Any]:
    """宗 / 亩 / 平均天数 / 最长天数 of some cases."""
    area = sum((c.area_m2 for c in cases), Decimal(0))
    days = [c.days for c in cases]
    mean = float(half_up(Decimal(sum(days)) / len(days), 1)) if days else None
    return {
        "n_cases": len(cases), "n_parcels": sum(c.n_parcels for c in cases), "m2": float(area), "mu": float(m2_to_mu(area)),
        "mean_days": mean, "max_days": max(days, default=None),
    }  # fmt: skip


def by_body(cases: Iterable[CaseLine]) -> list[dict[str, Any]]:
    """The same figures per responsible body, in code order."""
    grouped: dict[tuple[str, str], list[CaseLine]] = defaultdict(list)
    for case in cases:
        grouped[case.responsible_body, case.responsible_body_name].append(case)
    return [{"responsible_body": code, "name": name, **figures(some)} for (code, name), some in sorted(grouped.items())]


def _late(case: CaseLine, as_of: date) -> dict[str, Any]:
    days = (as_of - case.deadline_on).days if case.deadline_on else 0
    return {
        "id": case.id, "code": case.code, "name": case.name, "state": case.state, "state_label": CASE_STATES[case.state],
        "responsible_body": case.responsible_body, "responsible_body_name": case.responsible_body_name,
        "person_in_charge": case.person_in_charge, "deadline_on": case.deadline_on, "days": days,
    }  # fmt: skip


def summary(cases: Sequence[CaseLine], as_of: date, holder: Callable[[str], str | None]) -> dict[str, Any]:
    """状态 × 宗/亩/平均天数/最长天数/责任单位, total = Σ rows, 逾期 list, 到期 within 7, 15 and 30 days."""
    rows = []
    for state, label in CASE_STATES.items():
        some = [c for c in cases if c.state == state]
        rows.append({"state": state, "label": label, "held_by": holder(state), **figures(some), "by_body": by_body(some)})
    active = [c for c in cases if c.state not in CLOSED and c.deadline_on is not None]
    late = sorted((_late(c, as_of) for c in active if c.deadline_on < as_of), key=lambda r: (-r["days"], r["code"]))  # type: ignore[operator]
    left = [(c.deadline_on - as_of).days for c in active if c.deadline_on is not None and c.deadline_on >= as_of]
    total = figures(cases)
    return {
        "as_of": as_of,
        "rows": rows,
        "total": total,
        "sum_check": sum(r["n_cases"] for r in rows) == total["n_cases"],
        "overdue": late,
        "due_within": {str(days): sum(1 for d in left if d <= days) for days in DUE_DAYS},
    }
