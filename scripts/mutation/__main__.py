"""Does the answer key notice? Flips each comparator, threshold, connective, criterion, freshness and idle branch in turn.

    ./scripts/mutate                 scratch database on a private cluster (or where YIMA_DATABASE_URL points), proving ground 999001
    ./scripts/mutate --database NAME use and keep this scratch database (loaded on first use)
    ./scripts/mutate --seed N        another proving ground
    ./scripts/mutate --json          machine-readable report

Facts are built once; a mutant only judges them again (freshness and gate mutants rebuild them and roll back).
Exit code 1 when a mutant survives that is not in EXPLAINED.
"""

import argparse
import asyncio
import json
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ground import COUNTY, gates_noticed, idle_noticed, judged, load, survey
from pack import fact_mutants, parameter_mutants, rule_mutants
from scratch import database, quietly
from source import source_mutants

EXPLAINED: tuple[tuple[str, str], ...] = (
    (r"tolerated unknown share → 0\.1001", "the key's nearest user holds 10.2 %; test_facts stands at 10.002 %"),
    (r"idle\.start_of .*'(supplement|contract|delivery)'", "where the start comes from is shown, not judged; test_idle and test_explain"),
    (r"idle\.is_low 0 ⟶ 0 → 1", "equal for every denominator above 1 m² or 1 万元"),
    (r"idle\.verified_cause .*without part 0", "no delivery gives a document without a cause; test_idle does"),
    (r"idle\._first_limb '2\(1\)' ⟶ '2\(1\)' → other", "equal: the menu asks only for 2(2); the verdict's own limb is killed"),
    (r"standard_land\.status_of promises and .*without part 0", "every 标准地 of the key has indicators; test_standard_land does not"),
    (r"standard_land\.is_kept .*without part 1", "every indicator of the key has a promise; test_standard_land has one without"),
    (r"standard_land\.is_due .*without part 1", "every indicator of the key has a due date; test_standard_land has one without"),
)


async def examine(folder: Path) -> dict[str, Any]:
    """Every mutant in turn; the unmutated rules must agree with the key first."""
    from app.classification import facts, idle, standard_land
    from app.core import db

    async with db.engine().connect() as conn, facts.whole_county(conn):
        ground = await survey(conn, folder / "key")
        content = ground.pack.content
        if await judged(ground, ground.pack) != ground.criteria:
            raise SystemExit("the rules disagree with the key before any mutation")
        if idle_noticed(ground, idle, content.idle) or gates_noticed(ground, standard_land, content.standard_land):
            raise SystemExit("the idle or 标准地 rule disagrees with the key before any mutation")
        killed, survived = [], []
        for make in (rule_mutants, fact_mutants, parameter_mutants, source_mutants):
            for mutant in make(ground):
                noticed = mutant.is_noticed()
                fate = await noticed if asyncio.iscoroutine(noticed) else noticed
                (killed if fate else survived).append(mutant.name)
    await db.dispose()
    reasons = {name: next((why for pattern, why in EXPLAINED if re.search(pattern, name)), None) for name in survived}
    counts = {"idle_cases": len(ground.idle), "parcels": len(ground.criteria)}
    return {"mutants": len(killed) + len(survived), "killed": len(killed), "survived": reasons, **counts}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", help="scratch database to use and keep")
    parser.add_argument("--seed", help="seed of the proving ground")
    parser.add_argument("--json", action="store_true", dest="as_json")
    asked = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="yima-ground-") as folder, database(asked.database):
        seed = ["--seed", asked.seed] if asked.seed else []
        quietly("geodata", "--county", COUNTY, "--out", folder, *seed)

        async def work() -> dict[str, Any]:
            await load(Path(folder))
            return await examine(Path(folder))

        report = asyncio.run(work()) | {"seconds": round(time.monotonic() - began)}
    unexplained = [name for name, why in report["survived"].items() if why is None]
    if asked.as_json:
        print(json.dumps(report, ensure_ascii=False, indent=1))
    else:
        survived = len(report["survived"])
        print(f"{report['mutants']} mutants over {report['parcels']} parcels: {report['killed']} killed, {survived} survived")
        for name, why in report["survived"].items():
            print(f"  survived  {name}" + (f"  — {why}" if why else "  — UNEXPLAINED"))
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
