"""Two imports of one kind at the same moment, over HTTP and by command line: the second waits and sees what the first wrote."""

import asyncio
from pathlib import Path

import httpx
from sqlalchemy import text

from app.core import db
from app.core.queue import one
from app.imports.jobs import worker

from .conftest import SECOND, TestCounty
from .over_http import REGISTER, applied, hand_in, look, parcels, records, staged, step, waits_for, worked


async def waiting() -> int:
    """How many sessions wait for a county's imports."""
    async with db.engine().connect() as conn:
        sql = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        return int((await conn.execute(text(sql))).scalar_one())


async def test_two_workers_at_the_same_moment(planner: httpx.AsyncClient, county: TestCounty, tmp_path: Path) -> None:
    files = [parcels(tmp_path / f"{n}.gpkg", county, range(n)) for n in (5, 3)]
    made = await asyncio.gather(*(hand_in(planner, file, options='{"covers": "all"}') for file in files))
    assert [m.status_code for m in made] == [201, 201]
    taken = await asyncio.gather(*(worker.claim() for _ in range(4)))
    assert sum(job is not None for job in taken) == 1, "one of a county and kind at a time"
    await asyncio.gather(*(one(worker.QUEUE, job) for job in taken if job))
    await worked()
    jobs = [await look(planner, m.json()) for m in made]
    assert [j["state"] for j in jobs] == ["staged", "staged"]
    said = await asyncio.gather(*(step(planner, job, "apply") for job in jobs))
    assert [s.status_code for s in said] == [202, 202]
    assert sum(job is not None for job in await asyncio.gather(worker.claim(), worker.claim())) == 1
    async with db.engine().begin() as conn:  # that worker dies; the next one takes both, one after the other
        await conn.execute(text("UPDATE import_job SET beat_at = NULL WHERE county_code = :c"), {"c": county.code})
    await worked()
    first, second = sorted([await look(planner, job) for job in jobs], key=lambda job: str(job["state"]))
    assert (first["state"], second["state"]) == ("applied", "staged"), "the second was shown another register: compared anew, not applied"
    assert await county.value(REGISTER) == first["counts"]["new"] > 0


async def test_command_line_and_worker_at_the_same_moment(planner: httpx.AsyncClient, county: TestCounty, tmp_path: Path) -> None:
    job = await staged(planner, parcels(tmp_path / "a.gpkg", county, range(3)))
    await step(planner, job, "apply")
    async with db.engine().connect() as conn:  # the worker has written all and waits for its audit record
        await conn.execute(text("SELECT 1 FROM audit_head WHERE county_code = :c FOR UPDATE"), {"c": county.code})
        working = asyncio.create_task(worked())
        await waits_for(conn)
        typed = asyncio.create_task(county.load(parcels(tmp_path / "b.gpkg", county, range(4)), on=SECOND))
        while not await waiting():
            await asyncio.sleep(0.02)
        assert await county.value(REGISTER) == 0
        await conn.rollback()
    report, _ = await asyncio.gather(typed, working)
    assert (await look(planner, job))["state"] == "applied"
    assert (report.counts["same"], report.counts["new"]) == (3, 1), "it saw what the first wrote"

    late = await staged(planner, parcels(tmp_path / "c.gpkg", county, range(7)), data_date="2025-07-31")
    async with db.engine().connect() as conn:  # now the command line is first
        await conn.execute(text("SELECT 1 FROM audit_head WHERE county_code = :c FOR UPDATE"), {"c": county.code})
        typed = asyncio.create_task(county.load(parcels(tmp_path / "d.gpkg", county, range(6)), on=SECOND))
        await waits_for(conn)
        accepted = asyncio.create_task(step(planner, late, "apply"))
        await asyncio.sleep(0.1)
        await conn.rollback()
    assert (await accepted).status_code == 202
    await typed
    await worked()
    late = await look(planner, late)
    assert late["state"] == "staged", "compared anew after the command line's import"
    assert (await applied(planner, late))["state"] == "applied"
    assert (await records(county)).count("import.apply") == 4
