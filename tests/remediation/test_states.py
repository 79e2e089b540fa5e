"""The table of states and steps: reachable, labelled, closed where it should be; who may take a step."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from app.core.principal import Principal, Role
from app.policy import packs
from app.remediation.service import rules_of
from app.remediation.states import CASE_STATES, CLOSED, NEEDS, STEPS, Standing, leads, needs, next_steps, refusal

PACK = next(p for p in packs() if p.content.county_code == "330282")
RULES = rules_of(PACK)
OFFICER = Principal(1, "甲", Role.officer, "330282", None, "330282101")
ACCEPTOR = Principal(2, "乙", Role.acceptor, "330282", "jx")


@dataclass
class Rule:
    """Anyone of a role."""

    role: str
    not_same_as: Sequence[str] = ()
    needs: Sequence[str] = ()

    def allows(self, role: str, department: str | None, *, is_own_body: bool) -> bool:
        return role == self.role


def test_every_state_is_reached_and_labelled() -> None:
    assert {s.target for s in STEPS.values()} == set(CASE_STATES)
    assert {source for s in STEPS.values() for source in s.sources} <= set(CASE_STATES)
    assert {n for s in STEPS.values() for n in s.needs} <= set(NEEDS)
    for state in CASE_STATES:
        onward = {s.key for s in STEPS.values() if state in s.sources}
        assert onward or state in CLOSED


def test_the_pack_has_every_step_with_the_same_label() -> None:
    assert {key: STEPS[key].label for key in STEPS} == {key: PACK.step(key).label for key in STEPS}
    labels = {s.code: s.label for s in PACK.content.case_states}
    assert all(labels[key] == label for key, label in CASE_STATES.items() if key in labels)


def test_needs_are_the_tables_and_the_packs() -> None:
    assert needs(STEPS["submit"], RULES["submit"]) == ("evidence", "claimed")
    assert needs(STEPS["reverse"], None) == ("reason", "document")
    assert needs(STEPS["assign"], RULES["assign"]) == ("deadline_on",)


def test_only_the_lead_department_accepts_and_never_the_applicant() -> None:
    case = Standing("submitted", "330282101", {"submit": frozenset({1})})
    accept = STEPS["accept"]
    assert refusal(ACCEPTOR, accept, RULES["accept"], case) is None
    assert refusal(replace(ACCEPTOR, id=1), accept, RULES["accept"], case) == "same_person"
    assert refusal(replace(ACCEPTOR, department_code="zg"), accept, RULES["accept"], case) == "forbidden"
    assert refusal(OFFICER, accept, RULES["accept"], case) == "forbidden"
    assert refusal(ACCEPTOR, accept, None, case) == "forbidden"
    assert refusal(ACCEPTOR, accept, RULES["accept"], Standing("listed", "330282101")) == "state"


def test_an_officer_acts_on_his_own_body() -> None:
    assert refusal(OFFICER, STEPS["remediate"], RULES["remediate"], Standing("planned", "330282101")) is None
    assert refusal(OFFICER, STEPS["remediate"], RULES["remediate"], Standing("planned", "330282102")) == "forbidden"
    assert refusal(OFFICER, STEPS["remediate"], Rule("officer"), Standing("planned", "330282102")) == "forbidden"


@pytest.mark.parametrize("role", list(Role))
def test_next_steps_are_those_that_would_not_be_refused(role: Role) -> None:
    who = Principal(9, "丙", role, "330282", "jx", "330282101" if role is Role.officer else None)
    for state in CASE_STATES:
        case = Standing(state, "330282101", {"submit": frozenset({1})})
        offered = {s.key for s in next_steps(who, RULES, case)}
        assert offered == {k for k, s in STEPS.items() if s.sources and leads(s, state) and refusal(who, s, RULES[k], case) is None}
        if role in (Role.viewer, Role.auditor, Role.leader, Role.admin):
            assert not offered
