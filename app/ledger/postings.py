"""Ledger arithmetic on accepted grounds; pure (shapely), in the county's plane, metres.

A point of ground belongs to the earliest standing ground that covers it. Hence the net ground posted for a ground g is
area(U(E ∪ g)) − area(U(E)), E = the earlier standing grounds touching g (original shapes, never pieces), and Σ over the
standing grounds is the area of their union. Acceptance and reversal both post the difference to that state, so what is
counted depends only on what stands and in which order, not on the way there.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

import shapely
from shapely import STRtree
from shapely.geometry import MultiPolygon
from shapely.geometry.base import BaseGeometry

GRID = 0.001
"""1 mm: accepted shapes are snapped to it once, before anything is computed."""
GROUND = Decimal("0.000001")
NOISE = Decimal("0.00001")
"""Differences below this are floating point, not ground."""
CENT = Decimal("0.01")
ZERO = Decimal(0)


@dataclass(frozen=True)
class Ground:
    """An accepted ground. `order` is the order of acceptance in the register. `counts_in_full`: 期初, delivered area counts as it is."""

    order: int
    plane: BaseGeometry
    accepted_m2: Decimal
    counts_in_full: bool = False


@dataclass(frozen=True)
class Share:
    """What a ground has (or is to have) in the ledger: new ground it covers and area it counts."""

    ground_m2: Decimal = ZERO
    counted_m2: Decimal = ZERO

    def __sub__(self, other: "Share") -> "Share":
        return Share(self.ground_m2 - other.ground_m2, self.counted_m2 - other.counted_m2)


def snap(geom: BaseGeometry) -> BaseGeometry:
    """The shape on the 1 mm grid, valid, polygons only; of floating precision again, lest unions be rounded to the grid too."""
    snapped = shapely.set_precision(shapely.make_valid(shapely.force_2d(geom)), GRID)
    return shapely.set_precision(polygons(snapped), 0)


def polygons(geom: BaseGeometry) -> MultiPolygon:
    """The areas of a shape; what is only line or point is dropped."""
    parts = [p for p in shapely.get_parts(geom) if p.geom_type == "Polygon"]
    inner = [p for g in shapely.get_parts(geom) if g.geom_type in ("MultiPolygon", "GeometryCollection") for p in shapely.get_parts(g)]
    return MultiPolygon([p for p in (*parts, *inner) if p.geom_type == "Polygon" and not p.is_empty])


def area(geom: BaseGeometry) -> Decimal:
    """Planar area in m² at 6 decimals (a shape on the 1 mm grid has an area of n × 5·10⁻⁷ m²)."""
    return Decimal(repr(float(shapely.area(geom)))).quantize(GROUND, rounding=ROUND_HALF_UP)


def new_ground(earlier: Iterable[BaseGeometry], ground: BaseGeometry) -> Decimal:
    """area(U(N ∪ g)) − area(U(N)) in m²; N needs only hold the grounds that touch g."""
    others = list(earlier)
    if not others:
        return area(ground)
    return area(shapely.union_all([*others, ground])) - area(shapely.union_all(others))


def new_shape(earlier: Iterable[BaseGeometry], ground: BaseGeometry) -> BaseGeometry:
    """The new ground as a shape, for the map only; areas come from `new_ground`."""
    others = list(earlier)
    left = shapely.difference(ground, shapely.union_all(others)) if others else ground
    return MultiPolygon([p for p in shapely.get_parts(left) if p.geom_type == "Polygon" and not p.is_empty])


def counted(accepted_m2: Decimal, new: Decimal, whole: Decimal) -> Decimal:
    """Accepted area × new ground ÷ ground, half-up to 2 decimals; the whole ground counts exactly the accepted area."""
    if whole <= 0:
        return ZERO
    if new >= whole:
        return accepted_m2.quantize(CENT, rounding=ROUND_HALF_UP)
    return (accepted_m2 * new / whole).quantize(CENT, rounding=ROUND_HALF_UP)


def share(ground: Ground, earlier: Iterable[BaseGeometry]) -> Share:
    """What the ground is to have while it stands behind these earlier grounds."""
    new = min(max(new_ground(earlier, ground.plane), ZERO), area(ground.plane))
    if ground.counts_in_full:
        return Share(new, ground.accepted_m2)
    return Share(new, counted(ground.accepted_m2, new, area(ground.plane)))


def earlier_touching(grounds: Sequence[Ground]) -> dict[int, list[BaseGeometry]]:
    """Per ground (by order) the shapes of the earlier ones whose box touches it."""
    ordered = sorted(grounds, key=lambda g: g.order)
    shapes = [g.plane for g in ordered]
    found: dict[int, list[BaseGeometry]] = {g.order: [] for g in ordered}
    if not shapes:
        return found
    left, right = STRtree(shapes).query(shapes)
    for i, j in zip(left.tolist(), right.tolist(), strict=True):
        if j < i:
            found[ordered[i].order].append(shapes[j])
    return found


def shares(grounds: Sequence[Ground]) -> dict[int, Share]:
    """What each of these standing grounds is to have, by order. Σ ground_m2 = area of their union."""
    earlier = earlier_touching(grounds)
    return {g.order: share(g, earlier[g.order]) for g in grounds}


def reposts(standing: Sequence[Ground], removed: Sequence[Ground], have: Mapping[int, Share]) -> dict[int, Share]:
    """After `removed` no longer stand: what each later standing ground touching them gains, by order.

    `standing` must hold every standing ground touching a removed one, and every one touching those; `have` is what the
    ledger holds for them now.
    """
    gone = [g.plane for g in removed]
    first = min((g.order for g in removed), default=0)
    if not gone:
        return {}
    tree = STRtree(gone)
    earlier = earlier_touching(standing)
    gains: dict[int, Share] = {}
    for ground in sorted(standing, key=lambda g: g.order):
        if ground.order < first or tree.query(ground.plane, predicate="intersects").size == 0:
            continue
        gain = share(ground, earlier[ground.order]) - have.get(ground.order, Share())
        if gain.ground_m2 >= NOISE or gain.counted_m2 != 0:
            gains[ground.order] = gain
    return gains
