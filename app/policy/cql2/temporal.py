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
    sides = {f"{side}{end}": (term, end) for side, term in zip("lr", terms, strict=True) for end in (0, 1)}
    # a value that is bound but not in the statement has no type: only the ends the relation speaks of
    ends = {name: _sql(term, end, family, parameters) for name, (term, end) in sides.items() if f"{{{name}}}" in RELATIONS[op]}
    return Term("boolean", sql=f"({RELATIONS[op].format(**ends)})")


def _common(terms: list[Term]) -> Family:
    return "timestamp" if terms and all(term.family == "timestamp" for term in terms) else "date"


def _sql(term: Term, end: int, family: Family, parameters: Parameters) -> str:
    """SQL of the start (0) or the end (1) of an instant or interval."""
    sql_type = "date" if family == "date" else "timestamptz"
    one = term.ends[end] if term.family == "interval" else term
    if one is None:
        return f"CAST({parameters.bind(('-infinity', 'infinity')[end], 'text')} AS {sql_type})"
    if one.sql is None:
        return parameters.bind(_value(one, family), sql_type)
    if one.family == family:
        return one.sql
    return f"CAST({one.sql} AT TIME ZONE {parameters.bind(_ZONE, 'text')} AS date)"


def _value(term: Term, family: Family) -> Any:
    """A literal in the family both sides are compared in."""
    is_moved = family == "date" and isinstance(term.value, datetime)
    return term.value.astimezone(ZoneInfo(_ZONE)).date() if is_moved else term.value
