"""Compares what the service says with the generator's answer key: verdicts of every parcel, issues, lineage."""

import csv
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

VERDICTS = """
SELECT p.source_key, v.kind, v.result, array_to_string(ARRAY(SELECT unnest(v.criteria_true) ORDER BY 1), ';') AS criteria_true,
       array_to_string(ARRAY(SELECT unnest(v.criteria_unknown) ORDER BY 1), ';') AS criteria_unknown,
       coalesce(v.detail ->> 'limb', '') AS limb, coalesce(v.detail ->> 'years', '') AS years, coalesce(v.detail ->> 'cause', '') AS cause,
       coalesce(v.detail ->> 'menu', '') AS menu,
       coalesce(translate(v.detail ->> 'missing', '[]" ', ''), '') AS missing,
       coalesce(v.detail ->> 'collective', '') AS collective, coalesce(v.detail ->> 'status', '') AS status
FROM verdict v JOIN parcel p ON p.id = v.parcel_id
WHERE v.county_code = $1 AND v.to_run IS NULL
"""
ISSUES = """
SELECT file, coalesce(layer, '') AS layer, coalesce(row_no::text, '') AS row, code, coalesce(field, '') AS field
FROM import_issue WHERE county_code = $1
"""
COMPARED = {
    "inefficient": ("result", "criteria_true", "criteria_unknown"),
    "idle": ("result", "limb", "years", "cause", "menu", "missing", "collective"),
    "standard_land": ("result", "status"),
}


@dataclass
class Difference:
    """What does not agree; empty when all does."""

    rows: int = 0
    wrong: list[str] = field(default_factory=list)


def _key(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "key" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _normal(value: str) -> str:
    return ";".join(sorted(filter(None, value.split(";")))) if ";" in value else value


async def verdicts(conn: asyncpg.Connection, county: str, folder: Path) -> Difference:
    """Every row of the key against the standing verdicts, and no verdict beyond the key."""
    got = {(r["source_key"], r["kind"]): r for r in await conn.fetch(VERDICTS, county)}
    found = Difference()
    for row in _key(folder, "verdicts.csv"):
        found.rows += 1
        mine = got.pop((row["source_key"], row["kind"]), None)
        for column in COMPARED[row["kind"]]:
            said = None if mine is None else mine[column]
            if said != _normal(row[column]):
                found.wrong.append(f"{row['source_key']} [{row['case']}] {row['kind']}.{column}: key {row[column]!r}, service {said!r}")
    found.wrong += [f"verdict beyond the key: {key}" for key in got]
    return found


async def issues(conn: asyncpg.Connection, county: str, folder: Path) -> Difference:
    """Import issues equal the key's: all of them and nothing else."""
    columns = ("file", "layer", "row", "code", "field")
    got = Counter(tuple(r[c] for c in columns) for r in await conn.fetch(ISSUES, county))
    want = Counter(tuple(r[c] for c in columns) for r in _key(folder, "issues.csv"))
    wrong = [f"missing {k}" for k in (want - got).elements()] + [f"beyond the key {k}" for k in (got - want).elements()]
    return Difference(rows=sum(want.values()), wrong=wrong)
