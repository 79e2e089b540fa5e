"""RFC 9457 problems: one base class, one catalogue; rooms add theirs in errors.py."""

import errno
from typing import Any, ClassVar


class Problem(Exception):
    """A named refusal. Subclasses set code, status and Chinese title; detail, pointer and hint come with the case."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "系统内部错误"
    catalogue: ClassVar[dict[str, "type[Problem]"]] = {}

    def __init__(self, detail: str = "", *, pointer: str | None = None, hint: str | None = None, **extra: Any) -> None:
        super().__init__(detail or self.title)
        self.detail, self.pointer, self.hint, self.extra = detail, pointer, hint, extra
        self.headers: dict[str, str] = {}

    def __init_subclass__(cls) -> None:
        known = Problem.catalogue.get(cls.code)
        if known is not None and known.__qualname__ != cls.__qualname__:
            raise RuntimeError(f"problem code {cls.code} is used twice: {known.__module__} and {cls.__module__}")
        Problem.catalogue[cls.code] = cls

    def body(self) -> dict[str, Any]:
        """application/problem+json members; `type` is the catalogue's page of this code."""
        members = {"type": f"/api/errors/{self.code}", "title": self.title, "status": self.status, "code": self.code, "detail": self.detail}
        optional = {"pointer": self.pointer, "hint": self.hint, **self.extra}
        return {**members, **{k: v for k, v in optional.items() if v is not None}}


class BadParameter(Problem):
    code, status, title = "parameter_invalid", 400, "查询参数不正确"


class RequestUnreadable(Problem):
    code, status, title = "request_unreadable", 400, "不是可读的 HTTP 请求"


class UnknownParameter(Problem):
    code, status, title = "parameter_unknown", 400, "不认识的查询参数"


class RepeatedParameter(Problem):
    code, status, title = "parameter_repeated", 400, "查询参数重复"


class BodyInvalid(Problem):
    code, status, title = "body_invalid", 422, "请求内容的格式不正确"


class Unauthenticated(Problem):
    code, status, title = "unauthenticated", 401, "请先登录"


class Forbidden(Problem):
    code, status, title = "forbidden", 403, "没有办理此事项的权限"


class NotFound(Problem):
    code, status, title = "not_found", 404, "没有找到"


class MethodNotAllowed(Problem):
    code, status, title = "method_not_allowed", 405, "此地址不支持该方法"


class Conflict(Problem):
    code, status, title = "conflict", 409, "与现有状态冲突"


class Stale(Problem):
    code, status, title = "stale_version", 412, "内容已被他人更新"


class PreconditionRequired(Problem):
    code, status, title = "precondition_required", 428, "缺少前置条件"


class TooLarge(Problem):
    code, status, title = "too_large", 413, "内容过大"


class Busy(Problem):
    code, status, title = "busy", 503, "系统繁忙,请稍后再试"

    def __init__(self, *args: Any, **extra: Any) -> None:
        super().__init__(*args, **extra)
        self.headers = {"Retry-After": "2"}


class QueryTimeout(Problem):
    code, status, title = "query_timeout", 503, "查询超时,请缩小范围或简化条件"


class StorageFull(Problem):
    code, status, title = "storage_full", 507, "服务器存储空间不足"

    @classmethod
    def is_told_by(cls, error: BaseException) -> bool:
        """Whether the operating system says no space, or no more of the quota."""
        return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


class CommitFailed(Problem):
    code, status, title = "commit_failed", 503, "提交未成功,内容没有保存"
