"""Decides every parcel's case first: which are inefficient and why, unknown, idle, 标准地. Attributes follow later."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator

from geodata.demo.firms import Firm, draw_value, let_in_part, settle
from geodata.demo.idle import assign_idle
from geodata.demo.names import trade
from geodata.demo.territory import OUTSIDE
from geodata.land import Parcel
from geodata.verdicts import CRITERIA, NOT_IDLE, Idle, Verdict

LOW_COUNT, LOW_MU, FIRM_LOW, LET_LOW = 1430, 15_100.0, 1000, 35
IDLE_COUNT, IDLE_MU = 25, 520.0
ROLES = {"vacant": 120, "construction": 40, "let": 420}
STANDARD = (
    ("capacity_failed", 35), ("completion_failed", 25), ("capacity_due", 40), ("completion_due", 40),
    ("transferred", 20), ("performing", 130), ("met", 190),
)  # fmt: skip
REASONS = (("C2", 0.42), ("C1 C2", 0.38), ("C1", 0.10), ("C5", 0.05), ("C6 C2", 0.05))
POOR = {"规上": 0.065, "规下": 0.30, "小": 0.09}
SPECIAL_DIVISIONS = ("27", "39", "40")  # with a floor-area bound of their own


@dataclass
class Site:
    """One parcel's case."""

    parcel: Parcel
    role: str = "owned"  # owned, let, vacant, construction, idle
    owner: Firm | None = None
    floors: str = "normal"  # normal, low (C3), empty (C4), none (no rows)
    standard: str = ""
    idle: Idle = NOT_IDLE
    true: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)

    @property
    def municipal(self) -> bool:
        """市级口径; what lies outside it is kept unremarkable, so that both calibres show the same findings."""
        return self.parcel.body != OUTSIDE.name

    @property
    def plain(self) -> bool:
        return self.municipal and self.role in ("owned", "let") and not self.true and not self.unknown and self.floors == "normal"


def decide(parcels: list[Parcel], rng: Generator) -> tuple[list[Site], list[Firm]]:
    """Sites in the order of the parcels, and all firms."""
    sites = [Site(p) for p in parcels]
    _roles(sites, rng)
    firms = settle([s.parcel for s in sites if s.role == "owned"], [s.parcel for s in sites if s.role == "let"], rng)
    by_parcel = {id(s.parcel): s for s in sites}
    for firm in firms:
        firm.industry, firm.name = trade(rng)
        for parcel in firm.parcels:
            by_parcel[id(parcel)].owner = firm
    _poor_firms(firms, by_parcel, rng)
    _poor_tenants(sites, rng)
    for firm in firms:
        if not firm.value:
            firm.value = draw_value(firm.kind, "C2" in firm.reason, rng)
    _unknown_firms(firms, by_parcel, rng)
    _standard(sites, rng)
    _floors(sites, rng)
    let_in_part(firms, 300, rng)
    for site in sites:
        p = site.parcel
        p.verdict = Verdict(_ordered(site.true), _ordered(site.unknown), site.idle, "true" if site.standard else "false",
                            _status(site.standard), p.ownership == "J")  # fmt: skip
        p.case = _name(site)
    return sites, firms


def _ordered(names: set[str]) -> tuple[str, ...]:
    return tuple(c for c in CRITERIA if c in names)


def _status(standard: str) -> str:
    return "not_met" if standard.endswith("_failed") else standard


def _name(site: Site) -> str:
    if site.idle is not NOT_IDLE:
        return f"idle {site.idle.limb}"
    return " ".join(_ordered(site.true)) or site.role + (" unknown" if site.unknown else "")


def choose(mu: np.ndarray, count: int, total: float, rng: Generator) -> list[int]:
    """`count` indices whose 亩 sum to `total` as nearly as single exchanges can bring it."""
    order = [int(i) for i in rng.permutation(len(mu))]
    chosen, rest = order[:count], order[count:]
    for _ in range(4000):
        gap = total - mu[chosen].sum()
        if abs(gap) < 0.3:
            break
        a = int(rng.integers(count))
        b = int(np.argmin(np.abs(mu[rest] - mu[chosen[a]] - np.clip(gap, -12, 12))))
        if abs(gap - (mu[rest[b]] - mu[chosen[a]])) < abs(gap):
            chosen[a], rest[b] = rest[b], chosen[a]
    return chosen


def _roles(sites: list[Site], rng: Generator) -> None:
    candidates = [s for s in sites if s.municipal and 8 <= s.parcel.mu <= 60 and s.parcel.ownership != "Z"]
    mu = np.array([s.parcel.mu for s in candidates])
    idle = [candidates[i] for i in choose(mu, IDLE_COUNT, IDLE_MU, rng)]
    assign_idle([s.parcel for s in idle])
    for site in idle:
        site.role, site.idle = "idle", site.parcel.verdict.idle
        site.floors = "none"
        _nobody(site)
        site.unknown |= {"C3", "C4"}
    free = [s for s in sites if s.municipal and s.role == "owned" and s.parcel.mu >= 3.2]
    order = [free[i] for i in rng.permutation(len(free))]
    for role, count in ROLES.items():
        for site in order[:count]:
            site.role = role
            if role != "let":
                _nobody(site)
            if role == "construction":
                site.floors = "none"
                site.unknown |= {"C3", "C4"}
        order = order[count:]


def _nobody(site: Site) -> None:
    """No occupant: nothing is known of grade, tax, lists and closure."""
    site.unknown |= {"C1", "C5", "C6"} | ({"C2"} if site.parcel.mu >= 3 else set())


def _poor_firms(firms: list[Firm], sites: dict[int, Site], rng: Generator) -> None:
    count = 0
    for index in rng.permutation(len(firms)):
        firm = firms[index]
        if count >= FIRM_LOW or firm.body == OUTSIDE.name or rng.random() > POOR.get(firm.kind, 0.0):
            continue
        words = [r for r, _ in REASONS]
        firm.reason = str(rng.choice(words, p=[w for _, w in REASONS])) if firm.kind != "小" else str(
            rng.choice(["C1", "C5", "C6"]))  # fmt: skip
        for parcel in firm.parcels:
            found = {c for c in firm.reason.split() if c != "C2" or parcel.mu >= 3}
            sites[id(parcel)].true |= found
            count += bool(found)


def _poor_tenants(sites: list[Site], rng: Generator) -> None:
    """Some let parcels carry only tenants of little tax."""
    let = [s for s in sites if s.role == "let"]
    for index in rng.permutation(len(let))[:LET_LOW]:
        site = let[index]
        site.true.add("C2")
        for parcel, _, tenant in site.owner.lets if site.owner else []:
            if parcel is site.parcel:
                tenant.reason = "C2"


def _unknown_firms(firms: list[Firm], sites: dict[int, Site], rng: Generator) -> None:
    single = [f for f in firms if f.kind in ("规上", "规下") and f.body != OUTSIDE.name and not f.reason and len(f.parcels) == 1]
    picked = [single[i] for i in rng.permutation(len(single))[:40]]
    for firm in picked[:25]:
        firm.tax_missing = True
        sites[id(firm.parcels[0])].unknown.add("C2")
    for firm in picked[25:]:
        firm.grade_missing = True
        sites[id(firm.parcels[0])].unknown.add("C1")


def _standard(sites: list[Site], rng: Generator) -> None:
    fit = [s for s in sites if s.municipal and s.role == "owned" and s.owner and s.owner.kind in ("规上", "规下") and not s.unknown
           and s.parcel.ownership == "G" and 9 <= s.parcel.mu <= 60]  # fmt: skip
    total = sum(count for _, count in STANDARD)
    order = [fit[i] for i in choose(np.array([s.parcel.mu for s in fit]), total, 21.0 * total, rng)]
    order.sort(key=lambda s: bool(s.true))  # gates that decide C7 go to parcels with no other reason
    for status, count in STANDARD:
        for site in order[:count]:
            site.standard = status
            if status == "capacity_failed":
                site.true.add("C7")
            if status == "capacity_due":
                site.unknown.add("C7")
        order = order[count:]


def _floors(sites: list[Site], rng: Generator) -> None:
    """What single parcels still lack to 1,430 inefficient ones of 15,100 亩, by floor area or vacancy; then no rows."""
    low = [s for s in sites if s.true]
    plain = [s for s in sites if s.plain and not s.standard]
    mu = np.array([s.parcel.mu for s in plain])
    missing = LOW_COUNT - len(low), LOW_MU - sum(s.parcel.mu for s in low)
    for order, index in enumerate(choose(mu, *missing, rng)):
        _set_floor(plain[index], "low" if order % 5 < 3 else "empty")
    for site in low:
        if site.role == "owned" and rng.random() < 0.12:
            _set_floor(site, "low")
    plain = [s for s in sites if s.plain and not s.standard and s.role == "owned"]
    for index in rng.permutation(len(plain))[:30]:
        plain[index].floors = "none"
        plain[index].unknown |= {"C3", "C4"}


def _set_floor(site: Site, floors: str) -> None:
    site.floors = floors
    site.true.add("C3" if floors == "low" else "C4")
