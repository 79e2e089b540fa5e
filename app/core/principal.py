"""Who asks: the person or key, the county, the role, the department and the responsible body.

Every query takes it (or its county) first, so that forgetting the scope is hard.
"""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """Roles (PRACTICE §5); who may take which step is department × matter in the policy pack."""

    planner = "planner"  # 规划管理(资规)
    officer = "officer"  # 镇街(园区)专管员
    acceptor = "acceptor"  # 牵头部门验收
    reviewer = "reviewer"  # 会签部门
    leader = "leader"  # 领导
    admin = "admin"  # 系统管理员
    auditor = "auditor"  # 审计员
    viewer = "viewer"  # 只读


SENSITIVE = frozenset({Role.planner, Role.acceptor, Role.leader, Role.reviewer})
"""Roles that see exact tax and energy figures of every named enterprise of their county (reads are logged)."""


@dataclass(frozen=True)
class Principal:
    """A signed-in caller. `responsible_body` is set for officers only: their one 责任主体."""

    id: int
    name: str
    role: Role
    county_code: str
    department_code: str | None = None
    responsible_body: str | None = None
    via: str = "session"  # session | key | system
    session_id: int | None = None

    @property
    def is_public_only(self) -> bool:
        """viewer: the reduced public form of every layer."""
        return self.role is Role.viewer

    def sees_body(self, body: str | None) -> bool:
        """Whether figures of this responsible body are open to the caller: an officer's own body only."""
        if self.role is Role.viewer:
            return False
        return self.role is not Role.officer or (body is not None and body == self.responsible_body)

    def sees_exact_figures(self, body: str | None) -> bool:
        """Exact tax and energy figures: L3 roles everywhere, an officer in his own body (logged)."""
        return self.role in SENSITIVE or (self.role is Role.officer and self.sees_body(body))


def system(county_code: str, name: str = "系统") -> Principal:
    """Principal of jobs and the command line."""
    return Principal(id=0, name=name, role=Role.admin, county_code=county_code, via="system")
