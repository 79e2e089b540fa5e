"""CQL2 JSON tree → SQL with bound parameters: listed operators and columns only, walked without recursion.

SQL's three-valued logic is kept: a missing datum makes a comparison unknown, and unknown stays unknown through NOT, AND, OR.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from app.core.crs import STORED
from app.policy.cql2.guard import MAX_OPERATORS
from app.policy.cql2.parse import Lang, Node, parse_filter
from app.policy.cql2.spatial import PREDICATES, geometry, predicate
from app.policy.cql2.terms import FAMILY_OF, Family, Parameters, Term, literal, same_family, temporal
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
    """What a filter may read: columns by name, the table's alias, its geometry column (none for rules), the literals' SRID."""

    columns: Mapping[str, Column]
    alias: str = ""
    geometry: str | None = None
    srid: int = STORED
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

    def term(self, node: Node) -> Term:
        """Term of a leaf: property, literal, date or geometry."""
        if not isinstance(node, dict):
            return literal(node)
        if "property" in node:
            return self._property(node["property"])
        if "date" in node or "timestamp" in node:
            return temporal(node)
        if "bbox" in node or "coordinates" in node or "geometries" in node:
            return geometry(node, srid=self.target.srid)
        if "interval" in node:
            raise FilterFunction("不支持 INTERVAL", hint="请用 >= 与 < 或 BETWEEN")
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
        if column.type not in FAMILY_OF:
            raise FilterType(f"字段 “{name}” 是列表,不能筛选")
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
        if not (isinstance(node, dict) and "op" in node):
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


def _operands(node: Mapping[str, Any]) -> tuple[str, list[Node]]:
    """Lower-case operator and its operands; the list of IN is laid flat behind its first operand."""
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
    if any(isinstance(operand, list) for operand in operands):
        raise FilterFunction("不支持数组")
    return op, operands


def _apply(op: str, terms: list[Term], work: _Work) -> Term:
    least, most, build = _OPERATORS[op]
    if not least <= len(terms) <= most:
        raise FilterInvalid(f"“{op}” 的运算数个数不对")
    if op in PREDICATES:
        return predicate(op, terms, work.parameters)
    if any(term.family == "geometry" for term in terms):
        raise FilterType(f"图形不能用于 “{op}”", hint="请用 S_INTERSECTS 等空间函数")
    return build(op, terms, work.parameters)


def _logic(op: str, terms: list[Term], parameters: Parameters) -> Term:
    """AND, OR, NOT."""
    _need(terms, "boolean", op)
    parts = [parameters.sql(term) for term in terms]
    sql = f"(NOT {parts[0]})" if op == "not" else f"({f' {op.upper()} '.join(parts)})"
    return Term("boolean", sql=sql)


def _comparison(op: str, terms: list[Term], parameters: Parameters) -> Term:
    """= <> < <= > >= between operands of one family; booleans know only equality."""
    family = same_family(terms, op=op)
    if family == "boolean" and op not in {"=", "<>"}:
        raise FilterType(f"真假值不能用 “{op}” 比较")
    left, right = _bound(terms, parameters)
    return Term("boolean", sql=f"({left} {op} {right})")


def _between(op: str, terms: list[Term], parameters: Parameters) -> Term:
    if same_family(terms, op=op) == "boolean":
        raise FilterType("真假值不能用 BETWEEN")
    value, low, high = _bound(terms, parameters)
    return Term("boolean", sql=f"({value} BETWEEN {low} AND {high})")


def _in(op: str, terms: list[Term], parameters: Parameters) -> Term:
    """A list of literals is one array parameter, so that long lists stay under the protocol's limit."""
    family = same_family(terms, op=op)
    subject, members = terms[0], terms[1:]
    if all(member.is_literal for member in members):
        as_integer = _all_integers(terms)
        left = parameters.sql(subject, as_integer=as_integer)
        values = [int(m.value) if as_integer else m.value for m in members]
        sql_type = "bigint" if as_integer else {"number": "numeric", "timestamp": "timestamptz"}.get(family, family)
        return Term("boolean", sql=f"({left} = ANY({parameters.bind(values, f'{sql_type}[]')}))")
    left, *rest = _bound(terms, parameters)
    return Term("boolean", sql=f"({left} IN ({', '.join(rest)}))")


def _like(op: str, terms: list[Term], parameters: Parameters) -> Term:
    """LIKE with % and _, escaped by a backslash."""
    _need(terms, "text", op)
    pattern = terms[1]
    if pattern.is_literal and (len(pattern.value) - len(pattern.value.rstrip("\\"))) % 2:
        raise FilterType("LIKE 的模式不能以单个反斜线结尾")
    if not pattern.is_literal and not (pattern.sql or "").startswith("lower(CAST($"):
        raise FilterType("LIKE 的模式应为文本值")
    value, shape = _bound(terms, parameters)
    return Term("boolean", sql=f"({value} LIKE {shape})")


def _is_null(_op: str, terms: list[Term], parameters: Parameters) -> Term:
    return Term("boolean", sql=f"({parameters.sql(terms[0])} IS NULL)")


def _arithmetic(op: str, terms: list[Term], parameters: Parameters) -> Term:
    """+ - * / in numeric, never in whole numbers; a zero divisor makes the result unknown."""
    _need(terms, "number", op)
    left, right = (f"CAST({p} AS numeric)" if t.is_integer and not t.is_literal else p for t, p in _pairs(terms, parameters))
    return Term("number", sql=f"({left} / NULLIF({right}, 0))" if op == "/" else f"({left} {op} {right})")


def _casei(op: str, terms: list[Term], parameters: Parameters) -> Term:
    """Case-insensitive text; a pattern's backslash check happens before folding."""
    _need(terms, "text", op)
    term = terms[0]
    if term.is_literal and (len(term.value) - len(term.value.rstrip("\\"))) % 2:
        raise FilterType("CASEI 的文本不能以单个反斜线结尾")
    return Term("text", sql=f"lower({parameters.sql(term)})")


def _need(terms: list[Term], family: Family, op: str) -> None:
    if same_family(terms, op=op) != family:
        raise FilterType(f"“{op}” 不能用于这种类型的值")


def _all_integers(terms: list[Term]) -> bool:
    """Whole-number columns with whole-number literals are compared as bigint (and can use an index)."""
    return all(term.is_integer for term in terms) and any(not term.is_literal for term in terms)


def _bound(terms: list[Term], parameters: Parameters) -> list[str]:
    as_integer = _all_integers(terms)
    return [parameters.sql(term, as_integer=as_integer) for term in terms]


def _pairs(terms: list[Term], parameters: Parameters) -> list[tuple[Term, str]]:
    return [(term, parameters.sql(term)) for term in terms]


_Build = Callable[[str, list[Term], Parameters], Term]
_MANY: Final = MAX_OPERATORS + 1
_LIST: Final = 40_000
_OPERATORS: Final[dict[str, tuple[int, int, _Build]]] = {
    "and": (2, _MANY, _logic), "or": (2, _MANY, _logic), "not": (1, 1, _logic),
    **dict.fromkeys(("=", "<>", "<", "<=", ">", ">="), (2, 2, _comparison)),
    "like": (2, 2, _like), "between": (3, 3, _between), "in": (2, _LIST, _in), "isnull": (1, 1, _is_null),
    **dict.fromkeys(("+", "-", "*", "/"), (2, 2, _arithmetic)),
    "casei": (1, 1, _casei),
    **dict.fromkeys(PREDICATES, (2, 2, _logic)),
}  # fmt: skip
