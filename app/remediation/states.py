"""The one table of states and steps of an 整治项目, and who may take a step; pure.

Labels are the words of PRACTICE §5. The pack says which roles and departments may take which step (PRACTICE §2) and who
may not because of an earlier step; this table says from where to where a step leads and what it always needs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, Protocol

from app.core.principal import Principal

CASE_STATES: Mapping[str, str] = MappingProxyType(
    {
        "listed": "已入库",
        "assigned": "已交办",
        "planned": "已定策",
        "rectifying": "限期整改",
        "remediating": "整治中",
        "submitted": "已申请验收",
        "returned": "退回补正",
        "accepted": "验收通过",
        "delisted": "已销号",
        "dismissed": "不属实",
        "reversed": "已核减",
    }
)
"""State → label, in the order of the work."""

CLOSED: frozenset[str] = frozenset({"accepted", "delisted", "dismissed", "reversed"})
"""States in which a case no longer holds its parcels: they may enter another case."""

ACCEPTED: frozenset[str] = frozenset({"accepted", "delisted"})
"""States in which an acceptance stands."""

NEEDS: Mapping[str, str] = MappingProxyType(
    {
        "reason": "原因",
        "document": "文号",
        "category": "治理类别",
        "method": "腾出方式",
        "plan_text": "整治方案",
        "deadline_on": "整改期限",
        "evidence": "佐证材料",
        "claimed": "申报面积",
        "accepted": "核定面积",
        "opinion": "会签意见",
    }
)
"""What a step may ask for → label; the keys are those of the request."""

PACK_NEEDS: Mapping[str, str] = MappingProxyType({"deadline": "deadline_on", "claimed_area": "claimed", "accepted_area": "accepted"})
"""The pack's words for needs, where they differ."""


@dataclass(frozen=True)
class Step:
    """One step: label, states it leaves, state it reaches, what it always needs (the pack may ask for more)."""

    key: str
    label: str
    sources: tuple[str, ...]
    target: str
    needs: tuple[str, ...] = ()


_TABLE = (
    Step("list", "入库", (), "listed"),
    Step("assign", "派单", ("listed",), "assigned"),
    Step("dismiss", "不属实", ("listed", "assigned"), "dismissed", ("reason",)),
    Step("plan", "定策", ("assigned",), "planned", ("method",)),
    Step("rectify", "限期整改", ("planned",), "rectifying", ("deadline_on",)),
    Step("remediate", "开始整治", ("planned", "rectifying", "returned"), "remediating"),
    Step("submit", "申请验收", ("rectifying", "remediating", "returned"), "submitted", ("evidence", "claimed")),
    Step("return", "退回补正", ("submitted",), "returned", ("reason",)),
    Step("accept", "验收通过", ("submitted",), "accepted", ("method", "accepted")),
    Step("delist", "销号", ("accepted",), "delisted"),
    Step("reverse", "核减", ("accepted", "delisted"), "reversed", ("reason", "document")),
)

STEPS: Mapping[str, Step] = MappingProxyType({step.key: step for step in _TABLE})


class StepRule(Protocol):
    """A row of the pack: who may take a step, after which step not the same person, what it asks for."""

    @property
    def not_same_as(self) -> Sequence[str]: ...
    @property
    def needs(self) -> Sequence[str]: ...
    def allows(self, role: str, department: str | None, *, is_own_body: bool) -> bool: ...


@dataclass(frozen=True)
class Standing:
    """What permission looks at: the case's state and body, and who took which step before."""

    state: str | None
    body: str
    takers: Mapping[str, frozenset[int]] = field(default_factory=dict)


Refusal = Literal["state", "forbidden", "same_person"]


def leads(step: Step, state: str | None) -> bool:
    """Whether the step leaves from this state (None = no case yet)."""
    return (state is None and not step.sources) or state in step.sources


def needs(step: Step, rule: StepRule | None) -> tuple[str, ...]:
    """Everything the step asks for, the table's own first."""
    asked = (PACK_NEEDS.get(name, name) for name in (rule.needs if rule else ()))
    return tuple(dict.fromkeys((*step.needs, *asked)))


def refusal(principal: Principal, step: Step, rule: StepRule | None, case: Standing) -> Refusal | None:
    """Why the principal may not take the step; None when he may. A step without a rule in the pack is nobody's."""
    is_own = principal.responsible_body == case.body
    if rule is None or not principal.sees_body(case.body):
        return "forbidden"
    if not rule.allows(principal.role, principal.department_code, is_own_body=is_own):
        return "forbidden"
    if any(principal.id in case.takers.get(earlier, ()) for earlier in rule.not_same_as):
        return "same_person"
    return None if leads(step, case.state) else "state"


def next_steps(principal: Principal, rules: Mapping[str, StepRule], case: Standing) -> list[Step]:
    """Steps this principal may take now, in the table's order."""
    return [step for step in STEPS.values() if step.sources and refusal(principal, step, rules.get(step.key), case) is None]
