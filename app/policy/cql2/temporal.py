"""Temporal functions T_AFTER … T_STARTS: relations of closed intervals, an instant being one whose ends coincide.

An open end ('..') is infinity; a column without a value is unknown, not open. Where dates and timestamps meet, both are days
of Asia/Shanghai: a date has no time zone of its own.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from app.policy.cql2.terms import INSTANT, Family, Parameters, Term, aligned, instant
from app.policy.errors import FilterType

_ZONE: Final = "Asia/Shanghai"
_HINT: Final = "请写 INTERVAL('2024-01-01','2024-12-31') 或 INTERVAL(起始字段,结束字段), 开口端写 '..'"

RELATIONS: Final[Mapping[str, str]] = {
    "t_after": "{l0} > {r1}", "t_before": "{l1} < {r0}", "t_disjoint": "{l1} < {r0} OR {l0} > {r1}",
    "t_equals": "{l0} = {r0} AND {l1} = {r1}", "t_intersects": "{l0} <= {r1} AND {l1} >= {r0}",
    "t_contains": "{l0} < {r0} AND {l1} > {r1}", "t_during": "{l0} > {r0} AND {l1} < {r1}",
    "t_finishedby": "{l0} < {r0} AND {l1} = {r1}", "t_finishes": "{l0} > {r0} AND {l1} = {r1}",
    "t_meets": "{l1} = {r0}", "t_metby": "{l0} = {r1}",
    "t_overlappedby": "{l0} > {r0} AND {l0} < {r1} AND {l1} > {r1}", "t_overlaps": "{l0} < {r0} AND {l1} > {r0} AND {l1} < {r1}",
    "t_startedby": "{l0} = {r0} AND {l1} > {r1}", "t_starts": "{l0} = {r0} AND {l1} < {r1}",
}  # fmt: skip
"""Conditions on start (0) and end (1) of the left and right operand (OWL-Time)."""
OF_INSTANTS: Final = frozenset({"t_after", "t_before", "t_disjoint", "t_equals", "t_intersects"})
"""The others compare intervals only (21-065r2, table 8): an instant is the client's mistake."""


def interval(node: Mapping[str, Any], term: Callable[[Any], Term]) -> Term:
    """Term of INTERVAL(start, end); `term` reads a property or a typed literal."""
    ends = node["interval"]
    if not isinstance(ends, list) or len(ends) != 2:
        raise FilterType("INTERVAL 应有起止两项", hint=_HINT)
    start, end = (_end(value, term) for value in ends)
    if start and end and start.is_literal and end.is_literal:
        family = _common([start, end])
        if _value(start, family) > _value(end, family):
            raise FilterType("INTERVAL 的开始晚于结束")
    return Term("interval", ends=(start, end))


def _end(value: Any, term: Callable[[Any], Term]) -> Term | None:
    if value == "..":
        return None
    if isinstance(value, dict) and value.keys() & {"property", "date", "timestamp"}:
        found = term(value)
    elif isinstance(value, str):
        found = instant(value)
    else:
        raise FilterType("INTERVAL 的起止应为日期、时间、日期字段或 '..'", hint=_HINT)
    if found.family not in INSTANT:
        raise FilterType("INTERVAL 的起止应为日期或时间", hint=_HINT)
    return found


def relation(op: str, terms: list[Term], parameters: Parameters) -> Term:
    """A temporal function of two instants or intervals."""
    terms = aligned(terms)
    if any(term.family not in INSTANT | {"interval"} for term in terms):
        raise FilterType(f"{op.upper()} 需要日期、时间或时段", hint=_HINT)
    if op not in OF_INSTANTS and any(term.family != "interval" for term in terms):
        raise FilterType(f"{op.upper()} 只比较时段", hint=f"单个日期请用 T_INTERSECTS、T_AFTER、T_BEFORE; {_HINT}")
    family = _common([end for term in terms for end in (term.ends or (term,)) if end])
    (l0, l1), (r0, r1) = (_ends(term, family, parameters) for term in terms)
    return Term("boolean", sql=f"({RELATIONS[op].format(l0=l0, l1=l1, r0=r0, r1=r1)})")


def _common(terms: list[Term]) -> Family:
    return "timestamp" if terms and all(term.family == "timestamp" for term in terms) else "date"


def _ends(term: Term, family: Family, parameters: Parameters) -> tuple[str, str]:
    """SQL of start and end."""
    if term.family != "interval":
        sql = _sql(term, family, parameters)
        return sql, sql
    start, end = term.ends
    return _sql(start, family, parameters, "-infinity"), _sql(end, family, parameters, "infinity")


def _sql(term: Term | None, family: Family, parameters: Parameters, beyond: str = "") -> str:
    sql_type = "date" if family == "date" else "timestamptz"
    if term is None:
        return f"CAST({parameters.bind(beyond, 'text')} AS {sql_type})"
    if term.sql is None:
        return parameters.bind(_value(term, family), sql_type)
    if term.family == family:
        return term.sql
    return f"CAST({term.sql} AT TIME ZONE {parameters.bind(_ZONE, 'text')} AS date)"


def _value(term: Term, family: Family) -> Any:
    """A literal in the family both sides are compared in."""
    is_moved = family == "date" and isinstance(term.value, datetime)
    return term.value.astimezone(ZoneInfo(_ZONE)).date() if is_moved else term.value
