"""Typed terms of the compiler: a column, a bound literal or an expression, each of one family; and the parameter list."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Literal

from app.policy.errors import FilterInvalid, FilterNumber, FilterType

Family = Literal["text", "number", "boolean", "date", "timestamp", "interval", "array", "geometry"]

FAMILY_OF: Final[Mapping[str, Family]] = {
    "text": "text", "numeric": "number", "integer": "number", "boolean": "boolean", "date": "date", "timestamptz": "timestamp",
    "text[]": "array",
}  # fmt: skip
SQL_OF: Final[Mapping[str, str]] = {
    "text": "text", "number": "numeric", "boolean": "boolean", "date": "date", "timestamp": "timestamptz",
}  # fmt: skip
FAMILY_LABEL: Final[Mapping[str, str]] = {
    "text": "文本", "number": "数值", "boolean": "布尔", "date": "日期", "timestamp": "时间", "interval": "时段", "array": "列表",
    "geometry": "图形",
}  # fmt: skip
SCALAR: Final = frozenset(SQL_OF)
INSTANT: Final = frozenset({"date", "timestamp"})
MAX_NUMBER: Final = Decimal("1e30")
MIN_EXPONENT: Final = -30
MAX_FLOAT_INTEGER: Final = 2**53
MAX_BIGINT: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Term:
    """One operand: `sql` when it is a column or expression, else a literal `value` still to be bound."""

    family: Family
    sql: str | None = None
    value: Any = None
    is_integer: bool = False
    geometries: tuple[str, ...] = ()
    """A geometry literal: GeoJSON of its members."""
    ends: tuple["Term | None", ...] = ()
    """An interval: start and end, None where it is open."""
    members: tuple["Term", ...] = ()
    """An array literal."""
    pattern: str | None = None
    """The text a folded literal was made of."""

    @property
    def is_literal(self) -> bool:
        """A literal that gets its parameter from the operator that uses it."""
        return self.sql is None


@dataclass(slots=True)
class Parameters:
    """Bound values in order, numbered $n from `start` (asyncpg)."""

    start: int = 1
    values: list[Any] = field(default_factory=list)

    def bind(self, value: Any, sql_type: str) -> str:
        """A cast placeholder; the cast fixes the type the driver must send."""
        self.values.append(value)
        return f"CAST(${self.start + len(self.values) - 1} AS {sql_type})"

    def sql(self, term: Term, *, as_integer: bool = False) -> str:
        """SQL of a scalar term, binding it if it is a literal."""
        if term.sql is not None:
            return term.sql
        if as_integer and term.is_integer:
            return self.bind(int(term.value), "bigint")
        return self.bind(term.value, SQL_OF[term.family])


def literal(value: Any) -> Term:
    """Term of a bare JSON scalar."""
    if isinstance(value, bool):
        return Term("boolean", value=value)
    if isinstance(value, str):
        return Term("text", value=_clean_text(value))
    if isinstance(value, int | float | Decimal):
        return _number(value)
    if value is None:
        raise FilterType("不能与 NULL 比较", hint="判断有无资料请用 IS NULL / IS NOT NULL")
    raise FilterInvalid("不认识的值")


def _clean_text(value: str) -> str:
    """Text PostgreSQL can store: no NUL, no lone surrogate."""
    if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise FilterInvalid("文本值含有不能存储的字符")
    return value


def _number(value: float | Decimal) -> Term:
    """A finite number of ordinary size, kept exact; a float too large to be exact is refused."""
    try:
        exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    except (InvalidOperation, ValueError) as error:
        raise FilterNumber("数值不正确") from error
    if not exact.is_finite() or abs(exact) > MAX_NUMBER or (exact and exact.adjusted() < MIN_EXPONENT):
        raise FilterNumber("数值过大或过小")
    if isinstance(value, float) and abs(exact) >= MAX_FLOAT_INTEGER:
        raise FilterNumber("数值超出可精确表示的范围", hint="代码类字段请用带引号的文本")
    is_integer = exact == exact.to_integral_value() and abs(exact) <= MAX_BIGINT
    return Term("number", value=exact, is_integer=is_integer)


_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIMESTAMP: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?Z", re.ASCII)


def temporal(node: Mapping[str, Any]) -> Term:
    """Term of DATE('…') or TIMESTAMP('…')."""
    return _instant(node["date"], "date") if "date" in node else _instant(node["timestamp"], "timestamp")


def instant(text: str) -> Term:
    """Term of a bare text that is read as a date or a UTC timestamp by its shape."""
    return _instant(text, "timestamp" if "T" in text else "date")


def _instant(text: Any, family: Family) -> Term:
    pattern = _DATE if family == "date" else _TIMESTAMP
    if not isinstance(text, str) or pattern.fullmatch(text, endpos=40) is None:
        raise FilterType(f"日期时间写法不正确: {str(text)[:40]}", hint="DATE('2024-01-01') 或 TIMESTAMP('2024-01-01T00:00:00Z')")
    try:
        return Term(family, value=date.fromisoformat(text) if family == "date" else datetime.fromisoformat(text))
    except ValueError as error:
        raise FilterType(f"没有这一天: {text}") from error


def aligned(terms: list[Term]) -> list[Term]:
    """A bare text beside dates or times is read as one ('2024-01-01'), as the standard's own tests write it."""
    families = {term.family for term in terms}
    if "text" not in families or not families & (INSTANT | {"interval"}):
        return terms
    return [instant(term.value) if term.family == "text" and term.is_literal else term for term in terms]


def same_family(terms: list[Term], *, op: str) -> Family:
    """The one family of all operands; anything else is a type mismatch."""
    families = {term.family for term in terms}
    if len(families) != 1:
        named = "、".join(FAMILY_LABEL[f] for f in sorted(families))
        hint = "列表请用 A_CONTAINS、A_OVERLAPS 等函数" if "array" in families else None
        raise FilterType(f"“{op}”两边类型不同: {named}", hint=hint)
    return families.pop()


def need(terms: list[Term], family: Family, op: str) -> None:
    """All operands are of this family."""
    if same_family(terms, op=op) != family:
        raise FilterType(f"“{op}” 不能用于{FAMILY_LABEL[terms[0].family]}")


def need_scalar(terms: list[Term], op: str) -> tuple[list[Term], Family]:
    """Operands of one scalar family, bare texts beside dates read as dates."""
    terms = aligned(terms)
    family = same_family(terms, op=op)
    if family not in SCALAR:
        hint = "请用 T_ 开头的时间函数" if family == "interval" else "列表请用 A_EQUALS 等函数"
        raise FilterType(f"“{op}” 不能用于{FAMILY_LABEL[family]}", hint=hint)
    return terms, family
