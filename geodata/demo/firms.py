"""Who sits on which parcel: owners of 规上, larger and small 规下, village companies and their tenants."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator

from geodata.land import Parcel

COUNTS = {"规上": 1600, "规下": 2300, "小": 700, "租赁": 1200, "村": 200}
LESSOR_PARCELS = 420
CAP = 300.0
TAX = {"规上": (24.0, 0.90), "规下": (10.5, 0.75), "小": (11.0, 0.9), "租赁": (13.0, 0.9), "村": (10.0, 0.5)}


@dataclass
class Firm:
    """企业 with the ground it uses. `value` = 万元 of tax per 亩 used, by construction."""

    kind: str
    body: str
    parcels: list[Parcel] = field(default_factory=list)  # owned
    lets: list[tuple[Parcel, float, Firm]] = field(default_factory=list)  # parcel, 亩, tenant
    rents: list[tuple[Parcel, float, Firm]] = field(default_factory=list)  # parcel, 亩, lessor
    value: float = 0.0
    reason: str = ""  # why it is inefficient, '' = it is not
    industry: str = ""
    code: str = ""
    name: str = ""
    tax_missing: bool = False
    grade_missing: bool = False

    @property
    def used(self) -> float:
        """Own + rented in − rented out, 亩."""
        own = sum(held_mu(p) for p in self.parcels)
        return own + sum(mu for _, mu, _ in self.rents) - sum(mu for _, mu, _ in self.lets)

    @property
    def division(self) -> str:
        return self.industry[:2]


def held_mu(parcel: Parcel) -> float:
    """A whole parcel's 亩 as the occupancy table states it."""
    return round(parcel.mu, 4)


def settle(owned: list[Parcel], let: list[Parcel], rng: Generator) -> list[Firm]:
    """Give every parcel an owner, and the village companies' parcels tenants."""
    firms = _owners(owned, rng)
    return firms + _villages(let, rng)


def _owners(parcels: list[Parcel], rng: Generator) -> list[Firm]:
    free = dict(enumerate(parcels))
    firms: list[Firm] = []

    def first(kind: str, low: float, high: float, power: float) -> None:
        keys = [k for k, p in free.items() if low <= p.mu < high]
        weights = np.array([free[k].mu ** power for k in keys])
        for index in rng.choice(len(keys), COUNTS[kind], replace=False, p=weights / weights.sum()):
            parcel = free.pop(keys[index])
            firms.append(Firm(kind, parcel.body, [parcel]))

    first("小", 0.0, 2.96, 0.0)
    first("规上", 6.0, 1e9, 0.9)
    first("规下", 3.05, 40.0, 0.0)
    by_body: dict[str, list[Firm]] = defaultdict(list)
    for firm in firms:
        if firm.kind != "小":
            by_body[firm.body].append(firm)
    for parcel in free.values():
        near = by_body[parcel.body]
        near[int(rng.integers(len(near)))].parcels.append(parcel)
    return firms


def _villages(parcels: list[Parcel], rng: Generator) -> list[Firm]:
    """Village companies let everything; each tenant sits on one parcel."""
    lessors = [Firm("村", p.body, [p]) for p in parcels[: COUNTS["村"]]]
    for parcel in parcels[COUNTS["村"] :]:
        near = [f for f in lessors if f.body == parcel.body] or lessors
        near[int(rng.integers(len(near)))].parcels.append(parcel)
    owner = {id(p): firm for firm in lessors for p in firm.parcels}
    tenants_on = np.ones(len(parcels), dtype=int)
    weights = np.array([p.mu for p in parcels]) ** 0.5
    more = rng.choice(len(parcels), COUNTS["租赁"] - len(parcels), p=weights / weights.sum())
    np.add.at(tenants_on, more, 1)
    tenants = []
    for parcel, count in zip(parcels, tenants_on, strict=True):
        for mu in _parts(held_mu(parcel), int(count), rng):
            lessor = owner[id(parcel)]
            tenant = Firm("租赁", parcel.body, rents=[(parcel, mu, lessor)])
            lessor.lets.append((parcel, mu, tenant))
            tenants.append(tenant)
    return lessors + tenants


def _parts(mu: float, count: int, rng: Generator) -> list[float]:
    """Unequal parts that sum to the parcel's 亩 at four decimals; no two tenants have the same."""
    total = round(mu * 10_000)
    weights = rng.uniform(0.5, 1.5, count)
    parts = np.floor(weights / weights.sum() * total).astype(int)
    parts[int(np.argmax(parts))] += total - int(parts.sum())
    return [int(p) / 10_000 for p in parts]


def let_in_part(firms: list[Firm], count: int, rng: Generator) -> None:
    """Owners that do well let a third of a parcel to another that does well."""
    good = [f for f in firms if f.kind in ("规上", "规下") and not f.reason and not (f.tax_missing or f.grade_missing)]
    order = rng.permutation(len(good))
    for a, b in zip(order[:count], order[count : 2 * count], strict=True):
        lessor, tenant = good[a], good[b]
        parcel = lessor.parcels[0]
        mu = round(parcel.mu * rng.uniform(0.15, 0.35), 4)
        lessor.lets.append((parcel, mu, tenant))
        tenant.rents.append((parcel, mu, lessor))


def draw_value(kind: str, poor: bool, rng: Generator) -> float:
    """Tax per 亩 from the kind's distribution, on the wanted side of 5 and not near it."""
    median, sigma = TAX[kind]
    for _ in range(200):
        value = float(rng.lognormal(np.log(median), sigma))
        if (value <= 4.8) if poor else (value >= 5.3):
            return round(min(value, CAP), 2)
    return 3.0 if poor else 12.0
