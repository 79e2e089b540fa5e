"""Apply table kinds that are one upsert: values of the row beside the ids of what it refers to."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import DeclarativeBase

from app.core.work import Work
from app.enterprises.models import Grade, Indicator
from app.imports import bulk, queries, register
from app.imports.apply.plan import Handler, Job, Plan
from app.imports.apply.references import resolve, resolve_parcels
from app.imports.checks.indicators import check_figures
from app.imports.checks.keys import check_keys
from app.imports.checks.tables import check_contract_dates, check_supplements
from app.imports.context import Context
from app.imports.stage import Staged
from app.parcels.models import Building, StandardLandIndicator, SupplyContract, SupplySupplement

_KNOWN: dict[str, Callable[[AsyncConnection, str], Awaitable[dict[str, int]]]] = {
    "parcel": queries.parcel_ids, "uscc": queries.enterprise_ids, "electronic_no": queries.contract_ids,
}  # fmt: skip
_TRI = {"true": True, "false": False}
Check = Callable[[AsyncConnection, str, Staged], Awaitable[None]]
"""A check of the whole table that may ask the register of the county."""


@dataclass(frozen=True)
class Upsert:
    """Where a kind goes: reference columns → id columns, value columns (canonical → stored), and the unique key."""

    model: type[DeclarativeBase]
    references: Mapping[str, str]
    values: Mapping[str, str]
    key: Sequence[str]
    needed: Sequence[str] = ()
    """Columns without which nothing can be stored: a row whose word was not understood is left out, its issue stands."""
    unless_newer: str = ""
    check: Check | None = None


async def _contract_dates(_conn: AsyncConnection, _county: str, staged: Staged) -> None:
    check_contract_dates(staged)


async def _supplements(conn: AsyncConnection, county: str, staged: Staged) -> None:
    check_supplements(staged, await register.signed(conn, county))


async def _figures(conn: AsyncConnection, county: str, staged: Staged) -> None:
    check_figures(staged, await register.figures(conn, county))


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


UPSERTS: dict[str, Upsert] = {
    "buildings": Upsert(
        Building, {"parcel": "parcel_id"},
        {**_same("number", "storeys", "vacant_since", "data_on"), "gross": "gross_floor_area_m2", "far": "far_floor_area_m2",
         "vacant": "vacant_floor_area_m2", "let": "let_floor_area_m2"},
        ("county_code", "parcel_id", "number"), unless_newer="data_on",
    ),
    "indicators": Upsert(
        Indicator, {"uscc": "enterprise_id"},
        {**_same("year", "staff", "source_department", "data_on"), "tax": "tax_wan", "value_added": "value_added_wan",
         "revenue": "revenue_wan", "energy": "energy_tce", "electricity": "electricity_wan_kwh", "rd": "rd_wan", "emission": "emission_t"},
        ("county_code", "enterprise_id", "year"), unless_newer="data_on", check=_figures,
    ),
    "grades": Upsert(
        Grade, {"uscc": "enterprise_id"}, _same("year", "population", "grade", "published_on", "document"),
        ("county_code", "enterprise_id", "year"), needed=("grade",), unless_newer="published_on",
    ),
    "contracts": Upsert(
        SupplyContract, {"parcel": "parcel_id"},
        {**_same("electronic_no", "supply_mode", "signed_on", "agreed_start_on", "agreed_complete_on", "delivered_on", "permit_on",
                 "started", "actual_start_on", "is_suspended", "suspended_from", "cause", "cause_document", "transferred_on",
                 "obligations_assumed", "data_on"),
         "price": "price_wan", "should_area": "should_area_m2", "developed_area": "developed_area_m2",
         "total_investment": "total_investment_wan", "invested": "invested_wan"},
        ("county_code", "electronic_no"), unless_newer="data_on", check=_contract_dates,
    ),
    "supplements": Upsert(
        SupplySupplement, {"electronic_no": "contract_id"}, _same("number", "signed_on", "new_start_on", "new_complete_on", "document"),
        ("county_code", "contract_id", "number"), check=_supplements,
    ),
    "standard-land": Upsert(
        StandardLandIndicator, {"electronic_no": "contract_id"},
        _same("indicator", "unit", "comparator", "promised", "gate", "due_on", "actual", "accepted_on", "document"),
        ("county_code", "contract_id", "gate", "indicator"), needed=("comparator",),
    ),
}  # fmt: skip


def handler(kind: str) -> Handler:
    """The handler of a kind that is one upsert."""
    into = UPSERTS[kind]

    async def plan(conn: AsyncConnection, staged: Staged, county: Context, job: Job) -> Plan:
        check_keys(staged)
        ids: dict[str, list[int | None]] = {}
        for column, target in into.references.items():
            # A contract's own 电子监管号 is a value; a supplement's is a reference.
            known = await _KNOWN[column](conn, county.county)
            ids[target] = resolve_parcels(staged, column, known) if column == "parcel" else resolve(staged, column, known)
        if into.check is not None:
            await into.check(conn, county.county, staged)
        rows = [i for i in staged.rows() if all(staged.columns[name][i] is not None for name in into.needed)]

        async def write(work: Work) -> None:
            if rows:
                await _upsert(work.conn, into, staged=staged, ids=ids, rows=rows, job=job)

        return Plan(write, {"applied": len(rows)})

    return plan


async def _upsert(
    conn: AsyncConnection, into: Upsert, *, staged: Staged, ids: dict[str, list[int | None]], rows: list[int], job: Job
) -> None:
    columns: dict[str, Sequence[Any]] = {"county_code": [job.county] * len(rows), "import_id": [job.import_id] * len(rows)}
    columns |= {target: [numbers[i] for i in rows] for target, numbers in ids.items()}
    for canonical, stored in into.values.items():
        values = staged.take(canonical, rows)
        is_tri = staged.kind.column(canonical).words == "tri"
        columns[stored] = [None if v is None else _TRI[v] for v in values] if is_tri else values
    updated = [name for name in columns if name not in into.key]
    conflict = f"ON CONFLICT ({', '.join(into.key)}) " + bulk.update_all(into.model, updated, unless_newer=into.unless_newer)
    await bulk.insert(conn, into.model, columns, conflict=conflict)
