"""Gaps between parcels of one 工业区块: narrow holes that the parcels around leave open."""

from collections.abc import Sequence

import numpy as np
import shapely
from shapely.lib import GEOSException

from app.imports.checks.catalogue import limit
from app.imports.checks.geometry import meeting
from app.imports.checks.issue import Finding
from app.imports.packed import PackedShapes

_TOUCHES_M = _THREAD_M = 0.01
"""Rows within a centimetre of a hole border it; what is narrower than that is rounding of coordinates."""


def gaps(
    plane: np.ndarray | PackedShapes, keys: Sequence[str], live: np.ndarray, *, codes: Sequence[str], blocks: np.ndarray
) -> list[Finding]:
    """Narrow holes by block, told on the last of the rows around with the keys of the others; all shapes in the plane.

    A parcel is of the block that its centre lies in.
    """
    if len(live) < 2 or not len(blocks):
        return []
    block, position = meeting(plane, live, blocks, of=shapely.centroid)
    found: list[Finding] = []
    for number in np.unique(block):
        rows = np.sort(live[position[block == number]])
        found += _gaps_of(plane[rows], rows, keys, codes[number])
    return sorted(found, key=lambda f: (f.index, f.value))


def _gaps_of(plane: np.ndarray, rows: np.ndarray, keys: Sequence[str], code: str) -> list[Finding]:
    holes = _holes(plane)
    if not len(holes):
        return []
    hole, near = shapely.STRtree(plane).query(holes, predicate="dwithin", distance=_TOUCHES_M)
    found = []
    for n, place in enumerate(holes):
        around = np.sort(rows[near[hole == n]])
        if len(around) > 1:
            others = "、".join(keys[r] for r in around[:-1][:3])
            value = f"区块 {code},{place.area:.2f} 平方米,宽约 {_width(place):.2f} 米,相邻 {others}"
            found.append(Finding(int(around[-1]), "gap_in_block", value, place=place))
    return found


def _holes(plane: np.ndarray) -> np.ndarray:
    """Holes of the parcels' union that are narrow, and larger than rounding."""
    try:
        union = shapely.union_all(plane)
    except GEOSException:
        union = shapely.union_all(plane, grid_size=0.001)
    parts = shapely.get_parts(union)
    parts = parts[shapely.get_type_id(parts) == 3]
    holes = shapely.polygons(shapely.get_rings(parts)[_is_inner(parts)]) if len(parts) else np.zeros(0, dtype=object)
    # Edges that should be one but differ by rounding leave threads, which would join gaps and make them look longer: cut off.
    thick = shapely.buffer(holes, -_THREAD_M / 2, join_style="mitre")
    holes = shapely.get_parts(shapely.buffer(thick, _THREAD_M / 2, join_style="mitre"))
    wide = shapely.area(holes) > limit("gap_in_block", 1)
    return np.asarray(holes[wide & (_width(holes) < limit("gap_in_block"))])


def _is_inner(parts: np.ndarray) -> np.ndarray:
    """Of all rings in order of `parts`, which are holes."""
    counts = shapely.get_num_interior_rings(parts) + 1
    inner = np.ones(int(counts.sum()), dtype=bool)
    inner[np.cumsum(counts) - counts] = False
    return inner


def _width(holes: np.ndarray) -> np.ndarray:
    """Mean width of a long thin shape, m."""
    return np.asarray(2 * shapely.area(holes) / shapely.length(holes))
