"""Overlaps of a whole delivery, within itself and with the register, from arrays: doubles by hash, pairs by spatial block."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from app.imports.checks.catalogue import limit
from app.imports.checks.geometry import Shapes, intersections, meeting
from app.imports.checks.issue import Finding
from app.imports.packed import PackedShapes
from app.imports.stage import Staged

LEAST_M2 = 0.001
"""Less is rounding of coordinates."""
CELL_M = 2_000.0
_MIX = np.uint64(0x9E3779B97F4A7C15)
_MOST_CELLS = 400
Fetch = Callable[[np.ndarray], np.ndarray]
"""Row numbers → their shapes in the plane: not all of them are needed at once."""


def check_overlaps(staged: Staged, shapes: Shapes, keys: Sequence[str], meridian_epsg: int) -> None:
    """Doubles and overlaps within a delivery whose shapes are all at hand."""
    live = np.flatnonzero(staged.ok & ~shapely.is_missing(shapes.plane))
    found = overlaps(shapely.bounds(shapes.plane), shapes.plane.__getitem__, hashes(shapes.stored), keys=keys, live=live)
    staged.note(found, meridian_epsg)


def hashes(stored: np.ndarray | PackedShapes, bounds: np.ndarray | None = None) -> np.ndarray:
    """16 bytes of each shape (its bounds beside it), the same for the same shape wherever its rings begin; empty where there is none."""
    bounds = shapely.bounds(stored) if bounds is None else bounds
    if not len(stored):
        return np.zeros(0, "S16")  # zfill knows no width of nothing
    marks = np.char.add(np.char.zfill(np.arange(len(stored)).astype("S15"), 15), b"h")
    marks[np.isnan(bounds[:, 0])] = b""
    twins = _boxed_alike(bounds)
    wkb = shapely.to_wkb(shapely.normalize(stored[twins]))
    marks[twins] = [hashlib.blake2b(w, digest_size=16).digest() for w in wkb]
    return marks


def _boxed_alike(bounds: np.ndarray) -> np.ndarray:
    """Rows whose box another row has exactly: only they can be the same shape, and nearly all rows are not among them."""
    drawn = np.flatnonzero(~np.isnan(bounds[:, 0]))
    mixed = np.zeros(len(drawn), dtype=np.uint64)
    for side in bounds.T:
        mixed = mixed * _MIX + (side[drawn] + 0.0).view(np.uint64)  # -0.0 is 0.0
    _, which, count = np.unique(mixed, return_inverse=True, return_counts=True)
    return drawn[count[which] > 1]


def doubles(marks: np.ndarray, live: np.ndarray) -> dict[int, int]:
    """Later row → the first row with the same mark."""
    _, first, which = np.unique(marks[live], return_index=True, return_inverse=True)
    earliest = live[first[which]]
    later = np.flatnonzero(earliest != live)
    return dict(zip(live[later].tolist(), earliest[later].tolist(), strict=True))


def overlaps(bounds: np.ndarray, fetch: Fetch, marks: np.ndarray, *, keys: Sequence[str], live: np.ndarray) -> list[Finding]:
    """Doubles and overlapping pairs of the `live` rows, told on the later row with the other's key and the shared m².

    bounds: (n, 4) in the plane; marks: `hashes`; live: ascending row numbers.
    """
    if len(live) < 2:
        return []
    same = doubles(marks, live)
    found = [Finding(later, "duplicate_geometry", f"{keys[earlier]},图形完全相同") for later, earlier in sorted(same.items())]
    pairs: list[Finding] = []
    grid = Grid.over(bounds[live])
    for positions, cell in spatial_blocks(bounds[live], grid):
        near = live[positions]
        one, two = _boxes_meeting(bounds[near], grid, cell)
        rows, at = np.unique([near[one], near[two]], return_inverse=True)
        plane = fetch(rows)
        for left, right, shared, area in zip(*_pairs(plane, *at.reshape(2, -1)), strict=True):
            first, second = int(rows[left]), int(rows[right])
            if same.get(first, first) != same.get(second, second):
                code = classify(area, plane[left].area, plane[right].area)
                pairs.append(Finding(second, code, f"{keys[first]},重叠 {area:.2f} 平方米", place=shared))
    return found + sorted(pairs, key=lambda f: (f.index, f.value))


@dataclass(frozen=True)
class Grid:
    """A square grid over the delivery."""

    left: float
    bottom: float
    side: float

    @classmethod
    def over(cls, box: np.ndarray) -> "Grid":
        left, bottom = box[:, 0].min(), box[:, 1].min()
        return cls(left, bottom, max(CELL_M, (box[:, 2].max() - left) / _MOST_CELLS, (box[:, 3].max() - bottom) / _MOST_CELLS))

    def cell(self, corner: np.ndarray) -> np.ndarray:
        """Column and row of points (n, 2)."""
        return np.asarray(np.floor((corner - (self.left, self.bottom)) / self.side).astype(np.int64))


def spatial_blocks(box: np.ndarray, grid: Grid) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(positions, cell) for every cell that boxes touch; a box stands in each of them."""
    low = grid.cell(box[:, :2])
    span = grid.cell(box[:, 2:]) - low + 1
    count = span[:, 0] * span[:, 1]
    row = np.repeat(np.arange(len(box)), count)
    nth = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    cell = np.column_stack([low[row, 0] + nth % span[row, 0], low[row, 1] + nth // span[row, 0]])
    order = np.lexsort((row, cell[:, 1], cell[:, 0]))
    row, cell = row[order], cell[order]
    starts = np.flatnonzero(np.r_[True, (np.diff(cell, axis=0) != 0).any(axis=1)])
    for start, stop in zip(starts, np.r_[starts[1:], len(row)], strict=True):
        if stop - start > 1:
            yield row[start:stop], cell[start]


def _boxes_meeting(box: np.ndarray, grid: Grid, cell: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(earlier, later) of the pairs whose common box has its lower left corner in this cell."""
    drawn = shapely.box(*box.T)
    one, two = shapely.STRtree(drawn).query(drawn)
    one, two = one[one < two], two[one < two]
    here = (grid.cell(np.maximum(box[one, :2], box[two, :2])) == cell).all(axis=1)
    return one[here], two[here]


def _pairs(plane: np.ndarray, one: np.ndarray, two: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(earlier, later, shared shape, m²) of those of the pairs that overlap."""
    meet = shapely.intersects(plane[one], plane[two])
    one, two = one[meet], two[meet]
    shared = intersections(plane[one], plane[two])
    area = shapely.area(shared)
    hits = area > LEAST_M2
    return one[hits], two[hits], shared[hits], area[hits]


def classify(shared: float, one: float, two: float) -> str:
    """Code of an overlap by the shared m² and the two areas."""
    smaller, larger = sorted((one, two))
    if shared >= limit("duplicate_geometry") * larger:
        return "duplicate_geometry"
    if shared <= limit("overlap_sliver"):
        return "overlap_sliver"
    return "overlap_contained" if shared >= limit("overlap_contained") * smaller else "overlap"


def overlaps_with(plane: np.ndarray | PackedShapes, live: np.ndarray, others: np.ndarray, names: Sequence[str]) -> list[Finding]:
    """Overlaps of the delivery with parcels of the register that it does not bring, beyond a sliver."""
    if not len(live) or not len(others):
        return []
    other, row = meeting(plane, live, others)
    shared = intersections(others[other], plane[live[row]])
    area = shapely.area(shared)
    hits = np.flatnonzero(area > limit("overlap_register"))
    found = [Finding(int(live[row[n]]), "overlap_register", f"{names[other[n]]},重叠 {area[n]:.2f} 平方米", place=shared[n]) for n in hits]
    return sorted(found, key=lambda f: (f.index, f.value))
