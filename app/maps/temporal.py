"""Days that the collections tell of, for `extent.temporal` (OGC 17-069r4 §7.14.2): what `datetime` can ask for."""

import time
from collections.abc import Mapping
from datetime import UTC, date, datetime
from datetime import time as clock_time
from typing import Any

import asyncpg

from app.core import clock
from app.core.principal import Principal, Role
from app.maps import queries

Days = tuple[date | None, date | None]
"""First day, and the first after the last (None: open)."""
KEPT_SECONDS = 300.0
_PARCELS: dict[str, tuple[float, date | None]] = {}
"""A county's first day and until when it is kept: it reads every version of a million parcels, and hardly ever changes."""


async def days(pool: asyncpg.Pool, principal: Principal) -> Mapping[str, Days]:
    """Days of each collection that has some; of cases and freed land an officer sees those of his own body."""
    own = (principal.responsible_body or "") if principal.role is Role.officer else None
    rows = await pool.fetch(queries.sql("temporal"), principal.county_code, own)
    found: dict[str, Days] = {row["layer"]: (row["first"], row["last"]) for row in rows if row["first"] or row["last"]}
    first = await _of_parcels(pool, principal.county_code)
    return found if first is None else {**found, "parcels": (first, None)}


async def _of_parcels(pool: asyncpg.Pool, county_code: str) -> date | None:
    until, first = _PARCELS.get(county_code, (0.0, None))
    if time.monotonic() >= until:
        first = await pool.fetchval(queries.sql("temporal_of_parcels"), county_code)
        _PARCELS[county_code] = (time.monotonic() + KEPT_SECONDS, first)
    return first


def said(days: Days) -> dict[str, Any]:
    """The member `temporal`: one interval of instants, null where it is open."""
    return {"interval": [[_instant(day) for day in days]], "trs": "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"}


def _instant(day: date | None) -> str | None:
    """The day's first instant in Shanghai, told in UTC: `+` of an offset does not survive being copied into an address."""
    return None if day is None else datetime.combine(day, clock_time(), clock.SHANGHAI).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
