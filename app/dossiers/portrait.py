"""一企一画像: one enterprise's figures by year, grades, land, lists and cases, as far as the caller may see them."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import clock
from app.core.errors import NotFound
from app.core.principal import Principal, Role
from app.core.units import m2_to_mu
from app.dossiers import figures, queries


async def portrait(conn: AsyncConnection, principal: Principal, uscc: str) -> dict[str, Any]:
    """The portrait; for an officer only enterprises that use land of his body, for the public name and published grades."""
    county = principal.county_code
    enterprise = await queries.first(conn, "enterprise", county, uscc=uscc.strip().upper())
    if enterprise is None:
        raise NotFound(f"没有企业 {uscc}")
    number = enterprise.pop("id")
    grades = await queries.rows(conn, "grades", county, id=number)
    if principal.is_public_only:
        shown = {key: enterprise[key] for key in ("uscc", "name")}
        return {"access": "public", "enterprise": shown, "grades": grades, "indicators": [], "occupancy": [], "lists": [], "cases": []}
    land = await queries.rows(conn, "occupancy", county, id=number)
    if principal.role is Role.officer and not any(principal.sees_body(row["responsible_body"]) for row in land):
        raise NotFound(f"没有企业 {uscc}")
    is_exact = principal.sees_exact_figures(principal.responsible_body)
    pack = figures.pack_of(county, clock.today())
    years = await queries.rows(conn, "yields", county, ids=[number])
    cases = await queries.rows(conn, "enterprise_cases", county, id=number)
    return {
        "access": "full" if is_exact else "bands",
        "enterprise": enterprise,
        "indicators": [figures.year_row(row, pack, is_exact=is_exact) for row in reversed(years)],
        "grades": grades,
        "occupancy": [_held(principal, row) for row in land],
        "lists": await queries.rows(conn, "lists", county, id=number),
        "cases": [row for row in cases if principal.sees_body(row["responsible_body"])],
    }


def _held(principal: Principal, row: dict[str, Any]) -> dict[str, Any]:
    """A holding; elsewhere than in his own body an officer sees the code only."""
    if not principal.sees_body(row["responsible_body"]):
        return {"land_code": row["land_code"]}
    return row | {"area_mu": None if row["area_m2"] is None else m2_to_mu(row["area_m2"])}
