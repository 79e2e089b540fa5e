"""事实 facts: one row a parcel for a day and a data year, built by one statement from the register."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.clock import add_years
from app.policy import Pack
from app.zoning import CONTROL_LINE, INSIDE_FROM, OUTSIDE_TO

SQL_DIR = Path(__file__).parent / "sql"
UNKNOWN_SHARE = Decimal("0.10")
"""宗地亩均税收 is unknown when a user of more than this share of the used area is unknown."""


def statement(name: str) -> TextClause:
    """The room's SQL file of this name."""
    return text((SQL_DIR / f"{name}.sql").read_text("utf-8"))


_CLEAR = text("DELETE FROM parcel_fact WHERE county_code = :county")
_BUILD = statement("parcel_facts")
_HASHED = text("SET LOCAL enable_nestloop = off")
_AS_BEFORE = text("SET LOCAL enable_nestloop = on")


@dataclass(frozen=True, slots=True)
class Ask:
    """What a run is asked for: county, day, data year, rules."""

    county_code: str
    as_of: date
    data_year: int
    pack: Pack

    @property
    def fresh_since(self) -> date:
        """A datum older than this is unknown; exactly this old is fresh."""
        return add_years(self.as_of, -self.pack.content.freshness_years)

    def parameters(self, run_id: int) -> dict[str, Any]:
        """Bound values of the facts statement."""
        content = self.pack.content
        bands = content.tax_bands
        capacity = next(gate for gate in content.standard_land.gates if gate.code == "capacity")
        return {
            "county": self.county_code,
            "as_of": self.as_of,
            "data_year": self.data_year,
            "year_end": date(self.data_year, 12, 31),
            "fresh_since": self.fresh_since,
            "run_id": run_id,
            "lists": [item.code for item in content.lists],
            "unknown_share": UNKNOWN_SHARE,
            "band_codes": [band.code for band in bands],
            "band_uppers": [band.upper for band in bands if band.upper is not None],
            "standard_mode": content.standard_land.supply_mode,
            "overdue_cmp": capacity.overdue_cmp,
            "line_family": CONTROL_LINE,
            "inside_from": INSIDE_FROM,
            "outside_to": OUTSIDE_TO,
        }


async def build(conn: AsyncConnection, ask: Ask, run_id: int) -> int:
    """Replace the county's facts; returns the number of parcels."""
    await conn.execute(_CLEAR, {"county": ask.county_code})
    return (await conn.execute(_BUILD, ask.parameters(run_id))).rowcount


@asynccontextmanager
async def whole_county(conn: AsyncConnection) -> AsyncIterator[None]:
    """Hash joins only: right after an import the planner knows nothing of the tables and would loop over whole CTEs."""
    await conn.execute(_HASHED)
    yield
    await conn.execute(_AS_BEFORE)
