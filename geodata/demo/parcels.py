"""宗地 of the second delivery: codes, the four areas as they differ in life, tenure."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from numpy.random import Generator

from geodata.demo.ground import Place
from geodata.demo.names import ROADS
from geodata.demo.shapes import Form, form_of
from geodata.demo.territory import TOWNS
from geodata.land import Parcel, cadastral_code

DIFFERS, UNREGISTERED = 0.19, 0.02
OWNERSHIP = (("G", 0.78), ("J", 0.20), ("Z", 0.02))
LEGALITY = (("有证", 0.90), ("有批未证", 0.07), ("无合法手续", 0.03))


class Codes:
    """宗地代码 by town and 地籍子区; a number is never used twice."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, int], int] = defaultdict(int)

    def next(self, town: str, sub: int, ownership: str) -> str:
        self._last[town, sub] += 1
        return cadastral_code(town, sub, ownership, self._last[town, sub])


def make_parcels(places: list[Place], codes: Codes, rng: Generator) -> list[Parcel]:
    """One parcel a place."""
    return [_parcel(place, codes, form_of(place.plot, place.form, rng), rng) for place in places]


def _parcel(place: Place, codes: Codes, shape: Form, rng: Generator) -> Parcel:
    body = place.body
    ownership = _pick(OWNERSHIP, rng)
    code = codes.next(body.town, place.sub, ownership)
    registered = registered_area(shape.area, rng)
    town_name = TOWNS[body.town[6:]][0]
    road = ROADS[int(rng.integers(len(ROADS)))]
    approved = round(shape.area * (1 + rng.uniform(-0.01, 0.01)), 2)
    return Parcel(
        code, body.town, body.name, shape,
        registered=registered,
        approved=approved if registered is None or rng.random() < 0.9 else None,
        ownership=ownership, legality=_pick(LEGALITY, rng), name=f"{town_name}{code[9:12]}-{code[14:]}地块",
        location=f"{town_name}{road}路{int(rng.integers(1, 900))}号", block=place.block,
        unit=f"{code}F0001{int(rng.integers(1, 9)):04d}" if rng.random() < 0.85 else None,
        inside=place.block is not None,
    )  # fmt: skip


def registered_area(planar: float, rng: Generator) -> float | None:
    """证载面积: within 0.4 % of the shape, or clearly (1.5 to 6 %) off it, or missing; never in between."""
    draw = rng.random()
    if draw < UNREGISTERED:
        return None
    if draw < UNREGISTERED + DIFFERS:
        off = rng.uniform(0.0155, 0.06) * rng.choice([-1, 1])
        return round(planar * (1 + off), 2)
    return round(planar * (1 + rng.uniform(-0.004, 0.004)), 2)


def clear_of(parcel: Parcel, bound_mu: float, rng: Generator) -> None:
    """Keep a parcel's deciding area away from a bound, so that its case can be stated."""
    while abs(parcel.mu - bound_mu) < 0.01:
        parcel.registered = round(parcel.shape.area * (1 + rng.uniform(-0.004, 0.004)), 2)


def _pick(table: tuple[tuple[str, float], ...], rng: Generator) -> str:
    return str(rng.choice([word for word, _ in table], p=np.array([share for _, share in table])))
