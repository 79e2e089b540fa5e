"""The proving ground a mutant is judged on: facts, answer key, distinct idle and gate cases; and whether the key notices."""

import csv
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

COUNTY, AS_OF = "999001", date(2025, 9, 30)
Check = Callable[[], Any]


@dataclass(frozen=True)
class Mutant:
    """One change, and how to ask whether the key notices it."""

    name: str
    is_noticed: Check


@dataclass
class Ground:
    """The key, and everything a mutant is judged on; equal idle and gate cases are kept once."""

    conn: Any
    pack: Any
    criteria: dict[int, tuple[frozenset[str], frozenset[str]]]
    idle: set[tuple[Any, date, tuple[str, ...]]]
    gates: set[tuple[Any, ...]]


async def judged(ground: Ground, pack: Any) -> dict[int, tuple[frozenset[str], frozenset[str]]]:
    """Criteria of every parcel under these rules, over the facts that are there."""
    from sqlalchemy import text

    from app.classification.judge import judging

    sql, values = judging(pack)
    wanted = text(f"{sql} SELECT parcel_id, criteria_true, criteria_unknown FROM judged")
    rows = await ground.conn.execute(wanted, {**values, "county": COUNTY})
    return {row.parcel_id: (frozenset(row.criteria_true), frozenset(row.criteria_unknown)) for row in rows}


def idle_noticed(ground: Ground, module: Any, idle: Any) -> bool:
    """Whether any case's verdict differs from the key; a crash is noticed."""
    try:
        rule = module.IdleRule.from_pack(idle)
        for site, as_of, expected in ground.idle:
            v = module.decide(site, as_of=as_of, rule=rule)
            found = (v.result, v.limb, v.years, v.cause, v.menu, v.missing, v.collective)
            if tuple("" if x is None else str(x).lower() for x in found) != expected:
                return True
    except Exception:
        return True
    return False


def gates_noticed(ground: Ground, module: Any, rule: Any) -> bool:
    """The same for 标准地."""
    try:
        for mode, promises, transferred_on, expected in ground.gates:
            own = [module.Promise(*p) for p in promises]
            v = module.decide(mode, own, transferred_on=transferred_on, rule=rule, as_of=AS_OF)
            if (v.result, v.status or "") != expected:
                return True
    except Exception:
        return True
    return False


async def load(folder: Path) -> None:
    """The proving ground through the importer, once."""
    from app import territories, wiring
    from app.core import db
    from app.core.principal import system
    from app.imports.demo import load_manifest

    wiring.subscribe()
    async with db.engine().begin() as conn:
        await territories.seed(conn)
        await territories.load_county(conn, folder / "county.json", is_test=True)
    await load_manifest(folder, county_code=COUNTY, principal=system(COUNTY), say=lambda line: print(line, file=sys.stderr))


async def survey(conn: Any, folder: Path) -> Ground:
    """Facts of the county, its key, its distinct idle and gate cases."""
    from sqlalchemy import text

    from app.classification import facts, sites
    from app.policy import pack_for

    pack = pack_for(COUNTY, AS_OF)
    ask = facts.Ask(COUNTY, AS_OF, AS_OF.year - 1, pack)
    await facts.build(conn, ask, 0)
    ids = {r.source_key: r.id for r in await conn.execute(text("SELECT id, source_key FROM parcel WHERE county_code = :c"), {"c": COUNTY})}
    rows = {row.parcel_id: row async for batch in sites.read(conn, ask) for row in batch}
    ground = Ground(conn, pack, {}, set(), set())
    for said in _read(folder / "verdicts.csv"):
        parcel = ids[said["source_key"]]
        if said["kind"] == "inefficient":
            ground.criteria[parcel] = (_names(said["criteria_true"]), _names(said["criteria_unknown"]))
        elif said["kind"] == "idle":
            ground.idle.add((sites.site_of(rows[parcel]), AS_OF, _idle(said, said["collective"])))
        else:
            promises = tuple(tuple(getattr(p, n) for n in p.__slots__) for p in sites.promises_of(rows[parcel]))
            ground.gates.add((rows[parcel].supply_mode, promises, rows[parcel].transferred_on, (said["result"], said["status"])))
    for said in _read(folder / "idle_at.csv"):
        site = sites.site_of(rows[ids[said["source_key"]]])
        ground.idle.add((site, date.fromisoformat(said["as_of"]), _idle(said, str(site.ownership == "J").lower())))
    return ground


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _names(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"C\d+", text))


def _idle(said: dict[str, str], collective: str) -> tuple[str, ...]:
    return (*(said[name] for name in ("result", "limb", "years", "cause", "menu", "missing")), collective)
