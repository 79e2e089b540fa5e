"""What each difference between delivery and register is called, so that a person can accept or leave it out. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from app.imports.apply.parcel_diff import Descent, Diff, Known, stands_there
from app.imports.apply.parcel_rows import COLUMNS, ParcelRows
from app.imports.errors import AcceptanceInconsistent

CLASSES = {
    "new": "新增", "attribute": "属性变化", "moved": "图形变化", "back": "恢复", "split": "分割", "merge": "合并", "renumbered": "换号",
    "vanished": "灭失", "removed": "移除", "same": "未变",
}  # fmt: skip
SHAPE = "geom"
"""Name of the change that is no column: another shape."""


@dataclass(slots=True)
class Difference:
    """One parcel of the delivery (`position`), of the register (`known`), or of both.

    `changes`: (column, old, new) of COLUMNS, and SHAPE without values. `relatives`: parents of a new parcel, children of one that is gone.
    Not frozen: a million of them are made, in a third of the time.
    """

    kind: str
    position: int | None
    known: Known | None
    changes: tuple[tuple[str, Any, Any], ...] = ()
    relatives: tuple[str, ...] = ()
    index: int | None = None

    @property
    def row_id(self) -> str:
        """Name of the difference within its delivery: the row r…, or the register's parcel p… that the delivery does not name."""
        return f"r{self.index}" if self.index is not None else f"p{self.known.id if self.known else 0}"


@dataclass(frozen=True)
class Acceptance:
    """What of a delivery is left out: whole classes, single differences by row_id."""

    except_classes: frozenset[str] = frozenset()
    except_rows: frozenset[str] = frozenset()

    def takes(self, one: Difference) -> bool:
        """Whether the difference is accepted."""
        return one.kind not in self.except_classes and not (self.except_rows and one.row_id in self.except_rows)


def classify(rows: ParcelRows, diff: Diff, found: Sequence[Descent]) -> list[Difference]:
    """Every row of the delivery and every vanished parcel: rows in their order, then the vanished by id."""
    parents, children = defaultdict(list), defaultdict(list)
    for descent in found:
        parents[descent.child].append(descent)
        children[descent.parent.id].append(descent)

    def row(kind: str, position: int, known: Known | None = None, **more: Any) -> Difference:
        return Difference(kind, position, known, index=rows.index[position], **more)

    told = [Difference("new", p, None, index=rows.index[p]) for p in diff.new if p not in parents]
    told += [row(_of_child(of, children), p, relatives=tuple(d.parent.source_key for d in of)) for p, of in parents.items()]
    told += [row("back", p, known) for p, known in diff.back]
    told += [row("same", p, known) for p, known in diff.same]
    said = rows.values.some([position for position, _ in diff.changed])
    for (position, known), values, has_shape in zip(diff.changed, said, stands_there(rows, diff.changed), strict=True):
        changes = [(name, old, new) for name, old, new in zip(COLUMNS, known.values, values, strict=True) if old != new]
        shape = [] if has_shape else [(SHAPE, None, None)]
        told.append(row("attribute" if has_shape else "moved", position, known, changes=(*changes, *shape)))
    told.sort(key=attrgetter("position"))
    for known in diff.vanished:
        kinds = {_of_child(parents[d.child], children) for d in children[known.id]}
        kind = "vanished" if not kinds else "merge" if "merge" in kinds else min(kinds)
        told.append(Difference(kind, None, known, relatives=tuple(rows.key[d.child] for d in children[known.id])))
    return told


def _of_child(descents: Sequence[Descent], children: dict[int, list[Descent]]) -> str:
    if not descents:
        return "new"
    if len(descents) == 1 and descents[0].is_same_ground and len(children[descents[0].parent.id]) == 1:
        return "renumbered"
    return "merge" if any(d.kind == "merge" for d in descents) else "split"


def narrowed(rows: ParcelRows, diff: Diff, found: Sequence[Descent], told: Iterable[Difference], wanted: Acceptance) -> Diff:
    """The differences that are accepted.

    Errors: AcceptanceInconsistent when one part of a split, merge or renumbering is accepted and another is not: its ground would be
    there twice, or not at all.
    """
    if not (wanted.except_classes or wanted.except_rows):
        return diff
    left = [one for one in told if not wanted.takes(one)]
    positions = {one.position for one in left if one.position is not None}
    gone = {one.known.id for one in left if one.position is None and one.known}
    torn = [d for d in found if (d.child in positions) != (d.parent.id in gone)]
    if torn:
        pairs = "、".join(f"{d.parent.source_key} → {rows.key[d.child]}" for d in torn[:3])
        raise AcceptanceInconsistent(f"分割、合并、换号要整组接受或整组不接受:{pairs}" + (" 等" if len(torn) > 3 else ""))
    return Diff(
        [p for p in diff.new if p not in positions],
        [(p, k) for p, k in diff.changed if p not in positions],
        [(p, k) for p, k in diff.back if p not in positions],
        diff.same,
        [k for k in diff.vanished if k.id not in gone],
    )
