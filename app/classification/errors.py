"""Refusals of the classification room."""

from app.core.errors import Conflict, Forbidden, NotFound, Problem


class RuleVersionChanged(Problem):
    code, status, title = "rule_version_changed", 409, "同一规则版本号对应的内容不一致"


class NotPublished(NotFound):
    code, status, title = "facts_not_published", 404, "本县尚未研判"


class AlreadyDetermined(Conflict):
    code, status, title = "already_determined", 409, "该地块已有在效的认定"


class AlreadyRevoked(Conflict):
    code, status, title = "determination_revoked", 409, "该认定已撤销"


class MayNotDetermine(Forbidden):
    code, status, title = "may_not_determine", 403, "没有作出此项认定的权限"
