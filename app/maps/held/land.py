"""Where the parcels of a county lie, as numbers: which of them meet an extent, without asking the database. Pure.

A small extent asks the grid. A large one asks blocks of 64 neighbouring ids: a delivery follows the land (宗地代码 goes by 街道 and
街坊), so the parcels of a block lie together and few blocks are cut; where they don't, more are looked into and the answer is the same.
"""

from typing import NamedTuple

import numpy as np

from app.maps.extent import Envelope
from app.maps.held.grid import Bools, Boxes, Grid, Ints, laid

SHIFT = 6
SLOTS = 1 << SHIFT
"""Ids in a block: as many as the answer about a block has bits."""
PART = 8
"""Parcels in a part of a block: of a large extent's edge only the parts that it cuts are looked into."""
_PARTS = np.arange(SLOTS // PART)
_SLOTS = np.arange(SLOTS)
_WORN = 4_096
"""Parcels astray above which every small extent would be slow."""
WORLD = Envelope(-180.0, -90.0, 180.0, 90.0)
_SIGNS = np.array([[1.0], [1.0], [-1.0], [-1.0]])
"""With east and north negated all four sides are least values: one comparison says what four would."""
_all_four = np.logical_and.reduce


class Met(NamedTuple):
    """Rows that meet an extent; of the `unsure` ones the box does, the shape has to be asked."""

    rows: Ints
    unsure: Bools


class Land:
    """Parcels in the order of their ids; `boxes` are west, south, east, north in degrees; `single` is one polygon each."""

    def __init__(self, ids: Ints, boxes: Boxes, single: Bools, grid: Grid | None = None) -> None:
        self.ids, self.single = ids, single
        self._sides = np.ascontiguousarray(boxes * _SIGNS)
        self._grid = grid or laid(boxes)
        numbers = ids >> SHIFT
        first = np.flatnonzero(np.diff(numbers, prepend=-1))
        self.numbers: Ints = numbers[first]
        """Number of each block: its ids without their last bits."""
        self.starts: Ints = np.append(first, len(ids))
        parts = np.minimum(first[:, None] + _PARTS * PART, self.starts[1:, None])
        self._parts: Ints = np.append(parts.ravel(), len(ids))
        """First row of each part; a block of few parcels has empty ones."""
        self._bound()

    def _bound(self) -> None:
        far = -(-len(self.numbers) // SLOTS)
        nowhere = np.full((4, far * SLOTS - len(self.numbers)), np.inf)
        self._bounds = np.append(_around(self._sides, self.starts[:-1]), nowhere, axis=1)
        self._far_bounds = self._bounds.reshape(4, far, SLOTS).min(axis=2)
        self._part_bounds = _around(self._sides, self._parts[:-1])

    @property
    def is_worn(self) -> bool:
        """So many have moved that a new one would be faster."""
        return len(self._grid.astray) > _WORN

    def places(self, ids: Ints) -> Ints | None:
        """Rows of these parcels; None where one of them is not there."""
        rows: Ints = np.searchsorted(self.ids, ids)
        return rows if len(self.ids) and np.array_equal(self.ids.take(rows, mode="clip"), ids) else None

    def changed(self, is_here: Bools, came: Ints) -> tuple["Land", Ints]:
        """With those that came (somewhere) and without those that went (`is_here` tells of each); and the order that puts columns so."""
        ids = np.append(self.ids[is_here], came)
        order: Ints = np.argsort(ids, kind="stable")
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        boxes = np.append((self._sides * _SIGNS)[:, is_here], np.zeros((4, len(came))), axis=1)[:, order]
        single = np.append(self.single[is_here], np.zeros(len(came), bool))[order]
        return Land(ids[order], boxes, single, self._grid.moved(is_here, place)), order

    def move(self, rows: Ints, boxes: Boxes, single: Bools) -> None:
        """These rows lie there now; most changes of a parcel leave it where it was."""
        self.single[rows] = single
        sides = boxes * _SIGNS
        is_other = (self._sides[:, rows] != sides).any(axis=0)
        if is_other.any():
            self._sides[:, rows] = sides
            self._grid = self._grid.strayed(rows[is_other])
            self._bound()

    def candidates(self, extent: Envelope, most: int) -> Ints | None:
        """Rows that may meet a small extent, in no order, those that have moved perhaps twice; None where they are more than `most`."""
        return self._grid.candidates(extent, most)

    def in_order(self, rows: Ints) -> Ints:
        """Rows, that came from candidates, by their ids, each once."""
        if self._grid.has_moved:
            return np.unique(rows)
        ordered = rows.copy()
        ordered.sort()  # np.sort itself is as much again
        return ordered

    def near(self, extent: Envelope) -> Ints:
        """Places of the blocks that an extent meets: first of 64 at once, then of each of those."""
        reach = _reach(extent)
        far = _all_four(self._far_bounds <= reach).nonzero()[0]
        blocks = (far[:, None] * SLOTS + _SLOTS).ravel()
        return blocks[_all_four(self._bounds.take(blocks, 1) <= reach)]

    def count(self, extent: Envelope, blocks: Ints) -> tuple[int, Ints]:
        """Number of parcels of these blocks that surely lie in the extent, and the rows at its edge: there each has to be looked at."""
        least = _least(extent)
        whole = _all_four(self._bounds.take(blocks, 1) >= least)
        parts = (blocks[~whole][:, None] * len(_PARTS) + _PARTS).ravel()
        parts = parts[_all_four(self._part_bounds.take(parts, 1) <= _reach(extent))]
        inside = _all_four(self._part_bounds.take(parts, 1) >= least)
        number = _lengths(self.starts, blocks[whole]).sum() + _lengths(self._parts, parts[inside]).sum()
        return int(number), _ranges(self._parts, parts[~inside])

    def rows(self, blocks: Ints) -> Ints:
        """Rows of these blocks, one after another."""
        return _ranges(self.starts, blocks)

    def lengths(self, blocks: Ints) -> Ints:
        """Number of parcels in each of these blocks."""
        return _lengths(self.starts, blocks)

    def meeting(self, extent: Envelope, rows: Ints) -> Met:
        """Those of the rows whose box meets the extent.

        One polygon within the extent's width or height reaches from edge to edge of its own box, so it meets what its box meets.
        """
        sides = self._sides.take(rows, 1)
        met = _all_four(sides <= _reach(extent)).nonzero()[0]
        rows = rows.take(met)
        within = (sides >= _least(extent)).take(met, 1)
        (upright, level), single = within[:2] & within[2:], self.single.take(rows)
        return Met(rows, ~((upright & level) | (single & (upright | level))))


def _reach(extent: Envelope) -> Boxes:
    """What meets the extent has no side above these."""
    return np.array((extent.east, extent.north, -extent.west, -extent.south)).reshape(4, 1)


def _least(extent: Envelope) -> Boxes:
    """What lies in the extent has no side below these."""
    return np.array((extent.west, extent.south, -extent.east, -extent.north)).reshape(4, 1)


def _around(sides: Boxes, first: Ints) -> Boxes:
    """Boxes around boxes: of each run that begins at one of these places (of one without boxes: any; behind the last box: nowhere)."""
    found, number = np.full((4, len(first)), np.inf), int(np.searchsorted(first, sides.shape[1]))
    if number:
        found[:, :number] = np.minimum.reduceat(sides, first[:number], axis=1)
    return found


def _lengths(starts: Ints, places: Ints) -> Ints:
    return starts.take(places + 1) - starts.take(places)


def _ranges(starts: Ints, places: Ints) -> Ints:
    """Rows from each of these starts to the next, one after another."""
    lengths = _lengths(starts, places)
    ends: Ints = lengths.cumsum()
    before: Ints = starts.take(places) - ends + lengths
    return before.repeat(lengths) + np.arange(int(ends[-1]) if len(ends) else 0, dtype=np.int64)
