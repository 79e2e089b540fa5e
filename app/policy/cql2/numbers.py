"""Arithmetic in numeric, never in whole numbers or floats; what has no value (a zero divisor, 0 ^ -1) is unknown, never an error."""

from typing import Final

from app.policy.cql2.terms import Parameters, Term, need

_WIDEST: Final = 230
"""A power stays within e^±230 (about 1e±100): far beyond any figure of a parcel, far within what numeric can hold."""
MAX_POWERS: Final = 20
"""Each is a subquery to the planner, whose work grows with the square of how deep they nest."""
_POWER: Final = (
    "(SELECT CASE"
    " WHEN abs(p.e) > 1e9 OR abs(p.b) > 1e100 THEN NULL"
    " WHEN p.b = 0 THEN CASE WHEN p.e > 0 THEN 0 WHEN p.e = 0 THEN 1 END"
    " WHEN abs(p.b) < 1e-100 OR abs(p.e * ln(abs(p.b))) > {widest} THEN NULL"
    " WHEN p.b > 0 OR p.e = trunc(p.e) THEN power(p.b, p.e)"
    " END FROM (SELECT {base} AS b, {exponent} AS e OFFSET 0) p)"
)
"""OFFSET 0 keeps the planner from writing the operands out at each place, which would grow without end when powers nest."""


def arithmetic(op: str, terms: list[Term], parameters: Parameters) -> Term:
    """+ - * / % div ^ on numbers; % takes the sign of the dividend, div cuts towards zero."""
    need(terms, "number", op)
    left, right = (_numeric(term, parameters) for term in terms)
    if op == "div":
        return Term("number", sql=f"div({left}, NULLIF({right}, 0))")
    if op == "^":
        return Term("number", sql=_POWER.format(widest=_WIDEST, base=left, exponent=right))
    if op == "%":
        return Term("number", sql=f"mod({left}, NULLIF({right}, 0))")
    return Term("number", sql=f"({left} / NULLIF({right}, 0))" if op == "/" else f"({left} {op} {right})")


def _numeric(term: Term, parameters: Parameters) -> str:
    sql = parameters.sql(term)
    return f"CAST({sql} AS numeric)" if term.is_integer and not term.is_literal else sql
