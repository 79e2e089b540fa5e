"""一地一档案: everything the county knows of one parcel, as far as the caller may see it."""

from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.errors import NotFound
from app.core.principal import Principal
from app.core.units import m2_to_mu
from app.dossiers import figures, queries
from app.dossiers.areas import area_rows
from app.maps.moments import Moment
from app.parcels.codes import fold
from app.remediation import STEPS
from app.zoning.families import FAMILIES

PLAIN = (
    "id", "land_code", "cadastral_code", "unit_code", "name", "location", "ownership", "legality", "land_use_code", "valid_from", "version",
)  # fmt: skip
ACTIONS = {"import.apply": "数据导入", "determination.record": "认定", "determination.revoke": "撤销认定"}
"""Labels of the audit's actions in a parcel's history."""
SECTIONS = ("areas", "verdicts", "occupants", "buildings", "overlays", "cases", "postings", "versions", "history")


async def find(conn: AsyncConnection, county_code: str, key: str) -> int:
    """Integer id of a parcel by land_code, 宗地代码 or id; NotFound outside the county."""
    folded = fold(key)
    number = int(folded) if folded.isascii() and folded.isdigit() and len(folded) <= 16 else None
    row = await queries.first(conn, "find_parcel", county_code, key=folded, number=number)
    if row is None:
        raise NotFound(f"没有宗地 {key}")
    return int(row["id"])


async def archive(conn: AsyncConnection, principal: Principal, key: str, moment: Moment) -> dict[str, Any]:
    """The archive; `access` says full, outline (an officer elsewhere) or public, `hidden` what was left out for that."""
    county, parcel_id = principal.county_code, await find(conn, principal.county_code, key)
    version = await queries.first(conn, "version", county, id=parcel_id, day=moment.end, known_at=moment.known_at)
    if version is None:
        raise NotFound(f"该时点没有宗地 {key}")
    if principal.is_public_only:
        return _reduced(version, "public")
    if not principal.sees_body(version["responsible_body"]):
        return _reduced(version, "outline")
    return await _full(conn, principal, version, moment)


def _named(code: str | None, name: str | None) -> dict[str, str | None] | None:
    return None if code is None else {"code": code, "name": name}


def _parcel(version: dict[str, Any]) -> dict[str, Any]:
    return {key: version[key] for key in PLAIN} | {
        "town": _named(version["town_code"], version["town_name"]),
        "responsible_body": _named(version["responsible_body"], version["body_name"]),
        "block": _named(version["block_code"], version["block_name"]),
    }


def _reduced(version: dict[str, Any], access: str) -> dict[str, Any]:
    """Code and shape for an officer elsewhere; L1 fields without the shape for the public."""
    kept = ("id", "land_code") if access == "outline" else ("id", "land_code", "town", "responsible_body", "block")
    whole = _parcel(version)
    answer: dict[str, Any] = {section: [] for section in SECTIONS}
    answer |= {"access": access, "parcel": {key: whole[key] for key in kept}, "contract": None, "facts_as_of": None}
    answer |= {"lineage": {"parents": [], "children": []}, "hidden": [*SECTIONS, "contract", "lineage"]}
    if access == "outline":
        return answer | {"geometry": version["geometry"]}
    return answer | {"areas": area_rows(version), "hidden": [s for s in answer["hidden"] if s != "areas"]}


async def _full(conn: AsyncConnection, principal: Principal, version: dict[str, Any], moment: Moment) -> dict[str, Any]:
    county, parcel_id = principal.county_code, version["id"]
    is_exact = principal.sees_exact_figures(version["responsible_body"])
    run = await queries.first(conn, "last_run", county)
    cases = await queries.rows(conn, "cases", county, id=parcel_id)
    return {
        "access": "full",
        "hidden": [] if moment.is_now else ["verdicts"],
        "parcel": _parcel(version),
        "areas": area_rows(version),
        "facts_as_of": run["as_of"] if run and moment.is_now else None,
        "verdicts": await _verdicts(conn, county, parcel_id, is_exact=is_exact) if moment.is_now else [],
        "occupants": await _occupants(conn, county, parcel_id, moment.end, run, is_exact=is_exact),
        "buildings": await queries.rows(conn, "buildings", county, id=parcel_id),
        "contract": await _contract(conn, county, parcel_id),
        "overlays": [_overlay(row) for row in await queries.rows(conn, "overlays", county, id=parcel_id, day=moment.end)],
        "cases": cases,
        "postings": await queries.rows(conn, "postings", county, id=parcel_id),
        "versions": await queries.rows(conn, "versions", county, id=parcel_id, known_at=moment.known_at),
        "lineage": await _lineage(conn, county, parcel_id),
        "history": await _history(conn, county, version),
    }


async def _verdicts(conn: AsyncConnection, county: str, parcel_id: int, *, is_exact: bool) -> list[dict[str, Any]]:
    from app.classification.explain import verdicts_of

    return await verdicts_of(conn, county, parcel_id, is_exact=is_exact)


async def _occupants(
    conn: AsyncConnection, county: str, parcel_id: int, day: date, run: dict[str, Any] | None, *, is_exact: bool
) -> list[dict[str, Any]]:
    """Users of the parcel with their own tax per 亩: the latest figure not after the data year of the published run."""
    found = await queries.rows(conn, "occupants", county, id=parcel_id, day=day)
    last = min(run["data_year"], day.year) if run else day.year
    latest = {}
    for row in await queries.rows(conn, "yields", county, ids=[r["enterprise_id"] for r in found]):
        if row["year"] <= last:
            latest[row["enterprise_id"]] = row
    pack = figures.pack_of(county, day)
    return [
        {
            **{key: row[key] for key in ("uscc", "name", "relation", "area_m2", "grade", "grade_year", "start_on", "end_on")},
            "area_mu": None if row["area_m2"] is None else m2_to_mu(row["area_m2"]),
            **figures.yield_of(latest.get(row["enterprise_id"]), pack, is_exact=is_exact),
        }
        for row in found
    ]


async def _contract(conn: AsyncConnection, county: str, parcel_id: int) -> dict[str, Any] | None:
    contract = await queries.first(conn, "contract", county, id=parcel_id)
    if contract is None:
        return None
    number = contract.pop("id")
    return contract | {
        "supplements": await queries.rows(conn, "supplements", county, contract=number),
        "indicators": await queries.rows(conn, "indicators", county, contract=number),
    }


def _overlay(row: dict[str, Any]) -> dict[str, Any]:
    family = FAMILIES.get(row["family"])
    return row | {"label": family.label if family else row["family"]}


async def _lineage(conn: AsyncConnection, county: str, parcel_id: int) -> dict[str, list[str]]:
    found = await queries.rows(conn, "lineage", county, id=parcel_id)
    return {side: [row["land_code"] for row in found if row["side"] == side] for side in ("parents", "children")}


async def _history(conn: AsyncConnection, county: str, version: dict[str, Any]) -> list[dict[str, Any]]:
    found = await queries.rows(conn, "history", county, id=version["id"], land_code=version["land_code"])
    labels = ACTIONS | {key: step.label for key, step in STEPS.items()}
    return [row | {"label": labels.get(row["action"], row["action"])} for row in found]
