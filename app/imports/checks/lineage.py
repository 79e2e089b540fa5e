"""前后关系: a vanished parcel whose ground a new one took without being its split or merge."""

from collections.abc import Collection, Sequence

import numpy as np
import shapely

from app.imports.checks.catalogue import limit
from app.imports.checks.geometry import intersections, meeting
from app.imports.checks.issue import Finding
from app.imports.packed import PackedShapes


def unclear_successors(
    plane: np.ndarray | PackedShapes,
    rows: Sequence[int],
    vanished: np.ndarray,
    names: Sequence[str],
    *,
    related: Collection[tuple[int, int]],
) -> list[Finding]:
    """New shapes (of all in the plane those of `rows`) that cover a share of a vanished one (plane; its key) without a relation.

    related: (position of the vanished, row number of the new) of the splits and merges.
    """
    if not len(rows) or not len(vanished):
        return []
    which = np.asarray(rows, dtype=np.intp)
    gone, child = meeting(plane, which, vanished)
    shared = intersections(vanished[gone], plane[which[child]])
    share = shapely.area(shared) / shapely.area(vanished[gone])
    known = set(related)
    found = []
    for n in np.flatnonzero(share > limit("successor_unclear")):
        row = int(rows[child[n]])
        if (int(gone[n]), row) not in known:
            found.append(Finding(row, "successor_unclear", f"{names[gone[n]]} 的 {100 * share[n]:.0f}%", place=shared[n]))
    return sorted(found, key=lambda f: (f.index, f.value))
