"""Refusals of the accounts room."""

from app.core.errors import Problem


class BadCredentials(Problem):
    code, status, title = "bad_credentials", 401, "用户名或密码不正确"


class TooManyAttempts(Problem):
    code, status, title = "too_many_attempts", 429, "登录失败次数过多,请 15 分钟后再试"


class KeyIsReadOnly(Problem):
    code, status, title = "key_read_only", 403, "接口密钥只能读取"


class KeyScope(Problem):
    code, status, title = "key_scope", 403, "接口密钥的范围不含此内容"


class TooManyRequests(Problem):
    code, status, title = "too_many_requests", 429, "请求过于频繁,请稍后再试"


class KeyUnknown(Problem):
    code, status, title = "key_unknown", 404, "没有这个密钥"


class CrossSite(Problem):
    code, status, title = "cross_site", 403, "请求来自其他网站,已拒绝"
