"""Apply 清单: a delivery is the whole list as of its day; who is not on it is not on it, and that is recorded too."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.work import Work
from app.enterprises.models import ListCheck, ListMembership
from app.imports import bulk, queries, values
from app.imports.apply.plan import Job, Plan
from app.imports.apply.references import resolve
from app.imports.checks.keys import check_keys, header
from app.imports.context import Context
from app.imports.errors import OptionMissing, asking
from app.imports.stage import Staged

_ASKED = asking("layer", ((name, name) for name in ("高耗低效", "散乱污", "落后产能")))
_LEFT = text(
    "UPDATE list_membership SET exit_on = :d WHERE county_code = :c AND list_kind = :k AND coalesce(exit_on, 'infinity') > :d"
    " AND coalesce(entered_on, '-infinity') <= :d AND enterprise_id <> ALL(CAST(:on AS bigint[]))"
)
_REPLACED = text(
    "DELETE FROM list_membership AS m USING unnest(CAST(:e AS bigint[]), CAST(:k AS text[]), CAST(:s AS date[])) AS n(e, k, s)"
    " WHERE m.county_code = :c AND m.enterprise_id = n.e AND m.list_kind = n.k AND m.entered_on IS NOT DISTINCT FROM n.s"
)


async def plan(conn: AsyncConnection, staged: Staged, _county: Context, job: Job) -> Plan:
    """Settle which list each row is of, and check the enterprises."""
    named = _named_list(job)
    column = staged.columns["list"]
    for index in staged.rows():
        column[index] = column[index] or named
        if column[index] is None:
            staged.report(index, "key_missing", field=header(staged, "list"))
    check_keys(staged)
    enterprises = resolve(staged, "uscc", await queries.enterprise_ids(conn, job.county))
    delivered = sorted({kind for kind in [*column, named] if kind is not None})
    if not delivered:
        raise OptionMissing("没有写明是哪一份清单", hint="请填“清单”列,或用 --layer 高耗低效|散乱污|落后产能 指定", **_ASKED)
    rows = staged.rows()

    async def write(work: Work) -> None:
        for kind in delivered:
            on = [enterprises[i] for i in rows if column[i] == kind]
            await work.conn.execute(_LEFT, {"c": job.county, "k": kind, "d": job.data_on, "on": on})
        if rows:
            await _write(work.conn, staged, rows, job, enterprise=[enterprises[i] for i in rows])
        checks: dict[str, Sequence[Any]] = {
            "county_code": [job.county] * len(delivered), "list_kind": delivered, "data_on": [job.data_on] * len(delivered),
            "import_id": [job.import_id] * len(delivered),
        }  # fmt: skip
        conflict = "ON CONFLICT (county_code, list_kind, data_on) DO UPDATE SET import_id = excluded.import_id"
        await bulk.insert(work.conn, ListCheck, checks, conflict=conflict)

    return Plan(write, {"applied": len(rows), "lists": len(delivered)})


def _named_list(job: Job) -> str | None:
    """The list named by --layer."""
    try:
        return values.word(job.layer, "list")
    except values.Unreadable as error:
        raise OptionMissing(f"没有名为“{job.layer}”的清单", hint="可选:高耗低效、散乱污、落后产能", **_ASKED) from error


async def _write(conn: AsyncConnection, staged: Staged, rows: list[int], job: Job, *, enterprise: list[int | None]) -> None:
    columns: dict[str, Sequence[Any]] = {
        "county_code": [job.county] * len(rows), "list_kind": staged.take("list", rows), "enterprise_id": enterprise,
        "entered_on": staged.take("entered_on", rows), "basis": staged.take("basis", rows), "exit_on": staged.take("exit_on", rows),
        "import_id": [job.import_id] * len(rows),
    }  # fmt: skip
    keys = {"e": enterprise, "k": columns["list_kind"], "s": columns["entered_on"]}
    await conn.execute(_REPLACED, {"c": job.county, **keys})
    await bulk.insert(conn, ListMembership, columns)
