"""Mutants of the source of the two pure rules, idle.py and standard_land.py, by their syntax tree."""

import ast
import types
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

from ground import Ground, Mutant, gates_noticed, idle_noticed

COMPARISONS = {
    ast.Lt: (ast.LtE, ast.Gt), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.Lt), ast.GtE: (ast.Gt, ast.Lt), ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
}  # fmt: skip
SILENT = {"detail", "from_pack", "_text", "result", "shown"}
"""Functions that only shape the answer or read the pack; tests/classification look at them."""


def _other_nodes(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Replacements of one node."""
    if isinstance(node, ast.Compare):
        for kind in COMPARISONS.get(type(node.ops[0]), ()):
            yield f"{type(node.ops[0]).__name__} → {kind.__name__}", ast.Compare(node.left, [kind(), *node.ops[1:]], node.comparators)
    elif isinstance(node, ast.BoolOp):
        yield "and ↔ or", ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        for n in range(len(node.values)):
            rest = node.values[:n] + node.values[n + 1 :]
            yield f"without part {n}", rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "not dropped", node.operand
    elif isinstance(node, ast.If | ast.IfExp):
        for label, test in (("always", ast.Constant(True)), ("never", ast.Constant(False))):
            changed = deepcopy(node)
            changed.test = test
            yield f"branch {label}", changed
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield f"{node.value} → {not node.value}", ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield from ((f"{node.value} → {v}", ast.Constant(v)) for v in (node.value - 1, node.value + 1))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield f"'{node.value}' → other", ast.Constant(f"{node.value}~")


def source_variants(path: Path) -> Iterator[tuple[str, ast.Module]]:
    """Every mutated copy of a module's decisions; annotations, docstrings, class bodies and defaults stay."""
    text = path.read_text("utf-8")
    count = len(list(_decisions(ast.parse(text))))
    for number in range(count):
        function, _, _, _, original = list(_decisions(ast.parse(text)))[number]
        at = " ".join(ast.unparse(original).split())[:70]
        for n in range(len(list(_other_nodes(original)))):
            tree = ast.parse(text)
            _, parent, name, index, node = list(_decisions(tree))[number]
            label, changed = list(_other_nodes(node))[n]
            ast.copy_location(changed, node)
            if index is None:
                setattr(parent, name, changed)
            else:
                getattr(parent, name)[index] = changed
            ast.fix_missing_locations(tree)
            yield f"{path.stem}.{function} {at} ⟶ {label}", tree


def _decisions(tree: ast.Module) -> Iterator[tuple[str, ast.AST, str, int | None, ast.AST]]:
    """(function, parent, field, index, node) inside function bodies."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef) or function.name in SILENT:
            continue
        body = [s for s in function.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
        for statement in body:
            for parent in ast.walk(statement):
                for name, value in ast.iter_fields(parent):
                    for index, node in enumerate(value) if isinstance(value, list) else [(None, value)]:
                        if isinstance(node, ast.AST) and any(True for _ in _other_nodes(node)):
                            yield function.name, parent, name, index, node
            if isinstance(statement, ast.If):
                yield function.name, function, "body", function.body.index(statement), statement


def source_mutants(ground: Ground) -> Iterator[Mutant]:
    """Branches, comparators, constants and menus in the source of the two pure rules."""
    from app.classification import idle, standard_land

    section, land = ground.pack.content.idle, ground.pack.content.standard_land
    for module, noticed in ((idle, lambda m: idle_noticed(ground, m, section)), (standard_land, lambda m: gates_noticed(ground, m, land))):
        path = Path(module.__file__)
        for label, tree in source_variants(path):

            def ask(tree: ast.Module = tree, noticed: Any = noticed, module: Any = module) -> bool:
                loaded = types.ModuleType(module.__name__)
                try:
                    exec(compile(tree, module.__file__, "exec"), loaded.__dict__)
                except Exception:
                    return True
                return noticed(loaded)

            yield Mutant(label, ask)
