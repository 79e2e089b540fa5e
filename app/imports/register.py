"""What checks ask of the register: SQL, read only, always of one county."""

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal

import numpy as np
import shapely
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import crs, db
from app.imports.checks.indicators import Standing

_STORED = {"tax": "tax_wan", "value_added": "value_added_wan", "revenue": "revenue_wan", "energy": "energy_tce",
           "electricity": "electricity_wan_kwh", "staff": "staff", "rd": "rd_wan", "emission": "emission_t"}  # fmt: skip
_BLOCKS = text("SELECT code, ST_AsBinary(geom) AS geom FROM block WHERE county_code = :c AND geom IS NOT NULL ORDER BY code")
_NEIGHBOURS = (
    "SELECT p.source_key, ST_AsBinary(v.geom) AS geom FROM parcel p"
    " JOIN parcel_version v ON v.county_code = p.county_code AND v.parcel_id = p.id AND v.is_current"
    " WHERE p.county_code = $1 AND v.geom && ST_MakeEnvelope($2, $3, $4, $5, 4490)"
    " AND v.town_code <> ALL($6::text[]) ORDER BY p.id"
)
_VANISHED = text(
    "SELECT p.id FROM parcel p WHERE p.county_code = :c AND NOT EXISTS"
    " (SELECT FROM parcel_version v WHERE v.county_code = p.county_code AND v.parcel_id = p.id AND v.is_current)"
)
_HELD = text(
    "SELECT e.uscc, p.source_key, sum(o.area_m2) AS m2 FROM occupancy o"
    " JOIN enterprise e ON e.county_code = o.county_code AND e.id = o.enterprise_id"
    " JOIN parcel p ON p.county_code = o.county_code AND p.id = o.parcel_id"
    " WHERE o.county_code = :c AND o.relation IN ('own','rent_in') AND o.area_m2 IS NOT NULL GROUP BY 1, 2"
)
_SIGNED = text("SELECT electronic_no, signed_on FROM supply_contract WHERE county_code = :c")
_FIGURES = text(
    f"SELECT e.uscc, i.year, {', '.join(f'i.{name}::float8 AS {said}' for said, name in _STORED.items())}"
    " FROM enterprise_indicator i JOIN enterprise e ON e.county_code = i.county_code AND e.id = i.enterprise_id WHERE i.county_code = :c"
)
_GROUPS = text(
    "SELECT uscc, left(industry_code, 2) AS industry, scale FROM enterprise"
    " WHERE county_code = :c AND industry_code IS NOT NULL AND scale IS NOT NULL"
)


async def blocks(conn: AsyncConnection, county: str, meridian_epsg: int) -> tuple[list[str], np.ndarray]:
    """Codes and shapes (plane) of the county's 工业区块."""
    rows = (await conn.execute(_BLOCKS, {"c": county})).all()
    return [r.code for r in rows], crs.reproject(shapely.from_wkb([r.geom for r in rows]), crs.STORED, meridian_epsg)


async def neighbours(
    conn: AsyncConnection, county: str, box: np.ndarray, *, towns: Collection[str], keys: Collection[str]
) -> tuple[list[str], np.ndarray]:
    """Keys and shapes (4490) of current parcels within an extent (4490; NaN: none), not of these towns and under other keys."""
    if not np.isfinite(box).all():
        return [], np.zeros(0, dtype=object)
    found = await (await db.raw(conn)).fetch(_NEIGHBOURS, county, *map(float, box), sorted(towns))
    rows = [r for r in found if r["source_key"] not in keys]
    return [r["source_key"] for r in rows], shapely.from_wkb([r["geom"] for r in rows])


async def vanished(conn: AsyncConnection, county: str) -> set[int]:
    """Ids of parcels that no longer stand."""
    return set((await conn.execute(_VANISHED, {"c": county})).scalars())


async def held(conn: AsyncConnection, county: str) -> dict[tuple[str, str], Decimal]:
    """m² of 自有 and 承租 by enterprise and parcel."""
    return {(r.uscc, r.source_key): r.m2 for r in await conn.execute(_HELD, {"c": county})}


async def signed(conn: AsyncConnection, county: str) -> dict[str, date | None]:
    """签订日期 by 电子监管号."""
    return {r.electronic_no: r.signed_on for r in await conn.execute(_SIGNED, {"c": county})}


async def figures(conn: AsyncConnection, county: str) -> Standing:
    """All yearly figures, and the enterprises' groups."""
    names: Sequence[str] = list(_STORED)
    known = {
        (r.uscc, r.year): {name: value for name in names if (value := getattr(r, name)) is not None}
        for r in await conn.execute(_FIGURES, {"c": county})
    }
    return Standing(known, {r.uscc: (r.industry, r.scale) for r in await conn.execute(_GROUPS, {"c": county})})
