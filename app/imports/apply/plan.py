"""What every kind's handler takes and gives: a job, and a plan that has checked everything and can be written."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.principal import Principal
from app.core.work import Work
from app.imports.apply.parcel_classes import Acceptance, Difference
from app.imports.apply.parcel_rows import ParcelRows
from app.imports.context import Context
from app.imports.stage import Staged


@dataclass
class Job:
    """One delivery on its way into the register."""

    county: str
    data_on: date
    principal: Principal
    family: str | None = None
    layer: str | None = None
    covers: str | None = None
    import_id: int = 0
    acceptance: Acceptance = field(default_factory=Acceptance)


@dataclass
class Plan:
    """Checked and ready: counts for the report, and the writing itself."""

    write: Callable[[Work], Awaitable[None]]
    counts: dict[str, int] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)
    """Parcels: each row and each vanished parcel with its class, accepted or not."""
    rows: ParcelRows | None = None


Handler = Callable[[AsyncConnection, Staged, Context, Job], Awaitable[Plan]]
