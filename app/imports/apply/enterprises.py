"""Apply enterprises: the register row by USCC, and every name it was seen under."""

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.work import Work
from app.enterprises.models import Enterprise, EnterpriseName
from app.imports import bulk, queries
from app.imports.apply.plan import Job, Plan
from app.imports.checks.keys import check_keys, header
from app.imports.context import Context
from app.imports.stage import Staged

_INDUSTRY = re.compile(r"^[A-T]?(\d{2,4})$")
_VALUES = ("uscc", "name", "former_names", "industry_code", "scale", "status", "status_on", "data_on")


async def plan(_conn: AsyncConnection, staged: Staged, _county: Context, job: Job) -> Plan:
    """Check keys and industry codes."""
    check_keys(staged)
    _check_industry(staged)
    rows = staged.rows()

    async def write(work: Work) -> None:
        if not rows:
            return
        columns: dict[str, Sequence[Any]] = {"county_code": [job.county] * len(rows), "import_id": [job.import_id] * len(rows)}
        columns |= {name: staged.take(name, rows) for name in _VALUES}
        updated = [name for name in columns if name not in ("county_code", "uscc")]
        conflict = "ON CONFLICT (county_code, uscc) " + bulk.update_all(Enterprise, updated, unless_newer="data_on")
        await bulk.insert(work.conn, Enterprise, columns, conflict=conflict)
        await _names(work.conn, staged, rows, job)

    return Plan(write, {"applied": len(rows)})


def _check_industry(staged: Staged) -> None:
    """GB/T 4754: two to four digits, a leading section letter dropped."""
    column = staged.columns["industry_code"]
    for index in staged.rows():
        if column[index] is not None:
            match = _INDUSTRY.match(column[index])
            if match is None:
                staged.report(index, "value_unknown", field=header(staged, "industry_code"), value=column[index])
            column[index] = match.group(1) if match else None


async def _names(conn: AsyncConnection, staged: Staged, rows: list[int], job: Job) -> None:
    ids = await queries.enterprise_ids(conn, job.county)
    seen: dict[tuple[int, str], Any] = {}
    for i in rows:
        number, former = ids[staged.columns["uscc"][i]], staged.columns["former_names"][i]
        for name in [staged.columns["name"][i], *(re.split("[;\uff1b、,\uff0c]", former) if former else [])]:
            if name and name.strip():
                seen.setdefault((number, name.strip()), staged.columns["data_on"][i] or job.data_on)
    columns: dict[str, Sequence[Any]] = {
        "county_code": [job.county] * len(seen), "enterprise_id": [n for n, _ in seen], "name": [name for _, name in seen],
        "seen_on": list(seen.values()),
    }  # fmt: skip
    await bulk.insert(conn, EnterpriseName, columns, conflict="ON CONFLICT (county_code, enterprise_id, name) DO NOTHING")
