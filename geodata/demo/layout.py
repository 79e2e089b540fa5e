"""Where things lie: square slots in a town's cell, and rows of plots along roads within a slot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from numpy.random import Generator
from shapely.geometry import Polygon, box

PITCH, SIDE = 1230.0, 1162.5  # 74 slots of this side are 100.0 km²
ROAD, EDGE = 14.0, 12.0
Quad = np.ndarray  # 4 × 2: lower left, lower right, upper right, upper left


@dataclass
class Plot:
    """A place for one thing; neighbours in a row have two corners in common, exactly."""

    quad: Quad

    def inner(self, points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        """Points given in the plot's own unit square, in the plane, to the millimetre."""
        a, b, c, d = self.quad
        uv = np.array(points)
        u, v = uv[:, :1], uv[:, 1:]
        xy = a * (1 - u) * (1 - v) + b * u * (1 - v) + c * u * v + d * (1 - u) * v
        return [(float(x), float(y)) for x, y in np.round(xy, 3)]

    @property
    def polygon(self) -> Polygon:
        return Polygon([(float(x), float(y)) for x, y in self.quad])


def slots(cell: Polygon) -> list[Polygon]:
    """Squares that lie wholly in a cell, 40 m from its edge, nearest to its middle first."""
    inner = cell.buffer(-40)
    shapely.prepare(inner)
    left, bottom, right, top = cell.bounds
    best: list[Polygon] = []
    for shift_x in range(0, int(PITCH), 205):
        for shift_y in range(0, int(PITCH), 205):
            xs = np.arange(round(left) - shift_x, right, PITCH)
            ys = np.arange(round(bottom) - shift_y, top, PITCH)
            x, y = (grid.ravel() for grid in np.meshgrid(xs, ys))
            squares = shapely.box(x, y, x + SIDE, y + SIDE)
            inside = squares[shapely.contains(inner, squares)]
            if len(inside) > len(best):
                best = list(inside)
    middle = cell.representative_point()
    return sorted(best, key=lambda s: (round(s.centroid.distance(middle), 3), s.bounds))


def strips(slot: Polygon, shares: Sequence[float]) -> list[Polygon]:
    """The slot cut into upright strips of these shares."""
    left, bottom, right, top = slot.bounds
    cuts = left + np.concatenate([[0.0], np.cumsum(shares) / sum(shares)]) * (right - left)
    return [box(round(a), bottom, round(b), top) for a, b in pairwise(cuts)]


def arrange(areas: np.ndarray, ground: Polygon, rng: Generator, *, wobble: float = 1.5) -> list[Plot]:
    """Plots of these areas in rows along roads, largest first; refuses what does not fit."""
    left, bottom, right, top = ground.bounds
    width, height = right - left - 2 * EDGE, top - bottom - 2 * EDGE
    order = np.argsort(-areas, kind="stable")
    rows = _rows(areas, order, width, rng)
    spare = height - sum(depth for depth, _ in rows) - ROAD * (len(rows) - 1)
    if spare < 0:
        raise ValueError(f"{len(areas)} plots of {areas.sum():.0f} m² do not fit {width:.0f} × {height:.0f} m")
    gap = ROAD + min(spare / max(len(rows), 1), 60.0)
    plots: list[Plot | None] = [None] * len(areas)
    y = bottom + EDGE
    for depth, members in rows:
        _place_row(plots, members, areas, (left + EDGE, y, depth), wobble, rng)
        y += depth + gap
    return [plot for plot in plots if plot is not None]


def _rows(areas: np.ndarray, order: np.ndarray, width: float, rng: Generator) -> list[tuple[float, list[int]]]:
    rows: list[tuple[float, list[int]]] = []
    room = 0.0
    for index in order:
        area = float(areas[index])
        if not rows or area / rows[-1][0] + 10.0 > room or area < 0.45 * rows[-1][0] ** 2:
            depth = float(np.sqrt(area / rng.uniform(1.1, 1.7)))
            rows.append((min(depth, 260.0), []))
            room = width
        rows[-1][1].append(int(index))
        room -= area / rows[-1][0] + 10.0
    return rows


def _place_row(
    plots: list[Plot | None], members: list[int], areas: np.ndarray, place: tuple[float, float, float],
    wobble: float, rng: Generator,
) -> None:  # fmt: skip
    """Neighbours share the edge of a cut, or a lane of 8 m lies between them."""
    x, y, depth = place
    shuffled = [members[i] for i in rng.permutation(len(members))]
    cut = _cut(x, y, depth, wobble, rng)
    for index in shuffled:
        x += float(areas[index]) / depth
        end = _cut(x, y, depth, wobble, rng)
        plots[index] = Plot(np.array([cut[0], end[0], end[1], cut[1]]))
        cut = end
        if rng.random() < 0.3:
            x += 8.0
            cut = _cut(x, y, depth, wobble, rng)


def _cut(x: float, y: float, depth: float, wobble: float, rng: Generator) -> np.ndarray:
    low, high = rng.uniform(-wobble, wobble, (2, 2))
    return np.round(np.array([(x + low[0], y + low[1]), (x + high[0], y + depth + high[1])]), 3)
