"""Array functions A_EQUALS, A_CONTAINS, A_CONTAINEDBY, A_OVERLAPS: arrays are sets, order and repetition mean nothing."""

from collections.abc import Mapping
from typing import Final

from app.policy.cql2.terms import SCALAR, SQL_OF, Parameters, Term, aligned, same_family
from app.policy.errors import FilterType

FUNCTIONS: Final[Mapping[str, str]] = {
    "a_equals": "{0} @> {1} AND {0} <@ {1}", "a_contains": "{0} @> {1}", "a_containedby": "{0} <@ {1}", "a_overlaps": "{0} && {1}",
}  # fmt: skip


def array(members: list[Term]) -> Term:
    """Term of an array literal: scalars of one family."""
    members = aligned(members)
    if any(member.family not in SCALAR for member in members):
        raise FilterType("列表的元素应为文本、数值、布尔、日期或时间")
    if members:
        same_family(members, op="列表")
    return Term("array", members=tuple(members))


def function(op: str, terms: list[Term], parameters: Parameters) -> Term:
    """An array function; a single value stands for the array of it."""
    sets = [term if term.family == "array" else array([term]) for term in terms]
    families = {"text" if term.sql is not None else term.members[0].family for term in sets if term.sql is not None or term.members}
    if len(families) > 1:
        raise FilterType(f"{op.upper()} 两边列表的元素类型不同")
    family = families.pop() if families else "text"
    unknown: list[str] = []
    sides = [_sql(term, SQL_OF[family], parameters, unknown) for term in sets]
    sql = f"({FUNCTIONS[op].format(*sides)})"
    # an array operator passes over an element without a value; here it makes the answer unknown
    return Term("boolean", sql=f"(CASE WHEN {' AND '.join(f'{u} IS NOT NULL' for u in unknown)} THEN {sql} END)" if unknown else sql)


def _sql(term: Term, sql_type: str, parameters: Parameters, unknown: list[str]) -> str:
    """SQL of an array; expressions among its elements are added to `unknown`."""
    if term.sql is not None:
        return term.sql
    if all(member.is_literal for member in term.members):
        return parameters.bind([member.value for member in term.members], f"{sql_type}[]")
    parts = [parameters.sql(member) for member in term.members]
    unknown += [part for part, member in zip(parts, term.members, strict=True) if not member.is_literal]
    return f"CAST(ARRAY[{', '.join(parts)}] AS {sql_type}[])"
