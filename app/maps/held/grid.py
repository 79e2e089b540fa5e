"""Which parcels may meet a small extent: a grid of columns and lines, each with about equally many parcels. Pure.

A parcel stands in the cell of its west and south sides, so that no cell repeats another's; an extent asks as far beyond its own
west and south as any parcel reaches. What reaches farther than nearly all others, or has moved since, is always asked.
"""

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.maps.extent import Envelope

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Boxes = npt.NDArray[np.float64]
_CELL = 8
"""Parcels of a cell, about."""
_SLACK = 1e-9
"""Degrees by which sums of sides may be rounded."""
_WIDE = 32
"""Parcels, at most, whose width (and as many whose height) does not count: each extent would ask far beyond its side for them."""


@dataclass(frozen=True)
class Grid:
    """`rows` cell after cell, of cell n from `starts[n]` on; cells go from west to east, lines of them from south to north."""

    columns: list[float]
    lines: list[float]
    width: float
    height: float
    rows: Ints
    starts: list[int]
    astray: Ints
    """Rows that stand in no cell, or no longer in the right one."""
    has_moved: bool = False
    """Some of those astray stand in a cell as well."""

    def candidates(self, extent: Envelope, most: int) -> Ints | None:
        """Rows that may meet the extent, in no order, those that moved perhaps twice; None where they are more than `most`."""
        wide, starts = len(self.columns) + 1, self.starts
        first, last = bisect_right(self.columns, extent.west - self.width), bisect_right(self.columns, extent.east) + 1
        lines = range(bisect_right(self.lines, extent.south - self.height), bisect_right(self.lines, extent.north) + 1)
        spans = [(starts[line * wide + first], starts[line * wide + last]) for line in lines]
        if sum(end - start for start, end in spans) > most:
            return None
        return np.concatenate([*(self.rows[start:end] for start, end in spans), self.astray])

    def moved(self, is_here: Bools, place: Ints) -> "Grid":
        """The same after rows went (`is_here` tells of each) and the others got another `place`; those that came are astray."""
        here = is_here[self.rows]
        before, to = np.append(0, here.cumsum()), np.full(len(is_here), -1)
        to[is_here] = place[: is_here.sum()]
        astray = to[self.astray]
        came = place[is_here.sum() :]
        return Grid(
            self.columns, self.lines, self.width, self.height, to[self.rows[here]], before[self.starts].tolist(),
            np.concatenate([astray[astray >= 0], came]), self.has_moved,
        )  # fmt: skip

    def strayed(self, rows: Ints) -> "Grid":
        """The same where these rows have moved."""
        return Grid(self.columns, self.lines, self.width, self.height, self.rows, self.starts, np.union1d(self.astray, rows), True)


def laid(boxes: Boxes) -> Grid:
    """A grid for these boxes: west, south, east, north of each."""
    west, south, east, north = boxes
    count = len(west)
    across = max(1, int((count / _CELL) ** 0.5))
    cuts = [count * n // across for n in range(1, across)]
    columns, lines = np.sort(west)[cuts], np.sort(south)[cuts]
    widths, heights = east - west, north - south
    width, height = (_SLACK + float(np.partition(each, -_WIDE - 1)[-_WIDE - 1]) if count > _WIDE else 0.0 for each in (widths, heights))
    is_wide = (widths > width) | (heights > height)
    cells = np.searchsorted(lines, south, "right") * across + np.searchsorted(columns, west, "right")
    cells[is_wide] = across * across
    rows = np.argsort(cells, kind="stable")
    starts = np.searchsorted(cells[rows], np.arange(across * across + 1))
    return Grid(columns.tolist(), lines.tolist(), width, height, rows[: starts[-1]], starts.tolist(), rows[starts[-1] :])
