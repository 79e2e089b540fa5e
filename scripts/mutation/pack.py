"""Mutants of the pack: rules, parameters the facts are built with, [idle] and [standard_land]."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from ground import AS_OF, COUNTY, Check, Ground, Mutant, gates_noticed, idle_noticed, judged

FLIPS = {"<": ("<=", ">"), "<=": ("<", ">="), ">": (">=", "<"), ">=": (">", "<="), "=": ("<>",), "<>": ("=",)}
PACK_FLIPS = {"<": ("<=", ">", ">=", "="), ">": (">=", "<", "<=", "=")}


def nodes(tree: Any) -> Iterator[tuple[Any, Any, Any]]:
    """(holder, key, node) of every operator node of a CQL2-JSON tree."""
    todo = [([tree], 0)]
    while todo:
        holder, key = todo.pop()
        node = holder[key]
        if isinstance(node, dict) and "op" in node:
            yield holder, key, node
            todo += [(node["args"], n) for n in range(len(node["args"]))]


def step_of(name: str | None) -> Decimal:
    """The smallest difference the fact can show: 1 for whole numbers, 0.0001 for the rest."""
    from app.policy import COLUMNS

    column = COLUMNS.get(name or "")
    return Decimal(1) if column is not None and column.type == "integer" else Decimal("0.0001")


def literals(node: dict[str, Any], words: dict[str, list[str]]) -> Iterator[tuple[str, int, Any]]:
    """Other values for the literal operands of a comparison."""
    subject = node["args"][0].get("property") if isinstance(node["args"][0], dict) else None
    for n, value in enumerate(node["args"]):
        if isinstance(value, bool):
            yield f"{value} → {not value}", n, not value
        elif isinstance(value, int | float | Decimal):
            for sign in (-1, 1):
                other = Decimal(str(value)) + sign * step_of(subject)
                yield f"{value} → {other}", n, float(other)
        elif isinstance(value, str):
            yield from ((f"'{value}' → '{w}'", n, w) for w in words.get(subject or "", []) if w != value)
        elif isinstance(value, list):
            for member in value:
                yield f"IN without '{member}'", n, [m for m in value if m != member] or ["none"]
            yield "IN with '26'", n, [*value, "26"]


def variants(tree: Any) -> Iterator[tuple[str, Any]]:
    """Every mutated copy of a rule's tree, with what was changed."""
    words = {"grade": ["A", "B", "C", "D", "N"], "grade_prev": ["A", "B", "C", "D", "N"]}
    for number in range(len(list(nodes(tree)))):

        def copy(n: int = number) -> tuple[Any, Any, Any, Any]:
            box = [deepcopy(tree)]
            holder, key, node = list(nodes(box[0]))[n]
            if n == 0:
                holder, key = box, 0
            return box, holder, key, node

        *_, node = copy()
        op = node["op"].lower()
        at = f"[{number}] {op}"
        if op in {"and", "or"}:
            box, *_, changed = copy()
            changed["op"] = "or" if op == "and" else "and"
            yield f"{at} → {changed['op']}", box[0]
            for n in range(len(node["args"])):
                box, holder, key, changed = copy()
                rest = [a for m, a in enumerate(changed["args"]) if m != n]
                holder[key] = rest[0] if len(rest) == 1 else {**changed, "args": rest}
                yield f"{at} without part {n}", box[0]
            continue
        for other in FLIPS.get(op, ()):
            if isinstance(node["args"][1], bool) and other not in {"=", "<>"}:
                continue
            box, *_, changed = copy()
            changed["op"] = other
            yield f"{at} → {other}", box[0]
        for label, n, value in literals(node, words):
            box, *_, changed = copy()
            changed["args"][n] = value
            yield f"{at} {label}", box[0]


def rule_mutants(ground: Ground) -> Iterator[Mutant]:
    """Comparators, thresholds, connectives and parts of every criterion; every criterion dropped."""

    def noticed(mutated: Any) -> Check:
        async def ask() -> bool:
            found = await judged(ground, replace(ground.pack, rules=(mutated,)))
            only = frozenset({mutated.rule.id})
            return any((true & only, unknown & only) != found[p] for p, (true, unknown) in ground.criteria.items())

        return ask

    for compiled in ground.pack.rules:
        for label, tree in variants(compiled.node):
            yield Mutant(f"rule {compiled.rule.id} {label}", noticed(replace(compiled, node=tree)))

        def dropped(rule_id: str = compiled.rule.id) -> bool:
            return any(rule_id in true | unknown for true, unknown in ground.criteria.values())

        yield Mutant(f"rule {compiled.rule.id} dropped", dropped)


def fact_mutants(ground: Ground) -> Iterator[Mutant]:
    """Parameters the facts are built with: freshness, the gate's comparator, tolerated unknown share, 标准地 mode, data year."""
    from app.classification import facts

    content = ground.pack.content

    def rebuilt(pack: Any = ground.pack, *, data_year: int = AS_OF.year - 1, share: Decimal = facts.UNKNOWN_SHARE) -> Check:
        async def ask() -> bool:
            inner = await ground.conn.begin_nested()
            before, facts.UNKNOWN_SHARE = facts.UNKNOWN_SHARE, share
            try:
                await facts.build(ground.conn, facts.Ask(COUNTY, AS_OF, data_year, pack), 0)
                return await judged(ground, pack) != ground.criteria
            finally:
                facts.UNKNOWN_SHARE = before
                await inner.rollback()

        return ask

    def with_(**update: Any) -> Any:
        return replace(ground.pack, content=content.model_copy(update=update))

    for years in (content.freshness_years - 1, content.freshness_years + 1):
        yield Mutant(f"facts freshness_years → {years}", rebuilt(with_(freshness_years=years)))
    for year in (AS_OF.year - 2, AS_OF.year):
        yield Mutant(f"facts data year → {year}", rebuilt(data_year=year))
    for share in ("0.0999", "0.1001", "0", "1"):
        yield Mutant(f"facts tolerated unknown share → {share}", rebuilt(share=Decimal(share)))
    land = content.standard_land
    for n, gate in enumerate(land.gates):
        if gate.code != "capacity":
            continue
        for cmp in PACK_FLIPS[gate.overdue_cmp]:
            gates = [*land.gates[:n], gate.model_copy(update={"overdue_cmp": cmp}), *land.gates[n + 1 :]]
            mutated = with_(standard_land=land.model_copy(update={"gates": gates}))
            yield Mutant(f"facts capacity overdue {gate.overdue_cmp} → {cmp}", rebuilt(mutated))
    yield Mutant("facts supply mode of 标准地", rebuilt(with_(standard_land=land.model_copy(update={"supply_mode": "listed_grant"}))))
    for n, item in enumerate(content.lists):
        lists = [*content.lists[:n], *content.lists[n + 1 :]]
        yield Mutant(f"facts list {item.code} forgotten", rebuilt(with_(lists=lists)))


def parameter_mutants(ground: Ground) -> Iterator[Mutant]:
    """The pack's [idle] and [standard_land] parameters."""
    from app.classification import idle, standard_land

    section, land = ground.pack.content.idle, ground.pack.content.standard_land
    changes: list[tuple[str, Any]] = []
    for name in ("start_after_delivery_years", "first_years", "second_years", "suspended_years"):
        changes += [(name, getattr(section, name) + d) for d in (-1, 1)]
    for name in ("elapsed_cmp", "area_cmp", "invest_cmp", "suspended_cmp"):
        changes += [(name, cmp) for cmp in PACK_FLIPS[getattr(section, name)]]
    for name in ("area_fraction", "invest_fraction"):
        value = Fraction(getattr(section, name))
        changes += [(name, str(value + d)) for d in (Fraction(-1, 2000), Fraction(1, 2000))]
    for case, menu in section.menus.items():
        others = sorted({*section.menus.values()} - {menu})
        changes += [("menus", {**section.menus, case: other}) for other in others]
    for name, value in changes:
        shown = next(f"{k} → {v}" for k, v in value.items() if section.menus[k] != v) if name == "menus" else value
        mutated = section.model_copy(update={name: value})
        yield Mutant(f"pack idle.{name} → {shown}", lambda m=mutated: idle_noticed(ground, idle, m))
    for n, gate in enumerate(land.gates):
        for cmp in PACK_FLIPS[gate.overdue_cmp]:
            gates = [*land.gates[:n], gate.model_copy(update={"overdue_cmp": cmp}), *land.gates[n + 1 :]]
            mutated = land.model_copy(update={"gates": gates})
            yield Mutant(f"pack standard_land.{gate.code} overdue → {cmp}", lambda m=mutated: gates_noticed(ground, standard_land, m))
    mutated = land.model_copy(update={"gates": land.gates[::-1]})
    yield Mutant("pack standard_land gates in the other order", lambda m=mutated: gates_noticed(ground, standard_land, m))
