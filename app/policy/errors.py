"""Refusals of the policy room: filters (400) and missing packs (404)."""

from app.core.errors import Problem


class FilterTooLong(Problem):
    code, status, title = "filter_too_long", 400, "筛选条件过长"


class FilterTooDeep(Problem):
    code, status, title = "filter_too_deep", 400, "筛选条件嵌套过深"


class FilterTooManyOperators(Problem):
    code, status, title = "filter_too_many_operators", 400, "筛选条件的运算过多"


class FilterTooManyVertices(Problem):
    code, status, title = "filter_too_many_vertices", 400, "筛选图形的顶点过多"


class FilterInvalid(Problem):
    code, status, title = "filter_invalid", 400, "筛选条件无法解析"


class FilterProperty(Problem):
    code, status, title = "filter_property", 400, "筛选条件使用了未开放的字段"


class FilterType(Problem):
    code, status, title = "filter_type", 400, "筛选条件的值与字段类型不符"


class FilterFunction(Problem):
    code, status, title = "filter_function", 400, "筛选条件使用了不支持的运算或函数"


class FilterNumber(Problem):
    code, status, title = "filter_number", 400, "筛选条件的数值超出范围"


class FilterGeometry(Problem):
    code, status, title = "filter_geometry", 400, "筛选图形不正确"


class PolicyMissing(Problem):
    code, status, title = "policy_missing", 404, "本县尚未配置政策包"


class PackError(ValueError):
    """A policy pack 政策包 that can't be used: the message names the file and the field."""
