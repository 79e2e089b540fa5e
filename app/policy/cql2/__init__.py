"""CQL2 过滤语言: guard → parse → compile; one language for rules, map filters and exports.

Owns: limits, parsing (by the `cql2` package, as parser only), the compiler to bound SQL, explanation of a rule's comparisons.
Does not own: which columns exist (`app.policy.registry`) or who may read them (the caller passes its allow-list).
Official source: OGC 21-065r2 (CQL2).
"""

from app.policy.cql2.compile import Compiled, Target, compile_filter, compile_node
from app.policy.cql2.explain import Leaf, leaves, properties
from app.policy.cql2.parse import Node, parse_filter

__all__ = ["Compiled", "Leaf", "Node", "Target", "compile_filter", "compile_node", "leaves", "parse_filter", "properties"]
