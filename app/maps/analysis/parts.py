"""Cutting a range into its parts in the county's plane: pieces of parcels, each ground counted once, and the uncovered rest. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from app.core.units import half_up
from app.maps.analysis.outline import faces_of

SLIVER_M2: Final = 0.01
"""A neighbour that only touches the range (less than this inside) is no part of it."""
TOLERANCE_M2: Final = 0.01
_NOISE_M2: Final = 1e-7
_CENT: Final = Decimal("0.01")


@dataclass(frozen=True)
class Cut:
    """Areas in m², parallel to the parcels given; zero where a parcel has no part in the range."""

    range_m2: float
    whole: NDArray[np.float64]
    covered: NDArray[np.float64]
    counted: NDArray[np.float64]
    uncovered_m2: float
    overlaps: list[tuple[int, int, float]]

    @property
    def difference_m2(self) -> float:
        """Parts minus range; the parts are measured apart from the range, so this is a check."""
        return float(self.counted.sum() + self.uncovered_m2 - self.range_m2)


def sound(geoms: NDArray[np.object_]) -> NDArray[np.object_]:
    """Valid faces; moving to the plane can make a needle cross itself."""
    bad = ~shapely.is_valid(geoms)
    if bad.any():
        geoms = geoms.copy()
        geoms[bad] = [faces_of(shapely.make_valid(g, method="structure", keep_collapsed=False)) for g in geoms[bad]]
    return geoms


def cut(range_: BaseGeometry, parcels: NDArray[np.object_]) -> Cut:
    """Parcels inside take their own area, only crossing ones are intersected; the earlier parcel keeps ground that two claim."""
    parcels = sound(parcels)
    shapely.prepare(range_)
    whole = shapely.area(parcels)
    pieces = np.full(len(parcels), None, dtype=object)
    meets = shapely.intersects(range_, parcels)
    inside = np.zeros(len(parcels), dtype=bool)
    inside[meets] = shapely.covers(range_, parcels[meets])
    pieces[inside] = parcels[inside]
    crossing = meets & ~inside
    pieces[crossing] = [faces_of(g) for g in shapely.intersection(parcels[crossing], range_)]
    covered = np.where(shapely.is_missing(pieces), 0.0, shapely.area(pieces))
    covered = np.nan_to_num(covered)
    taking = np.flatnonzero(covered > SLIVER_M2)
    covered[covered <= SLIVER_M2] = 0.0
    counted = covered.copy()
    overlaps = _overlaps(pieces, taking)
    before: dict[int, list[int]] = {}
    for first, second, _ in overlaps:
        before.setdefault(second, []).append(first)
    for second, firsts in before.items():
        counted[second] = shapely.area(shapely.difference(pieces[second], shapely.union_all(pieces[firsts])))
    rest = shapely.difference(range_, shapely.union_all(pieces[taking])) if len(taking) else range_
    return Cut(float(range_.area), whole, covered, counted, float(rest.area), overlaps)


def _overlaps(pieces: NDArray[np.object_], taking: NDArray[np.intp]) -> list[tuple[int, int, float]]:
    """Pairs of pieces that share ground (not only a border), the earlier first."""
    if len(taking) < 2:
        return []
    kept = pieces[taking]
    left, right = shapely.STRtree(kept).query(kept, predicate="intersects")
    ahead = left < right
    left, right = left[ahead], right[ahead]
    shared = shapely.area(shapely.intersection(kept[left], kept[right]))
    return sorted((int(taking[i]), int(taking[j]), float(a)) for i, j, a in zip(left, right, shared, strict=True) if a > _NOISE_M2)


def apportioned(parts: Sequence[float], total: float) -> tuple[list[Decimal], Decimal]:
    """Parts and total at 0.01 m², so that the printed parts add up to the printed total (largest remainder)."""
    whole = half_up(Decimal(total), 2)
    exact = [Decimal(part) for part in parts]
    if abs(sum(exact) - Decimal(total)) > Decimal(TOLERANCE_M2):
        return [half_up(part, 2) for part in exact], whole
    floors = [part.quantize(_CENT, rounding=ROUND_FLOOR) for part in exact]
    missing = int((whole - sum(floors)) / _CENT)
    by_remainder = sorted(range(len(exact)), key=lambda i: exact[i] - floors[i], reverse=missing > 0)
    for i in by_remainder[: abs(missing)]:
        floors[i] += _CENT if missing > 0 else -_CENT
    return floors, whole


def share(part: Decimal | float, whole: Decimal | float) -> Decimal | None:
    """Ratio at 4 decimals, half-up, at most 1; None without a denominator."""
    if not whole:
        return None
    return half_up(min(Decimal(part) / Decimal(whole), Decimal(1)), 4)


def inside_of(range_: BaseGeometry, zones: NDArray[np.object_]) -> tuple[float, NDArray[np.float64]]:
    """m² of the range inside the zones (overlapping zones once) and inside each zone."""
    if not len(zones):
        return 0.0, np.zeros(0)
    pieces = np.array([faces_of(g) for g in shapely.intersection(sound(zones), range_)], dtype=object)
    each = shapely.area(pieces)
    return float(shapely.area(shapely.union_all(pieces)) if len(pieces) > 1 else each[0]), each
