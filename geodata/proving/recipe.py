"""A recipe states a case and its expected verdicts; everything left at its default is known and harmless."""

from __future__ import annotations

from dataclasses import dataclass, field

from geodata.sheets import Cell
from geodata.verdicts import NOT_IDLE, Idle

AS_OF = "2025-09-30"
TWO_YEARS = "2023-09-30"  # exactly two years old: fresh
STALE = "2023-09-29"  # a day older: unknown
GOOD_GRADES = ((2024, "A", "2025-08-08"), (2023, "A", "2024-08-09"))
GOOD_TAX = ((2024, 20.0, "2025-07-31"),)


@dataclass(frozen=True)
class User:
    """An occupant. `share` of the parcel's area; a tenant rents from the recipe's first user."""

    share: float = 1.0
    tenant: bool = False
    net: float | None = None  # share used, where that is not `share` (a lessor)
    taxes: tuple[tuple[int, float | None, str], ...] = GOOD_TAX  # year, 万元/亩 of used area, data date
    grades: tuple[tuple[int, str, str], ...] = GOOD_GRADES
    status: str | None = "存续"
    known_on: str = "2025-08-31"
    industry: str | None = "3857"
    listings: tuple[tuple[str, str, str | None], ...] = ()  # list, listed on, removed on
    start: str | None = "2019-01-01"
    end: str | None = None


@dataclass(frozen=True)
class Building:
    """幢. Floor areas as ratios to the parcel's area; None = the cell is empty."""

    counted: float | None = 1.2
    gross: float | None = 1.2
    vacant: float | None = 0.0
    since: str | None = None
    known_on: str = "2025-06-30"


@dataclass(frozen=True)
class Promise:
    """标准地指标 of a gate."""

    gate: str = "达产"
    promised: float = 30.0
    actual: float | None = None
    due: str = "2027-12-31"
    compare: str = ">="
    name: str = "亩均税收"


@dataclass(frozen=True)
class Recipe:
    """One case, `count` parcels of it."""

    case: str
    true: str = ""
    unknown: str = ""
    idle: Idle = NOT_IDLE
    standard: str = "false"
    status: str = ""
    area: float = 10_000.0  # planar
    registered: float | None = -1.0  # -1 = as planar
    approved: float | None = -1.0
    ownership: str = "G"
    users: tuple[User, ...] = (User(),)
    buildings: tuple[Building, ...] = (Building(),)
    contracts: tuple[dict[str, Cell], ...] = ({},)
    supplements: tuple[tuple[str, str | None], ...] = ()  # signed on, new start
    promises: tuple[Promise, ...] = ()
    paired: bool = False  # parcels 2k and 2k+1 have one owner, whose figures are over both
    count: int = 10
    at: dict[str, Idle] = field(default_factory=dict)  # other as_of -> expected idle verdict
