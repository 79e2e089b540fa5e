"""前后关系: a vanished parcel whose ground a new one took without being its split or merge."""

from collections.abc import Collection, Sequence

import numpy as np
import shapely

from app.imports.checks.catalogue import limit
from app.imports.checks.geometry import intersections
from app.imports.checks.issue import Finding


def unclear_successors(
    new: np.ndarray, rows: Sequence[int], vanished: np.ndarray, names: Sequence[str], *, related: Collection[tuple[int, int]]
) -> list[Finding]:
    """New shapes (plane; their row numbers) that cover a share of a vanished one (plane; its key) without a relation.

    related: (position of the vanished, row number of the new) of the splits and merges.
    """
    if not len(new) or not len(vanished):
        return []
    gone, child = shapely.STRtree(new).query(vanished, predicate="intersects")
    shared = intersections(vanished[gone], new[child])
    share = shapely.area(shared) / shapely.area(vanished[gone])
    known = set(related)
    found = []
    for n in np.flatnonzero(share > limit("successor_unclear")):
        row = int(rows[child[n]])
        if (int(gone[n]), row) not in known:
            found.append(Finding(row, "successor_unclear", f"{names[gone[n]]} 的 {100 * share[n]:.0f}%", place=shared[n]))
    return sorted(found, key=lambda f: (f.index, f.value))
