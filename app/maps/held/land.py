"""Where the parcels of a county lie, as numbers: which of them meet an extent, without asking the database. Pure.

Parcels stand in blocks of 64 neighbouring ids. A delivery follows the land (宗地代码 goes by 街道 and 街坊), so the parcels of a
block lie together and an extent meets few blocks; where they don't, more blocks are looked into and the answer is the same.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.maps.extent import Envelope

SHIFT = 6
SLOTS = 1 << SHIFT
"""Ids in a block: as many as a mask has bits."""
GROUP = 8
"""Parcels in a part of a block: of a large extent's edge only the parts that it cuts are looked into."""
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Boxes = list[npt.NDArray[np.float64]]
"""West, south, east, north of each, in degrees."""
WORLD = Envelope(-180.0, -90.0, 180.0, 90.0)


@dataclass(frozen=True)
class Met:
    """Rows that meet an extent, in the order of their ids; of the `unsure` ones the box does, the shape has to be asked."""

    rows: Ints
    unsure: Bools


class Land:
    """Parcels in the order of their ids; `boxes` are west, south, east, north in degrees; `single` is one polygon each."""

    def __init__(self, ids: Ints, boxes: Boxes, single: Bools) -> None:
        self.ids, self.boxes, self.single = ids, boxes, single
        numbers = ids >> SHIFT
        first = np.flatnonzero(np.diff(numbers, prepend=-1))
        self.numbers: Ints = numbers[first]
        """Number of each block: its ids without their last bits."""
        self.starts: Ints = np.append(first, len(ids))
        groups = -(-np.diff(self.starts) // GROUP)
        self._first_group: Ints = np.append(0, groups.cumsum())
        self._groups: Ints = np.append(np.repeat(first, groups) + _ranges(np.zeros_like(groups), groups) * GROUP, len(ids))
        self._bound()

    def _bound(self) -> None:
        self._bounds = _around(self.boxes, self.starts[:-1])
        self._group_bounds = _around(self.boxes, self._groups[:-1])
        self._far = np.arange(0, len(self.numbers) + SLOTS, SLOTS).clip(max=len(self.numbers))
        self._far_bounds = _around(self._bounds, self._far[:-1])

    def places(self, ids: Ints) -> Ints | None:
        """Rows of these parcels; None where one of them is not there."""
        rows: Ints = np.searchsorted(self.ids, ids)
        return rows if len(self.ids) and np.array_equal(self.ids.take(rows, mode="clip"), ids) else None

    def move(self, rows: Ints, boxes: Boxes, single: Bools) -> None:
        """These rows lie there now; most changes of a parcel leave it where it was."""
        self.single[rows] = single
        if all(np.array_equal(mine[rows], theirs) for mine, theirs in zip(self.boxes, boxes, strict=True)):
            return
        for mine, theirs in zip(self.boxes, boxes, strict=True):
            mine[rows] = theirs
        self._bound()

    def near(self, extent: Envelope) -> Ints:
        """Places of the blocks that an extent meets: first of 64 at once, then of each of those."""
        far = np.flatnonzero(_meets(self._far_bounds, extent))
        blocks = _ranges(self._far[far], self._far[far + 1] - self._far[far])
        return blocks[_meets([bound.take(blocks) for bound in self._bounds], extent)]

    def count(self, extent: Envelope, blocks: Ints) -> tuple[int, Ints]:
        """Number of parcels of these blocks that surely lie in the extent, and the rows at its edge: there each has to be looked at."""
        whole = _is_inside([bound.take(blocks) for bound in self._bounds], extent)
        number, edge = int(self.lengths(blocks[whole]).sum()), blocks[~whole]
        groups = _ranges(self._first_group.take(edge), self._first_group.take(edge + 1) - self._first_group.take(edge))
        groups = groups[_meets([bound.take(groups) for bound in self._group_bounds], extent)]
        whole = _is_inside([bound.take(groups) for bound in self._group_bounds], extent)
        first, lengths = self._groups.take(groups), self._groups.take(groups + 1) - self._groups.take(groups)
        return number + int(lengths[whole].sum()), _ranges(first[~whole], lengths[~whole])

    def lengths(self, blocks: Ints) -> Ints:
        """Number of parcels in each of these blocks."""
        return self.starts.take(blocks + 1) - self.starts.take(blocks)

    def rows(self, blocks: Ints) -> Ints:
        """Rows of these blocks, one after another."""
        return _ranges(self.starts.take(blocks), self.lengths(blocks))

    def meeting(self, extent: Envelope, rows: Ints) -> Met:
        """Those of the rows whose box meets the extent.

        One polygon within the extent's width or height reaches from edge to edge of its own box, so it meets what its box meets.
        """
        rows = rows[_meets([side.take(rows) for side in self.boxes], extent)]
        west, south, east, north = (side.take(rows) for side in self.boxes)
        upright, level = (west >= extent.west) & (east <= extent.east), (south >= extent.south) & (north <= extent.north)
        return Met(rows, ~((upright & level) | (self.single.take(rows) & (upright | level))))


def _around(boxes: Boxes, first: Ints) -> Boxes:
    """Boxes around boxes: of each run that begins at one of these places."""
    if not len(first):
        return [side[:0] for side in boxes]
    west, south, east, north = boxes
    least, most = np.minimum.reduceat, np.maximum.reduceat
    return [least(west, first), least(south, first), most(east, first), most(north, first)]


def _meets(boxes: Boxes, extent: Envelope) -> Bools:
    west, south, east, north = boxes
    found = west <= extent.east
    found &= east >= extent.west
    found &= south <= extent.north
    found &= north >= extent.south
    return found


def _is_inside(boxes: Boxes, extent: Envelope) -> Bools:
    west, south, east, north = boxes
    found: Bools = (west >= extent.west) & (east <= extent.east) & (south >= extent.south) & (north <= extent.north)
    return found


def _ranges(first: Ints, lengths: Ints) -> Ints:
    """Each range's numbers, one after another."""
    ends: Ints = lengths.cumsum()
    before: Ints = first - ends + lengths
    return before.repeat(lengths) + np.arange(int(ends[-1]) if len(ends) else 0, dtype=np.int64)
