"""标准地 by supply mode and its indicators by gate (DB33/T 2172-2018; contract terms), pure.

A parcel is 标准地 because its supply says so, never because it later performs well.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from app.classification.idle import COMPARE
from app.policy.schemas import Gate, StandardLand


@dataclass(frozen=True, slots=True)
class Promise:
    """承诺指标 of one gate: promised, actual, due."""

    indicator: str
    unit: str | None
    comparator: str
    promised: Decimal | None
    gate: str
    due_on: date | None
    actual: Decimal | None

    def is_kept(self) -> bool | None:
        """Whether the actual value keeps the promise; unknown until both are known."""
        if self.actual is None or self.promised is None:
            return None
        return self.actual >= self.promised if self.comparator == ">=" else self.actual <= self.promised

    def is_due(self, gate: Gate, as_of: date) -> bool:
        """Whether this is a promise of the gate, past its day without an actual value."""
        is_open = self.gate == gate.code and self.due_on is not None and self.actual is None
        return is_open and COMPARE[gate.overdue_cmp](as_of, self.due_on)

    def result(self, gates: Sequence[Gate], as_of: date) -> str:
        """passed | failed | due | open."""
        kept = self.is_kept()
        if kept is None:
            return "due" if any(self.is_due(gate, as_of) for gate in gates) else "open"
        return "passed" if kept else "failed"

    def shown(self, gates: Sequence[Gate], as_of: date) -> dict[str, Any]:
        """JSON form: promised, actual, due, result."""
        return {
            "indicator": self.indicator, "unit": self.unit, "comparator": self.comparator, "gate": self.gate,
            "promised": _text(self.promised), "actual": _text(self.actual), "due_on": self.due_on.isoformat() if self.due_on else None,
            "result": self.result(gates, as_of),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class StandardLandVerdict:
    """Whether the parcel is 标准地, and how it stands by gate."""

    result: str
    status: str | None = None
    indicators: tuple[dict[str, Any], ...] = ()

    def detail(self) -> dict[str, Any]:
        """JSON form."""
        return {"status": self.status, "indicators": list(self.indicators)} if self.status else {}


def status_of(promises: Sequence[Promise], *, is_transferred: bool, rule: StandardLand, as_of: date) -> str:
    """履约状态: transferred, not_met, capacity_due, completion_due, met or performing, in this order."""
    if is_transferred:
        return "transferred"
    if any(p.is_kept() is False for p in promises):
        return "not_met"
    for gate in reversed(rule.gates):
        if any(p.is_due(gate, as_of) for p in promises):
            return gate.status_due
    if promises and all(p.is_kept() for p in promises):
        return "met"
    return "performing"


def decide(
    supply_mode: str | None, promises: Sequence[Promise], *, transferred_on: date | None, rule: StandardLand, as_of: date
) -> StandardLandVerdict:
    """Verdict of one parcel's standing contract (None: no contract, or its mode is unknown)."""
    if supply_mode is None:
        return StandardLandVerdict("unknown")
    if supply_mode != rule.supply_mode:
        return StandardLandVerdict("false")
    shown = tuple(p.shown(rule.gates, as_of) for p in promises)
    status = status_of(promises, is_transferred=transferred_on is not None, rule=rule, as_of=as_of)
    return StandardLandVerdict("true", status, shown)


def _text(value: Decimal | None) -> str | None:
    """Decimal as JSON text without trailing zeros."""
    return None if value is None else f"{value.normalize():f}"
