"""Undo of every kind: parcels by their versions, the ledger by counter-postings, all else by the rows that stood before the import.

Refused by name where a later import, a decision or other data stands on what the import brought.
"""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase

from app.accounts.models import Account
from app.core import events
from app.core.work import Work
from app.enterprises.models import Enterprise, EnterpriseName, Grade, Indicator, ListCheck, ListMembership, Occupancy
from app.imports.apply import images, ledger_opening, parcel_undo
from app.imports.apply.parcel_undo import Applied, refuse
from app.imports.apply.simple import UPSERTS
from app.imports.corrections.models import Correction
from app.imports.errors import UndoRefused
from app.imports.kinds import kind_of
from app.ledger.models import Posting
from app.parcels.models import ParcelVersion, StandardLandIndicator, SupplyContract, SupplySupplement
from app.remediation.models import Case, CaseEnterprise
from app.territories.models import Block, ResponsibleBody, Town
from app.zoning.models import PlanningLayer, PlanningZone

Model = type[DeclarativeBase]


@dataclass(frozen=True)
class Written:
    """What a kind writes: its tables, parents first; the map layers that show them; whether parcels are drawn by them."""

    tables: tuple[Model, ...]
    layers: tuple[str, ...] = ()
    shapes_parcels: bool = False


WRITTEN: dict[str, Written] = {
    "towns": Written((Town, ResponsibleBody), ("towns",)),
    "blocks": Written((Block,), ("blocks",)),
    "control-lines": Written((PlanningLayer, PlanningZone), ("control-lines", "parcels"), shapes_parcels=True),
    "planning": Written((PlanningLayer, PlanningZone), ("parcels",), shapes_parcels=True),
    "enterprises": Written((Enterprise, EnterpriseName)),
    "occupancy": Written((Occupancy,)),
    "lists": Written((ListMembership, ListCheck)),
    "corrections": Written((Correction,)),
    **{kind: Written((into.model,)) for kind, into in UPSERTS.items()},
}
USERS: tuple[tuple[Model, str, str, Model, str], ...] = (
    (Enterprise, "id", "用地关系", Occupancy, "enterprise_id"),
    (Enterprise, "id", "年度指标", Indicator, "enterprise_id"),
    (Enterprise, "id", "评价等级", Grade, "enterprise_id"),
    (Enterprise, "id", "清单", ListMembership, "enterprise_id"),
    (Enterprise, "id", "企业名称", EnterpriseName, "enterprise_id"),
    (Enterprise, "id", "整治项目", CaseEnterprise, "enterprise_id"),
    (SupplyContract, "id", "补充协议", SupplySupplement, "contract_id"),
    (SupplyContract, "id", "标准地指标", StandardLandIndicator, "contract_id"),
    (PlanningLayer, "id", "规划图形", PlanningZone, "layer_id"),
    (Town, "code", "宗地", ParcelVersion, "town_code"),
    (ResponsibleBody, "code", "宗地", ParcelVersion, "responsible_body"),
    (ResponsibleBody, "code", "工业区块", Block, "responsible_body"),
    (ResponsibleBody, "code", "整治项目", Case, "responsible_body"),
    (ResponsibleBody, "code", "台账", Posting, "responsible_body"),
    (ResponsibleBody, "code", "账号", Account, "responsible_body"),
)
"""What an import may bring, the column by which others name it, and who does so."""
_OVERLAYS = text(
    "DELETE FROM parcel_overlay AS o USING import_change AS x WHERE x.county_code = :c AND x.import_id = :i"
    " AND x.table_name = 'planning_layer' AND x.before IS NULL AND o.county_code = :c AND CAST(o.layer_id AS text) = x.row_key"
)


@cache
def _decisions() -> TextClause:
    return text((Path(__file__).parents[1] / "sql" / "undo_decisions.sql").read_text("utf-8"))


def tables_of(kind: str) -> tuple[Model, ...]:
    """Tables whose rows are kept as they were when a delivery of this kind is applied."""
    return WRITTEN[kind].tables if kind in WRITTEN else ()


async def undo(work: Work, kind: str, applied: Applied, reason: str) -> dict[str, int]:
    """Take an applied import back; the caller holds the county's import lock. Errors: UndoRefused with what stands against it."""
    special: dict[str, Callable[[], Awaitable[dict[str, int]]]] = {
        "parcels": lambda: parcel_undo.undo(work, applied),
        "ledger-opening": lambda: ledger_opening.undo(work, applied, reason),
    }
    return await (special[kind]() if kind in special else _put_back(work, kind, applied))


async def _put_back(work: Work, kind: str, applied: Applied) -> dict[str, int]:
    written = WRITTEN[kind]
    if not await images.has_kept(work.conn, applied.county, applied.id):
        label = kind_of(kind).label
        raise UndoRefused(f"导入 {applied.id} 入库时还没有留存原样", hint=f"请交付一份更正的“{label}”")
    refuse(applied, await _obstacles(work, kind, applied))
    values: dict[str, Any] = {"c": applied.county, "i": applied.id}
    if written.shapes_parcels:
        await work.conn.execute(_OVERLAYS, values)
    try:
        counts = await images.put_back(work.conn, applied.county, applied.id, written.tables)
    except IntegrityError as error:
        raise UndoRefused(f"导入 {applied.id} 之前的数据所指的已不在库中", hint="先撤销之后的导入") from error
    work.touch(*written.layers)
    if written.shapes_parcels:
        work.tell(events.ParcelsChanged(applied.county, None))
    return counts


async def _obstacles(work: Work, kind: str, applied: Applied) -> list[str]:
    """Later imports and decisions on the same rows, then others that name what it brought."""
    tables, label = WRITTEN[kind].tables, kind_of(kind).label
    found = Counter(one.later for one in await images.changed_since(work.conn, applied.county, applied.id, tables))
    told = [
        f"{'办理' if later is None else f'导入 {later}'}({label} {n} 条)" for later, n in sorted(found.items(), key=lambda x: x[0] or 0)
    ]
    decided = await work.conn.execute(_decisions(), {"c": applied.county, "i": applied.id, "at": applied.at})
    told += [f"{row.kind} {row.name}" for row in decided]
    for born, by, who, user, column in USERS:
        if born in tables and (n := await images.used_since(work.conn, applied.county, applied.id, born, by, user, column)):
            told.append(f"{who} {n} 条")
    return told


__all__ = ["USERS", "WRITTEN", "Applied", "tables_of", "undo"]
