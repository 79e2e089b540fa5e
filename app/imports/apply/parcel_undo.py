"""Undo of a parcel delivery: the register says again what it said before, and keeps what it said in between (`recorded`).

Refused by name where anything was built on it since: a later import, a case or a posting, other data of parcels that it brought.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from sqlalchemy import text

from app.core import events
from app.core.work import Work
from app.imports.apply.parcel_store import COPIED
from app.imports.errors import UndoRefused

_SHOWN = 3
_CLOSE = """
UPDATE parcel_version SET recorded = tstzrange(lower(recorded), now())
WHERE county_code = :c AND opened_import_id = :i AND upper_inf(recorded)
RETURNING parcel_id
"""
_REOPEN = f"""
INSERT INTO parcel_version (county_code, parcel_id, valid, opened_import_id, {", ".join(COPIED)})
SELECT county_code, parcel_id, valid, opened_import_id, {", ".join(COPIED)} FROM parcel_version
WHERE county_code = :c AND closed_import_id = :i
ORDER BY version_id
RETURNING parcel_id
"""
_DERIVED = (
    "DELETE FROM parcel_lineage WHERE county_code = :c AND import_id = :i",
    "DELETE FROM parcel_alias WHERE county_code = :c AND import_id = :i",
    "UPDATE parcel_alias SET valid_to = NULL, ended_import_id = NULL WHERE county_code = :c AND ended_import_id = :i",
)
"""What follows from versions: their history stays in parcel_version.recorded."""


@dataclass(frozen=True)
class Applied:
    """An import that was applied, and when."""

    county: str
    id: int
    at: datetime


@lru_cache
def _sql(name: str) -> str:
    return (Path(__file__).parents[1] / "sql" / f"{name}.sql").read_text("utf-8")


async def undo(work: Work, applied: Applied) -> dict[str, int]:
    """Take a parcel delivery back; the caller holds the county's import lock. Returns how many versions were closed and reopened.

    Parcels that it brought keep their id and land_code, which are never used again, and stand without a version until they come back.
    Errors: UndoRefused with what stands against it.
    """
    values = {"c": applied.county, "i": applied.id, "at": applied.at}
    found = (await work.conn.execute(text(_sql("undo_obstacles")), values)).all()
    refuse(applied, [f"{row.kind} {row.name}" for row in found])
    closed = (await work.conn.execute(text(_CLOSE), values)).scalars().all()
    reopened = (await work.conn.execute(text(_REOPEN), values)).scalars().all()
    for statement in _DERIVED:
        await work.conn.execute(text(statement), values)
    touched = sorted({*closed, *reopened})
    if touched:
        work.touch("parcels", "cases")
        await events.publish(work.conn, events.ParcelsChanged(applied.county, touched))
    return {"closed": len(closed), "reopened": len(reopened)}


def refuse(applied: Applied, found: list[str]) -> None:
    """UndoRefused with the first of what stands against it; nothing where nothing does."""
    if found:
        rest = f" 等 {len(found)} 项" if len(found) > _SHOWN else ""
        raise UndoRefused(
            f"导入 {applied.id} 之后已有:{'、'.join(found[:_SHOWN])}{rest}",
            hint="先撤销之后的导入;已有办理、入账的,请用新的交付更正", obstacles=len(found),
        )  # fmt: skip
