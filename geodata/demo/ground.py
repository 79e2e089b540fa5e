"""Puts parcels, freed ground and free spots into the town cells; 74 blocks under the control line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator
from shapely.geometry import Polygon

from geodata.demo.layout import SIDE, Plot, arrange, slots, strips
from geodata.demo.ledger import Posting
from geodata.demo.shapes import GROUND_KEPT, KINDS, RATES
from geodata.demo.sizes import parcel_sizes
from geodata.demo.territory import BODIES, OUTSIDE, Body
from geodata.land import M2_PER_MU

BLOCKS, INSIDE_SHARE, OUTSIDE_PARCELS = 74, 0.732, 60
DENSITY = 0.40  # share of a slot that plots may take


@dataclass
class Place:
    """A plot with its future: which body, which block, which form. `kind` = parcel or dropped."""

    body: Body
    plot: Plot
    form: str
    block: str | None
    sub: int  # 地籍子区: the slot's number in its town
    kind: str = "parcel"


@dataclass
class Block:
    """工业区块; its square is also its part of the control line."""

    code: str
    name: str
    body: Body
    square: Polygon


@dataclass
class Ground:
    places: list[Place] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    spare: dict[str, list[Polygon]] = field(default_factory=dict)


def lay_out(cells: dict[str, Polygon], postings: list[Posting], count: int, rng: Generator) -> Ground:
    """`count` parcels with places; postings that are mapped get their ground."""
    free = {town: slots(cell) for town, cell in cells.items()}
    numbers: dict[str, int] = defaultdict(int)
    by_body = _deal_sizes(count, rng)
    areas = {code: mu.sum() for code, mu in by_body.items() if code != OUTSIDE.code}
    blocks_of = _block_counts(areas)
    ground = Ground()
    for body in [*BODIES, OUTSIDE]:
        mine = [p for p in postings if p.body is body and p.mapped]
        _lay_out_body(ground, body, by_body[body.code], mine, blocks_of.get(body.code, 0), free, numbers, rng)
    ground.spare = free
    return ground


def _deal_sizes(count: int, rng: Generator) -> dict[str, np.ndarray]:
    """Sizes by body; the coastal zone's plots are the large ones."""
    sizes = rng.permutation(parcel_sizes(rng))[:count]
    result: dict[str, np.ndarray] = {}
    wanted = {b.code: round((count - OUTSIDE_PARCELS) * b.share / 100) for b in BODIES}
    wanted[BODIES[0].code] += count - OUTSIDE_PARCELS - sum(wanted.values())
    wanted[OUTSIDE.code] = OUTSIDE_PARCELS
    for code in ("330282402", *[c for c in wanted if c != "330282402"]):
        power = 0.65 if code == "330282402" else 0.0
        weights = sizes**power
        taken = rng.choice(len(sizes), wanted[code], replace=False, p=weights / weights.sum())
        result[code] = sizes[np.sort(taken)]
        sizes = np.delete(sizes, taken)
    return result


def _block_counts(areas: dict[str, float]) -> dict[str, int]:
    total = sum(areas.values())
    exact = {code: BLOCKS * area / total for code, area in areas.items()}
    counts = {code: max(1, int(value)) for code, value in exact.items()}
    order = sorted(exact, key=lambda code: (-(exact[code] - counts[code]), code))
    for code in order[: BLOCKS - sum(counts.values())]:
        counts[code] += 1
    return counts


def _lay_out_body(
    ground: Ground, body: Body, sizes: np.ndarray, postings: list[Posting], blocks: int,
    free: dict[str, list[Polygon]], numbers: dict[str, int], rng: Generator,
) -> None:  # fmt: skip
    inside = rng.random(len(sizes)) < INSIDE_SHARE if blocks else np.zeros(len(sizes), dtype=bool)
    for group in _share_out(sizes[inside], blocks, rng):
        square = free[body.town].pop(0)
        numbers[body.town] += 1
        code = f"CX-Q{len(ground.blocks) + 1:02d}"
        ground.blocks.append(Block(code, f"{body.name[:-1]}{numbers[body.town]}号工业区块", body, square))
        ground.places += _places(body, group, square, code, numbers[body.town], rng)
    dropped = rng.uniform(3.5, 9, 2 if body in BODIES[:10] else 1 if body.share else 0)
    outside = sizes[~inside]
    freed = np.array([p.mu for p in postings])
    need = (outside.sum() + freed.sum() + dropped.sum()) * M2_PER_MU
    count = max(1, int(np.ceil(need / (SIDE**2 * DENSITY))))
    groups, freed_groups = _share_out(outside, count, rng), _share_out(np.arange(len(freed)), count, rng)
    for number, (group, indices) in enumerate(zip(groups, freed_groups, strict=True)):
        square = free[body.town].pop(0)
        numbers[body.town] += 1
        extra = dropped if number == 0 else np.empty(0)
        shares = [max(group.sum() + extra.sum(), 1.0), max(freed[indices].sum(), 1.0) if len(indices) else 0.0]
        parts = strips(square, shares) if shares[1] else [square]
        ground.places += _places(body, np.concatenate([group, extra]), parts[0], None, numbers[body.town], rng,
                                 dropped=len(extra))  # fmt: skip
        if shares[1]:
            for plot, index in zip(arrange(freed[indices] * M2_PER_MU, parts[1], rng, wobble=0.0), indices, strict=True):
                postings[index].ground = plot.polygon


def _share_out(items: np.ndarray, groups: int, rng: Generator) -> list[np.ndarray]:
    """Deal items into groups of about equal sum."""
    order = rng.permutation(len(items))
    return [items[order[k::groups]] for k in range(groups)]


def _places(
    body: Body, sizes: np.ndarray, square: Polygon, block: str | None, sub: int, rng: Generator, *, dropped: int = 0
) -> list[Place]:
    if not len(sizes):
        return []
    forms = rng.choice(KINDS, len(sizes), p=np.array(RATES) / sum(RATES))
    forms[len(sizes) - dropped :] = "quad"
    kept = np.array([GROUND_KEPT[str(form)] for form in forms])
    plots = arrange(sizes * M2_PER_MU / kept, square, rng)
    offset = len(sizes) - dropped
    return [
        Place(body, plot, str(form), block, sub, "dropped" if i >= offset else "parcel")
        for i, (plot, form) in enumerate(zip(plots, forms, strict=True))
    ]


def neighbours(places: list[Place]) -> list[tuple[int, int]]:
    """Pairs of places whose plots share an edge and whose forms are plain quads."""
    corner = {tuple(p.plot.quad[0]): i for i, p in enumerate(places)}
    pairs = []
    for i, place in enumerate(places):
        right = corner.get(tuple(place.plot.quad[1]))
        if right is not None and place.form == places[right].form == "quad" and place.kind == places[right].kind:
            pairs.append((i, right))
    return pairs


def spots(square: Polygon) -> Iterator[tuple[float, float]]:
    """Free ground for planted faults: corners of a coarse grid in an empty slot."""
    left, bottom, right, top = square.bounds
    for y in np.arange(bottom + 40, top - 130, 130.0):
        for x in np.arange(left + 40, right - 260, 260.0):
            yield float(x), float(y)
