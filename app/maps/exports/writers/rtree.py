"""FlatGeobuf's spatial index: a packed Hilbert R-tree of nodes (box, offset), 16 a node, root first. Pure.

Layout by the format's specification (flatgeobuf.org): the leaves are the features in their order in the file with their offsets behind the
index, each node above bears the number of its first child.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

NODE = 16
_ITEM = np.dtype([("box", "<f8", 4), ("offset", "<u8")])
_BITS = 16


def hilbert_order(boxes: Any) -> Any:
    """The boxes' numbers (west, south, east, north a row) in the order of their centres along a Hilbert curve over all of them."""
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    span = np.where(high > low, high - low, 1)
    cells = (((boxes[:, :2] + boxes[:, 2:]) / 2 - low) / span * ((1 << _BITS) - 1)).astype(np.uint32)
    return np.argsort(_along(cells[:, 0].copy(), cells[:, 1].copy()), kind="stable")


def _along(x: Any, y: Any) -> Any:
    """Place of each cell on the curve: quadrant by quadrant, each turned as the curve enters it."""
    place = np.zeros_like(x)
    for bit in range(_BITS - 1, -1, -1):
        right, upper = (x >> bit) & 1, (y >> bit) & 1
        place = (place << 2) | ((3 * right) ^ upper)
        flip = (upper ^ 1) * ((right << _BITS) - right)  # lower right: both are counted from the other end
        x, y = x ^ flip, y ^ flip
        turn = (x ^ y) * (upper ^ 1)  # lower half: they change places
        x, y = x ^ turn, y ^ turn
    return place


def index(boxes: Any, offsets: Any) -> Iterator[Any]:
    """The index of features in their order, level by level; `offsets` of each in octets from the first."""
    levels = [np.empty(len(boxes), _ITEM)]
    levels[0]["box"], levels[0]["offset"] = boxes, offsets
    while len(levels) == 1 or len(levels[-1]) > 1:
        levels.append(_above(levels[-1]))
    first = 0
    for above, below in zip(levels[:0:-1], levels[-2::-1], strict=True):  # from the root down
        first += len(above)
        above["offset"] = first + np.arange(0, len(below), NODE)
    yield from reversed(levels)


def _above(level: Any) -> Any:
    made = np.empty(-(-len(level) // NODE), _ITEM)
    starts = np.arange(0, len(level), NODE)
    made["box"][:, :2] = np.minimum.reduceat(level["box"][:, :2], starts)
    made["box"][:, 2:] = np.maximum.reduceat(level["box"][:, 2:], starts)
    return made
