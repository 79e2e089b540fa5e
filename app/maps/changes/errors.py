"""Refusals of the change feed."""

from app.core.errors import Problem


class ChangesExpired(Problem):
    code, status, title = "changes_expired", 410, "游标之后的变更记录已清理"
