"""CQL2 JSON tree → SQL with bound parameters: listed operators and columns only, walked without recursion.

SQL's three-valued logic is kept: a missing datum makes a comparison unknown, and unknown stays unknown through NOT, AND, OR.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from app.policy.cql2 import arrays, numbers, spatial, temporal, texts
from app.policy.cql2.guard import MAX_OPERATORS
from app.policy.cql2.parse import Lang, Node, parse_filter
from app.policy.cql2.terms import FAMILY_OF, Parameters, Term, literal, need, need_scalar
from app.policy.cql2.terms import temporal as typed
from app.policy.errors import FilterFunction, FilterInvalid, FilterProperty, FilterTooManyOperators, FilterType
from app.policy.registry import Column

_NUMBERED: Final = re.compile(r"\$(\d+)")
_IDENTIFIER: Final = re.compile(r"[a-z_][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Compiled:
    """A boolean SQL expression with `$n` placeholders, its values in order, and the properties it reads."""

    sql: str
    params: list[Any]
    properties: frozenset[str]
    start: int = 1

    def named(self, *, prefix: str = "p") -> tuple[str, dict[str, Any]]:
        """The same with SQLAlchemy's `:p1` names and a dict of values."""
        values = {f"{prefix}{self.start + n}": value for n, value in enumerate(self.params)}
        return _NUMBERED.sub(lambda m: f":{prefix}{m.group(1)}", self.sql), values


@dataclass(frozen=True, slots=True)
class Target:
    """What a filter may read: columns by name, the table's alias, its geometry column (none for rules), how literals are written."""

    columns: Mapping[str, Column]
    alias: str = ""
    geometry: str | None = None
    axes: spatial.Axes = spatial.DEGREES
    geometry_names: tuple[str, ...] = ("geom", "geometry")

    def qualified(self, name: str) -> str:
        """Column name with the alias; names come from the registry and are plain identifiers."""
        full = f"{self.alias}.{name}" if self.alias else name
        if not all(_IDENTIFIER.fullmatch(part) for part in full.split(".")):
            raise ValueError(f"not an identifier: {full}")
        return full


@dataclass(slots=True)
class _Work:
    """State of one compilation."""

    target: Target
    parameters: Parameters
    used: set[str] = field(default_factory=set)
    operators: int = 0
    powers: int = 0

    def term(self, node: Node) -> Term:
        """Term of a leaf: property, literal, date or geometry."""
        if not isinstance(node, dict):
            return literal(node)
        if "property" in node:
            return self._property(node["property"])
        if "date" in node or "timestamp" in node:
            return typed(node)
        if "interval" in node:
            return temporal.interval(node, self.term)
        if "bbox" in node or "coordinates" in node or "geometries" in node:
            return spatial.geometry(node, self.target.axes)
        raise FilterInvalid("不认识的节点")

    def _property(self, name: Any) -> Term:
        target = self.target
        if not isinstance(name, str):
            raise FilterInvalid("字段名应为文本")
        if target.geometry and name in target.geometry_names:
            return Term("geometry", sql=target.qualified(target.geometry))
        column = target.columns.get(name)
        if column is None:
            raise FilterProperty(f"没有可用于筛选的字段 “{name[:60]}”", hint="可用字段见 queryables")
        self.used.add(name)
        return Term(FAMILY_OF[column.type], sql=target.qualified(name), is_integer=column.type == "integer")


def compile_filter(source: str, target: Target, *, lang: Lang = "cql2-text", start: int = 1) -> Compiled:
    """Guard, parse and compile a filter given as text."""
    return compile_node(parse_filter(source, lang=lang), target, start=start)


def compile_node(node: Node, target: Target, *, start: int = 1) -> Compiled:
    """Compile a parsed tree; `start` is the number of its first placeholder."""
    work = _Work(target, Parameters(start))
    result = _walk(node, work)
    if result.family != "boolean":
        raise FilterType("筛选条件的结果应为真或假")
    sql = work.parameters.sql(result)
    return Compiled(sql, work.parameters.values, frozenset(work.used), start)


def _walk(root: Node, work: _Work) -> Term:
    """Post-order walk on an explicit stack: operands first, then their operator."""
    todo: list[tuple[Node, bool]] = [(root, False)]
    done: list[Term] = []
    while todo:
        node, is_ready = todo.pop()
        if not (isinstance(node, list) or (isinstance(node, dict) and "op" in node)):
            done.append(work.term(node))
            continue
        op, operands = _operands(node)
        if not is_ready:
            work.operators += 1
            if work.operators > MAX_OPERATORS:
                raise FilterTooManyOperators(f"运算不得超过 {MAX_OPERATORS} 个")
            todo.append((node, True))
            todo.extend((operand, False) for operand in reversed(operands))
            continue
        terms = done[len(done) - len(operands) :]
        del done[len(done) - len(operands) :]
        done.append(_apply(op, terms, work))
    return done[0]


def _operands(node: Mapping[str, Any] | list[Node]) -> tuple[str, list[Node]]:
    """Lower-case operator and its operands; a list is an array, the list of IN is laid flat behind its first operand."""
    if isinstance(node, list):
        return _ARRAY, node
    op, operands = node["op"], node.get("args")
    if not isinstance(op, str) or not isinstance(operands, list):
        raise FilterInvalid("运算节点应有 op 与 args")
    op = op.lower()
    if op not in _OPERATORS:
        raise FilterFunction(f"不支持的运算或函数 “{op[:60]}”", hint="可用: " + "、".join(_OPERATORS))
    if op == "in":
        if len(operands) != 2 or not isinstance(operands[1], list) or not operands[1]:
            raise FilterInvalid("IN 需要一个非空列表")
        return op, [operands[0], *operands[1]]
    return op, operands


def _apply(op: str, terms: list[Term], work: _Work) -> Term:
    if op is _ARRAY:
        return arrays.array(terms)
    work.powers += op == "^"
    if work.powers > numbers.MAX_POWERS:
        raise FilterTooManyOperators(f"乘方不得超过 {numbers.MAX_POWERS} 个")
    least, most, build = _OPERATORS[op]
    if not least <= len(terms) <= most:
        raise FilterInvalid(f"“{op}” 的运算数个数不对")
    if op not in spatial.PREDICATES and op != "isnull" and any(term.family == "geometry" for term in terms):
        raise FilterType(f"图形不能用于 “{op}”", hint="请用 S_INTERSECTS 等空间函数")
    return build(op, terms, work.parameters)


def _logic(op: str, terms: list[Term], parameters: Parameters) -> Term:
    """AND, OR, NOT."""
    need(terms, "boolean", op)
    parts = [parameters.sql(term) for term in terms]
    sql = f"(NOT {parts[0]})" if op == "not" else f"({f' {op.upper()} '.join(parts)})"
    return Term("boolean", sql=sql)


def _comparison(op: str, terms: list[Term], parameters: Parameters) -> Term:
    """= <> < <= > >= between operands of one family; false comes before true."""
    terms, _ = need_scalar(terms, op)
    left, right = _bound(terms, parameters)
    return Term("boolean", sql=f"({left} {op} {right})")


def _between(op: str, terms: list[Term], parameters: Parameters) -> Term:
    terms, family = need_scalar(terms, op)
    if family == "boolean":
        raise FilterType("真假值不能用 BETWEEN")
    value, low, high = _bound(terms, parameters)
    return Term("boolean", sql=f"({value} BETWEEN {low} AND {high})")


def _in(op: str, terms: list[Term], parameters: Parameters) -> Term:
    """A list of literals is one array parameter, so that long lists stay under the protocol's limit."""
    terms, family = need_scalar(terms, op)
    subject, members = terms[0], terms[1:]
    if all(member.is_literal for member in members):
        as_integer = _all_integers(terms)
        left = parameters.sql(subject, as_integer=as_integer)
        values = [int(m.value) if as_integer else m.value for m in members]
        sql_type = "bigint" if as_integer else {"number": "numeric", "timestamp": "timestamptz"}.get(family, family)
        return Term("boolean", sql=f"({left} = ANY({parameters.bind(values, f'{sql_type}[]')}))")
    left, *rest = _bound(terms, parameters)
    return Term("boolean", sql=f"({left} IN ({', '.join(rest)}))")


def _is_null(_op: str, terms: list[Term], parameters: Parameters) -> Term:
    """Without a value; an interval when one of its ends is, a literal never."""
    parts = [end for end in terms[0].ends if end] if terms[0].family == "interval" else terms
    known = [term.sql for term in parts if term.sql is not None]
    if not known:
        return Term("boolean", sql=parameters.bind(value=False, sql_type="boolean"))
    tests = [f"{sql} IS NULL" for sql in known]
    return Term("boolean", sql=f"({' OR '.join(tests)})")


def _all_integers(terms: list[Term]) -> bool:
    """Whole-number columns with whole-number literals are compared as bigint (and can use an index)."""
    return all(term.is_integer for term in terms) and any(not term.is_literal for term in terms)


def _bound(terms: list[Term], parameters: Parameters) -> list[str]:
    as_integer = _all_integers(terms)
    return [parameters.sql(term, as_integer=as_integer) for term in terms]


_Build = Callable[[str, list[Term], Parameters], Term]
_MANY: Final = MAX_OPERATORS + 1
_LIST: Final = 40_000
_ARRAY: Final = "[]"
_OPERATORS: Final[dict[str, tuple[int, int, _Build]]] = {
    "and": (2, _MANY, _logic), "or": (2, _MANY, _logic), "not": (1, 1, _logic),
    **dict.fromkeys(("=", "<>", "<", "<=", ">", ">="), (2, 2, _comparison)),
    "like": (2, 2, texts.like), "between": (3, 3, _between), "in": (2, _LIST, _in), "isnull": (1, 1, _is_null),
    **dict.fromkeys(("+", "-", "*", "/", "%", "div", "^"), (2, 2, numbers.arithmetic)),
    "casei": (1, 1, texts.casei), "accenti": (1, 1, texts.accenti),
    **dict.fromkeys(spatial.PREDICATES, (2, 2, spatial.predicate)),
    **dict.fromkeys(temporal.RELATIONS, (2, 2, temporal.relation)),
    **dict.fromkeys(arrays.FUNCTIONS, (2, 2, arrays.function)),
}  # fmt: skip
