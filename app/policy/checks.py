"""Pure checks across the parts of a pack: names that must exist, sums that must close. Each yields a message naming its field."""

from collections.abc import Iterable, Iterator

from app.policy.schemas import PackContent


def problems(pack: PackContent) -> list[str]:
    """Everything wrong between the parts of a pack."""
    return [*_duplicates(pack), *_references(pack), *_sums(pack), *_bands(pack)]


def _repeated(names: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    return sorted({name for name in names if name in seen or seen.add(name)})  # type: ignore[func-returns-value]


def _duplicates(pack: PackContent) -> Iterator[str]:
    named = {
        "rules.id": [r.id for r in pack.rules],
        "targets.id": [t.id for t in pack.targets],
        "measures.key": [m.key for m in pack.measures],
        "methods.code": [m.code for m in pack.methods],
        "departments.code": [d.code for d in pack.departments],
        "steps.name": [s.name for s in pack.steps],
        "categories.code": [c.code for c in pack.categories],
        "case_states.code": [s.code for s in pack.case_states],
        "classes.code": [c.code for c in pack.classes],
    }
    for field, names in named.items():
        for name in _repeated(names):
            yield f"{field}: {name} 重复"
    for allocation in pack.allocations:
        for body in _repeated(row.body for row in allocation.rows):
            yield f"allocations.{allocation.target}.rows: {body} 重复"


def _references(pack: PackContent) -> Iterator[str]:
    departments = {d.code for d in pack.departments}
    methods = {m.code for m in pack.methods}
    targets = {t.id for t in pack.targets}
    steps = {s.name for s in pack.steps}
    calibres = {c.code for c in pack.calibres.sets}
    wanted: list[tuple[str, Iterable[str], set[str]]] = [
        ("calibres.default", [pack.calibres.default], calibres),
        ("allocations.target", [a.target for a in pack.allocations], targets),
    ]
    wanted += [(f"measures.{m.key}.owner", [m.owner, *m.co_owners], departments) for m in pack.measures]
    wanted += [(f"measures.{m.key}.methods", m.methods, methods) for m in pack.measures]
    wanted += [(f"measures.{m.key}.target", [m.target] if m.target else [], targets) for m in pack.measures]
    wanted += [(f"lists.{item.code}.decides", [item.decides], departments) for item in pack.lists]
    wanted += [(f"targets.{t.id}.lead", t.lead, departments) for t in pack.targets]
    # a county without a calibre of its base simply shows its default one
    wanted += [(f"targets.{t.id}.calibre", [t.calibre] if t.calibre and not pack.base else [], calibres) for t in pack.targets]
    wanted += [(f"steps.{s.name}.not_same_as", s.not_same_as, steps) for s in pack.steps]
    wanted += [(f"steps.{s.name}.who.departments", line.departments or [], departments) for s in pack.steps for line in s.who]
    wanted += [(f"standard_land.gates.{g.code}.raises", g.raises, {r.id for r in pack.rules}) for g in pack.standard_land.gates]
    wanted += [("grades.colours", [*pack.grades.classes, pack.grades.not_evaluated], set(pack.grades.colours))]
    for field, names, known in wanted:
        for name in names:
            if name not in known:
                yield f"{field}: 没有 {name}"


def _sums(pack: PackContent) -> Iterator[str]:
    values = {t.id: t.value for t in pack.targets}
    for allocation in pack.allocations:
        target = values.get(allocation.target)
        if target is not None and allocation.total != target:
            yield f"allocations.{allocation.target}: 任务与加压/预留之和 {allocation.total} 不等于目标 {target}"


def _bands(pack: PackContent) -> Iterator[str]:
    uppers = [band.upper for band in pack.tax_bands]
    limits = [upper for upper in uppers[:-1] if upper is not None]
    if len(limits) != len(uppers) - 1 or (uppers and uppers[-1] is not None) or limits != sorted(set(limits)):
        yield "tax_bands.upper: 应由小到大,且只有最后一档没有上限"
