"""研判 run: facts → verdicts → published, inside the caller's transaction."""

import json
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.classification import facts, judge, sites
from app.classification.errors import RuleVersionChanged
from app.core import events
from app.core.principal import Principal
from app.policy import Pack, pack_for

_LOCK: Final = text("SELECT pg_advisory_xact_lock(hashtext('classification'), hashtext(CAST(:county AS text)))")
_RULES: Final = text(
    "INSERT INTO rule_version (id, county_code, content) VALUES (:id, :county, CAST(:content AS jsonb)) ON CONFLICT (id) DO NOTHING"
)
_SAME_RULES: Final = text("SELECT content = CAST(:content AS jsonb) AND county_code = :county FROM rule_version WHERE id = :id")
_BEGIN: Final = text(
    "INSERT INTO classification_run (county_code, as_of, data_year, rule_version, made_by)"
    " VALUES (:county, :as_of, :data_year, :rule_version, :by) RETURNING id"
)
_FINISH: Final = text(
    "UPDATE classification_run SET counts = CAST(:counts AS jsonb), input_hash = :hash, finished_at = now() WHERE id = :run_id"
)
_COUNTS: Final = text(
    "SELECT kind, result, count(*) AS n FROM verdict WHERE county_code = :county AND to_run IS NULL"
    " GROUP BY kind, result ORDER BY kind, result"
)
_RESULTS: Final = facts.statement("publish_results")
_HASH: Final = facts.statement("input_hash")
_NOT_INPUT: Final = ["run_id", "parcel_id", "inefficient", "idle", "standard_land"]


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run did; `changed` counts the verdict rows it wrote by kind."""

    run_id: int
    county_code: str
    as_of: date
    data_year: int
    rule_version: str
    parcels: int
    input_hash: str
    counts: dict[str, Any] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)


async def record_rules(conn: AsyncConnection, pack: Pack) -> None:
    """Keep the rule version for ever; RuleVersionChanged when its id stands for other rules."""
    content = json.dumps(dict(pack.rule_content), ensure_ascii=False, default=str)
    values = {"id": pack.rule_version, "county": pack.content.county_code, "content": content}
    await conn.execute(_RULES, values)
    if not (await conn.execute(_SAME_RULES, values)).scalar_one():
        raise RuleVersionChanged(pack.rule_version)


async def run(
    conn: AsyncConnection, county_code: str, *, as_of: date, data_year: int | None = None, principal: Principal, pack: Pack | None = None
) -> RunResult:
    """Judge the whole county on one day; verdict rows are written only where something changed.

    Errors: PolicyMissing, RuleVersionChanged.
    """
    rules = pack or pack_for(county_code, as_of)
    ask = facts.Ask(county_code, as_of, as_of.year - 1 if data_year is None else data_year, rules)
    await conn.execute(_LOCK, {"county": county_code})
    await record_rules(conn, rules)
    begun = {"county": county_code, "as_of": as_of, "data_year": ask.data_year, "rule_version": rules.rule_version, "by": principal.name}
    run_id = (await conn.execute(_BEGIN, begun)).scalar_one()
    async with facts.whole_county(conn):
        parcels = await facts.build(conn, ask, run_id)
        changed = await _judge(conn, ask, run_id)
        await conn.execute(_RESULTS, {"county": county_code})
        counts = await _finish(conn, ask, run_id, parcels=parcels, changed=changed)
    await events.publish(conn, events.FactsPublished(county_code, run_id))
    return RunResult(
        run_id=run_id, county_code=county_code, as_of=as_of, data_year=ask.data_year, rule_version=rules.rule_version, parcels=parcels,
        input_hash=counts.pop("input_hash"), counts=counts, changed=changed,
    )  # fmt: skip


async def _judge(conn: AsyncConnection, ask: facts.Ask, run_id: int) -> dict[str, int]:
    """All three kinds; how many rows each wrote, and how many stood for parcels that are gone."""
    changed = {"retired": await judge.close_retired(conn, ask, run_id), "inefficient": await judge.inefficient(conn, ask, run_id)}
    changed |= {"idle": 0, "standard_land": 0}
    async for rows in sites.read(conn, ask):
        for kind, judged in sites.judge(rows, ask).items():
            changed[kind] += await judge.write(conn, ask, run_id, kind=kind, judged=judged)
    return changed


async def _finish(conn: AsyncConnection, ask: facts.Ask, run_id: int, *, parcels: int, changed: dict[str, int]) -> dict[str, Any]:
    """Close the run with its counts and the hash of what it judged by."""
    counts: dict[str, Any] = {"parcels": parcels, "changed": changed, "inefficient": {}, "idle": {}, "standard_land": {}}
    for row in await conn.execute(_COUNTS, {"county": ask.county_code}):
        counts[row.kind][row.result] = row.n
    digest = (await conn.execute(_HASH, {"county": ask.county_code, "own": _NOT_INPUT})).scalar_one()
    values = {"run_id": run_id, "counts": json.dumps(counts, ensure_ascii=False), "hash": digest}
    await conn.execute(_FINISH, values)
    return {**counts, "input_hash": digest}
