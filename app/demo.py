"""The demo county: generated files enter through the real importer, are classified, and the milestone is set.

A killed load resumes: deliveries already applied are skipped by their hash.
"""

import asyncio
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

from app import territories
from app.accounts import demo as demo_accounts
from app.core import clock, db, state
from app.core.audit import Entry, append
from app.core.principal import system
from app.settings import settings

COUNTY = "330282"
AS_OF = date(2025, 9, 30)
REGISTER = (
    "parcel", "parcel_version", "parcel_overlay", "enterprise", "occupancy", "enterprise_indicator", "enterprise_grade", "building",
    "supply_contract", "supply_supplement", "standard_land_indicator", "list_membership", "ledger_ground", "ledger_posting",
)  # fmt: skip
Say = Callable[[str], None]


async def setup() -> None:
    """Reference tables every installation needs; may be repeated."""
    async with db.engine().begin() as conn:
        await territories.seed(conn)
        await state.reach(conn, "territories", {"tables": "geodata/territories"})


async def generate(county: str, out: Path, seed: int | None = None) -> None:
    """Write the county's deliveries and answer key (geodata imports nothing of app, so it is its own process)."""
    done = out / "manifest.json"
    if done.exists():
        return
    args = [sys.executable, "-m", "geodata", "--county", county, "--out", str(out)] + (["--seed", str(seed)] if seed else [])
    process = await asyncio.create_subprocess_exec(*args, cwd=Path(__file__).parents[1])
    if await process.wait() != 0:
        raise SystemExit(f"生成演示数据失败: {' '.join(args)}")


async def load_county(county: str, folder: Path, *, as_of: date, is_test: bool, say: Say = print) -> None:
    """Outline, deliveries in the manifest's order, one classification run."""
    from app import wiring  # the rooms are heavy to import, and a second start needs none of them
    from app.classification import service as classification
    from app.imports import demo as deliveries

    wiring.subscribe()
    async with db.engine().begin() as conn:
        await territories.load_county(conn, folder / "county.json", is_test=is_test)
    await deliveries.load_manifest(folder, county_code=county, principal=system(county, "演示数据装载"), say=say)
    async with db.engine().begin() as conn:
        await db.analyze(conn, *REGISTER)
    say("研判: 低效(初判)、疑似闲置、标准地 …")
    await classification.publish_run(county, as_of=as_of, principal=system(county, "演示数据装载"))


async def load(say: Say = print) -> None:
    """The whole demo; a load that was finished before is left alone."""
    await setup()
    async with db.engine().begin() as conn:
        await demo_accounts.ensure(conn, county_code=COUNTY, path=settings().state_dir / "demo-accounts.json")
    async with db.engine().connect() as conn:
        if await state.reached(conn, "demo"):
            say("演示县已装载")
            return
    folder = settings().state_dir / "demo" / COUNTY
    say("生成演示县 慈溪 (合成数据) …")
    await generate(COUNTY, folder)
    await load_county(COUNTY, folder, as_of=AS_OF, is_test=False, say=say)
    async with db.engine().begin() as conn:
        await state.reach(conn, "demo", {"county": COUNTY, "as_of": AS_OF, "loaded_at": clock.now()})
        await append(conn, system(COUNTY), Entry("demo.load", "county", COUNTY, {"as_of": AS_OF}))
    say("演示县装载完成")
