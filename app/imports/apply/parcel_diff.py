"""Delivery against register: what is new, changed, the same, back again, vanished; which vanished became which new. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from app.imports.apply.parcel_rows import ParcelRows
from app.imports.checks.geometry import intersection_areas, meeting
from app.imports.packed import PART

_SAME_DEGREES = 1e-8
SHARE = 0.95


@dataclass(frozen=True, slots=True)
class Known:
    """A parcel of the register; without a version when it vanished before."""

    id: int
    source_key: str
    version_id: int | None
    valid_from: date | None
    values: tuple[Any, ...]
    town_code: str | None
    wkb: bytes | None

    @property
    def geom(self) -> BaseGeometry | None:
        """Its shape (4490), made when asked for: a register's worth of them weighs a gigabyte."""
        return None if self.wkb is None else shapely.from_wkb(self.wkb)


@dataclass
class Diff:
    """Positions in the delivery, and register entries."""

    new: list[int] = field(default_factory=list)
    changed: list[tuple[int, Known]] = field(default_factory=list)
    back: list[tuple[int, Known]] = field(default_factory=list)
    same: list[tuple[int, Known]] = field(default_factory=list)
    vanished: list[Known] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        return {name: len(getattr(self, name)) for name in ("new", "changed", "back", "same", "vanished")}


@dataclass(frozen=True)
class Descent:
    """A vanished parcel that became (part of) a new one."""

    parent: Known
    child: int
    kind: str
    share: Decimal
    is_same_ground: bool = False


def compare(rows: ParcelRows, register: dict[str, Known]) -> Diff:
    """Match by source key; a current key of a covered town that the delivery does not name has vanished."""
    diff = Diff()
    candidates: list[tuple[int, Known]] = []
    for position, (key, values) in enumerate(zip(rows.key, rows.values if register else [None] * len(rows.key), strict=True)):
        known = register.get(key)
        if known is None:
            diff.new.append(position)
        elif known.version_id is None:
            diff.back.append((position, known))
        elif known.values != values:
            diff.changed.append((position, known))
        else:
            candidates.append((position, known))
    for pair, same in zip(candidates, stands_there(rows, candidates), strict=True):
        (diff.same if same else diff.changed).append(pair)
    diff.changed.sort(key=lambda pair: pair[0])
    gone = (k for k in register.values() if k.version_id is not None and k.town_code in rows.covered and k.source_key not in rows.present)
    diff.vanished = sorted(gone, key=lambda known: known.id)
    return diff


def stands_there(rows: ParcelRows, pairs: Sequence[tuple[int, Known]]) -> Iterator[bool]:
    """Whether each row has the shape that the register has."""
    for start in range(0, len(pairs), PART):
        part = pairs[start : start + PART]
        kept = np.array([known.geom for _, known in part], dtype=object)
        yield from same_shapes(rows.shapes.stored[[rows.index[p] for p, _ in part]], kept).tolist()


def same_shapes(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Whether shapes are equal to about a millimetre, wherever their rings begin."""
    if not len(left):
        return np.zeros(0, dtype=bool)
    same = shapely.equals_exact(shapely.normalize(left), shapely.normalize(right), tolerance=_SAME_DEGREES)
    rest = np.flatnonzero(~same)
    if len(rest):
        near = shapely.hausdorff_distance(shapely.boundary(left[rest]), shapely.boundary(right[rest])) < _SAME_DEGREES
        same[rest] = near
    return np.asarray(same)


def descents(diff: Diff, rows: ParcelRows, vanished_plane: np.ndarray) -> list[Descent]:
    """拆分: ≥ 95 % of a new parcel lies in a vanished one. 合并: ≥ 95 % of a vanished parcel lies in a new one."""
    if not diff.new or not diff.vanished:
        return []
    fresh = np.array([rows.index[p] for p in diff.new], dtype=np.intp)
    parent, child = meeting(rows.shapes.plane, fresh, vanished_plane)
    children = rows.shapes.plane[fresh[child]]
    shared = intersection_areas(children, vanished_plane[parent])
    of_child, of_parent = shared / shapely.area(children), shared / shapely.area(vanished_plane[parent])
    splits = {int(p): int(np.sum((parent == p) & (of_child >= SHARE))) for p in np.unique(parent)}
    found = []
    for c, p, in_parent, in_child in zip(child, parent, of_child, of_parent, strict=True):
        if in_parent < SHARE and in_child < SHARE:
            continue
        # Both hold when one parcel took the place of one: a split unless others merged into it as well.
        is_split = in_parent >= SHARE and (in_child < SHARE or splits[int(p)] > 1 or not _has_more_parents(child, of_parent, int(c)))
        share = Decimal(repr(float(in_parent if is_split else in_child))).quantize(Decimal("0.0001"))
        kind, is_same = "split" if is_split else "merge", bool(min(in_parent, in_child) >= SHARE)
        found.append(Descent(diff.vanished[int(p)], diff.new[int(c)], kind, min(share, Decimal(1)), is_same))
    return sorted(found, key=lambda d: (d.parent.id, d.child))


def _has_more_parents(child: np.ndarray, of_parent: np.ndarray, one: int) -> bool:
    return int(np.sum((child == one) & (of_parent >= SHARE))) > 1
