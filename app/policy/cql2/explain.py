"""值·比较·阈值: the leaf comparisons of a rule and the properties it reads, from its tree."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.policy.cql2.parse import Node

_FLIP: Final[Mapping[str, str]] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>"}
_LEAVES: Final = frozenset({*_FLIP, "between", "in", "like", "isnull"})
_FOLDED: Final = frozenset({"casei", "accenti"})


@dataclass(frozen=True, slots=True)
class Leaf:
    """One comparison: property · op · threshold. `property` is null when the left side is a computation over `properties`."""

    property: str | None
    op: str
    threshold: Any
    properties: tuple[str, ...]
    negated: bool = False

    def as_dict(self) -> dict[str, Any]:
        """JSON form for verdicts and answers."""
        return {
            "property": self.property,
            "op": self.op,
            "threshold": self.threshold,
            "properties": list(self.properties),
            "negated": self.negated,
        }


def properties(node: Node) -> frozenset[str]:
    """All property names of a tree, also of one nobody has checked."""
    return frozenset(_ordered(node))


def leaves(node: Node) -> list[Leaf]:
    """Leaf comparisons of a tree that compiles, in reading order; `negated` under an odd number of NOTs."""
    found: list[Leaf] = []
    todo: list[tuple[Node, bool]] = [(node, False)]
    while todo:
        here, is_negated = todo.pop()
        op = here.get("op", "").lower() if isinstance(here, dict) else ""
        if op in {"and", "or", "not"}:
            flipped = is_negated != (op == "not")
            todo.extend((operand, flipped) for operand in reversed(here["args"]))
        elif op:
            found.append(_leaf(op, here["args"], is_negated=is_negated))
        elif isinstance(here, dict) and "property" in here:
            found.append(Leaf(here["property"], "=", True, (here["property"],), is_negated))
    return found


def _leaf(op: str, operands: list[Node], *, is_negated: bool) -> Leaf:
    left, *rest = operands
    if op in _FLIP and _name(left) is None and _name(rest[0]) is not None:
        op, left, rest = _FLIP[op], rest[0], [left]
    threshold: Any = None
    if op == "in":
        threshold = [_value(member) for member in rest[0]]
    elif op == "between":
        threshold = [_value(member) for member in rest]
    elif op in _LEAVES and rest:
        threshold = _value(rest[0])
    return Leaf(_name(left), op, threshold, tuple(_ordered(operands)), is_negated)


def _name(node: Node) -> str | None:
    """Property name, seen through CASEI and ACCENTI."""
    while isinstance(node, dict) and str(node.get("op", "")).lower() in _FOLDED and node.get("args"):
        node = node["args"][0]
    return node.get("property") if isinstance(node, dict) else None


def _value(node: Node) -> Any:
    """Literal as shown: whole numbers without a decimal point, dates as text, another property as its name."""
    if isinstance(node, float) and node.is_integer():
        return int(node)
    if not isinstance(node, dict):
        return node
    for member in ("date", "timestamp", "property"):
        if member in node:
            return node[member]
    inner = node.get("args")
    return _value(inner[0]) if str(node.get("op", "")).lower() in _FOLDED and inner else node


def _ordered(node: Node) -> list[str]:
    """Property names in order of first appearance."""
    found: dict[str, None] = {}
    todo: list[Node] = [node]
    while todo:
        here = todo.pop()
        if isinstance(here, list):
            todo.extend(reversed(here))
        elif isinstance(here, dict):
            if isinstance(here.get("property"), str):
                found[here["property"]] = None
            todo.extend(reversed([part for key in ("args", "interval") if isinstance(here.get(key), list) for part in here[key]]))
    return list(found)
