"""Refusals of 范围分析: each names what is wrong with the range."""

from app.core.errors import Problem


class RangeNotPolygon(Problem):
    code, status, title = "range_not_polygon", 422, "范围必须是面"


class RangeEmpty(Problem):
    code, status, title = "range_empty", 422, "范围是空的"


class RangeInvalid(Problem):
    code, status, title = "range_invalid", 422, "范围坐标不正确"


class RangeNotDegrees(Problem):
    code, status, title = "range_not_degrees", 422, "范围坐标不是经纬度"


class RangeTooComplex(Problem):
    code, status, title = "range_too_complex", 422, "范围顶点过多"


class RangeTooLarge(Problem):
    code, status, title = "range_too_large", 422, "范围过大"


class RangeOutside(Problem):
    code, status, title = "range_outside", 422, "范围不在本县"
