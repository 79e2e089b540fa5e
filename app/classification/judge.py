"""初判: the pack's rules over the county's facts in one statement; a verdict row is written only where something changed."""

from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.classification.facts import Ask
from app.policy import COLUMNS, CompiledRule, Pack

EXTRA: Final = ("tax_band", "tax_unknown_users", "list_names", "tax_year", "grade_year", "area_basis", "main_uscc", "user_count")
"""Facts kept beside the rules' own inputs, because the explanation names them."""

_WRITE: Final = """
, closed AS (
    UPDATE verdict AS v
       SET to_run = CAST(:run_id AS bigint)
     WHERE v.county_code = CAST(:county AS text)
       AND v.kind = CAST(:kind AS text)
       AND v.to_run IS NULL
       AND (NOT CAST(:is_batch AS boolean) OR v.parcel_id IN (SELECT j.parcel_id FROM judged AS j))
       AND NOT EXISTS (
           SELECT FROM judged AS j
           WHERE j.parcel_id = v.parcel_id
             AND j.result = v.result AND j.criteria_true = v.criteria_true AND j.criteria_unknown = v.criteria_unknown
             AND j.detail = v.detail AND j.inputs = v.inputs AND v.rule_version = CAST(:rule_version AS text)
       )
    RETURNING v.parcel_id
),
standing AS (
    SELECT v.parcel_id
    FROM verdict AS v
    WHERE v.county_code = CAST(:county AS text) AND v.kind = CAST(:kind AS text) AND v.to_run IS NULL
    EXCEPT
    SELECT closed.parcel_id FROM closed
)
INSERT INTO verdict (
    county_code, parcel_id, kind, result, criteria_true, criteria_unknown, detail, inputs, as_of, rule_version, from_run
)
SELECT
    CAST(:county AS text), j.parcel_id, CAST(:kind AS text), j.result, j.criteria_true, j.criteria_unknown, j.detail, j.inputs,
    CAST(:as_of AS date), CAST(:rule_version AS text), CAST(:run_id AS bigint)
FROM judged AS j
CROSS JOIN (SELECT count(*) FROM closed) AS done -- closing comes first: a parcel has one standing verdict of a kind
WHERE NOT EXISTS (SELECT FROM standing AS s WHERE s.parcel_id = j.parcel_id)
ORDER BY j.parcel_id
"""
_ROWS: Final = """
WITH judged AS MATERIALIZED (
    SELECT
        r.parcel_id, r.result, CAST('{}' AS text[]) AS criteria_true, CAST('{}' AS text[]) AS criteria_unknown,
        CAST(r.detail AS jsonb) AS detail, CAST(r.inputs AS jsonb) AS inputs
    FROM unnest(
        CAST(:parcel_ids AS bigint[]), CAST(:results AS text[]), CAST(:details AS text[]), CAST(:inputs AS text[])
    ) AS r (parcel_id, result, detail, inputs)
)
"""
_RETIRED: Final = text(
    "UPDATE verdict AS v SET to_run = :run_id WHERE v.county_code = :county AND v.to_run IS NULL"
    " AND NOT EXISTS (SELECT FROM parcel_fact AS f WHERE f.county_code = :county AND f.parcel_id = v.parcel_id)"
)
_WRITE_ROWS: Final = text(_ROWS + _WRITE)


@dataclass(slots=True)
class Judged:
    """Verdicts of one kind for a batch of parcels, column by column."""

    parcel_ids: list[int] = field(default_factory=list)
    results: list[str] = field(default_factory=list)
    details: list[str] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)

    def add(self, parcel_id: int, result: str, detail: str, inputs: str) -> None:
        """One parcel's verdict; detail and inputs are JSON text."""
        self.parcel_ids.append(parcel_id)
        self.results.append(result)
        self.details.append(detail)
        self.inputs.append(inputs)


def _common(ask: Ask, run_id: int, kind: str) -> dict[str, Any]:
    return {"county": ask.county_code, "kind": kind, "run_id": run_id, "as_of": ask.as_of, "rule_version": ask.pack.rule_version}


def _inputs(rules: tuple[CompiledRule, ...]) -> str:
    """jsonb of every fact the rules read, with its data date: {"far": {"value": 0.42, "data_on": "2025-06-30"}}."""
    names = dict.fromkeys(name for rule in rules for name in rule.properties)
    pairs = []
    for name in (*names, *(extra for extra in EXTRA if extra not in names)):
        column = COLUMNS.get(name)
        dated = f", 'data_on', f.{column.data_date}" if column and column.data_date else ""
        pairs.append(f"'{name}', jsonb_build_object('value', f.{name}{dated})")
    return f"jsonb_build_object({', '.join(pairs)})"


def judging(pack: Pack) -> tuple[str, dict[str, Any]]:
    """WITH judged AS (…): the pack's rules over parcel_fact in three-valued logic, with bound values."""
    columns: list[str] = []
    values: dict[str, Any] = {}
    start = 1
    for number, rule in enumerate(pack.rules):
        compiled = rule.sql(alias="f", start=start)
        sql, bound = compiled.named(prefix="rule_")
        start += len(compiled.params)
        values |= bound
        columns.append(f"({sql}) AS c{number}")
    ids = [rule.rule.id for rule in pack.rules]
    true = ", ".join(f"CASE WHEN r.c{n} THEN '{rule_id}' END" for n, rule_id in enumerate(ids))
    unknown = ", ".join(f"CASE WHEN r.c{n} IS NULL THEN '{rule_id}' END" for n, rule_id in enumerate(ids))
    anything = " OR ".join(f"r.c{n}" for n in range(len(ids)))
    sql = f"""
WITH judged AS MATERIALIZED (
    SELECT
        f.parcel_id,
        CASE WHEN ({anything}) THEN 'true' WHEN ({anything}) IS NULL THEN 'unknown' ELSE 'false' END AS result,
        CAST(array_remove(ARRAY[{true}], NULL) AS text[]) AS criteria_true,
        CAST(array_remove(ARRAY[{unknown}], NULL) AS text[]) AS criteria_unknown,
        CAST('{{}}' AS jsonb) AS detail,
        {_inputs(pack.rules)} AS inputs
    FROM parcel_fact AS f
    CROSS JOIN LATERAL (SELECT {", ".join(columns)}) AS r
    WHERE f.county_code = CAST(:county AS text)
)"""
    return sql, values


async def inefficient(conn: AsyncConnection, ask: Ask, run_id: int) -> int:
    """低效(初判) of every parcel with facts; returns the number of verdict rows written."""
    sql, values = judging(ask.pack)
    common = _common(ask, run_id, "inefficient")
    return (await conn.execute(text(sql + _WRITE), {**common, **values, "is_batch": False})).rowcount


async def write(conn: AsyncConnection, ask: Ask, run_id: int, *, kind: str, judged: Judged) -> int:
    """Verdicts decided outside SQL, one batch; returns the number of rows written."""
    values = {"parcel_ids": judged.parcel_ids, "results": judged.results, "details": judged.details, "inputs": judged.inputs}
    return (await conn.execute(_WRITE_ROWS, {**_common(ask, run_id, kind), **values, "is_batch": True})).rowcount


async def close_retired(conn: AsyncConnection, ask: Ask, run_id: int) -> int:
    """Parcels that no longer stand lose their verdicts."""
    return (await conn.execute(_RETIRED, {"county": ask.county_code, "run_id": run_id})).rowcount
