"""The real job worker, killed in the middle of applying: a half-applied import never stands, and the next worker finishes it."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app.core import db
from app.imports.jobs import worker
from tests.conftest import ROOT

from .conftest import TestCounty
from .over_http import REGISTER, applied, client_of, hand_in, look, parcels, person, records, step, waits_for


@contextmanager
def running() -> Iterator["subprocess.Popen[bytes]"]:
    """`python -m app.worker` on this test's database."""
    process = subprocess.Popen([sys.executable, "-m", "app.worker"], cwd=ROOT, env=os.environ.copy(), stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def settled(client: httpx.AsyncClient, job: dict[str, Any], *states: str) -> dict[str, Any]:
    for _ in range(900):
        said = await look(client, job)
        if said["state"] in states:
            return said
        await asyncio.sleep(0.1)
    raise AssertionError(said)


async def silence(job: dict[str, Any]) -> None:
    """Fifteen seconds without a beat have gone by."""
    async with db.engine().begin() as conn:
        sql = "UPDATE import_job SET beat_at = beat_at - interval '1 minute' WHERE id = :id AND state IN ('staging', 'applying')"
        await conn.execute(text(sql), {"id": job["id"]})


def of_import(process: "subprocess.Popen[bytes]") -> list[int]:
    """Import processes of that worker."""
    told = subprocess.run(["pgrep", "-P", str(process.pid), "-f", "app.import_process"], capture_output=True, text=True, check=False)
    return [int(pid) for pid in told.stdout.split()]


@pytest.mark.parametrize("victim", ["worker", "process"])
async def test_killed_while_applying(victim: str, county: TestCounty, tmp_path: Path) -> None:
    async with client_of(person(county)) as planner:
        with running() as process:
            made = await hand_in(planner, parcels(tmp_path / "a.gpkg", county, range(40)))
            job = await settled(planner, made.json(), "staged")
            await step(planner, job, "apply")
            async with db.engine().connect() as conn:  # sooner than a process can start
                await conn.execute(text("SELECT 1 FROM audit_head WHERE county_code = :c FOR UPDATE"), {"c": county.code})
                await waits_for(conn)
                child = of_import(process)[0]
                os.kill(process.pid if victim == "worker" else child, signal.SIGKILL)
                while Path(f"/proc/{child}/status").exists() and "State:\tZ" not in Path(f"/proc/{child}/status").read_text():
                    await asyncio.sleep(0.05)  # the process dies with its worker
                await conn.rollback()
        if victim == "worker":
            assert (await look(planner, job))["state"] == "applying"
            assert await county.value(REGISTER) == 0
            await silence(job)
        with running():
            said = await settled(planner, job, "applied")
        assert (said["state"], await county.value(REGISTER)) == ("applied", 40)
        assert (await records(county)).count("import.apply") == 1


@pytest.mark.parametrize("kills", [4, pytest.param(20, marks=pytest.mark.bench)])
async def test_killed_at_any_moment_the_register_is_the_same(county: TestCounty, tmp_path: Path, kills: int) -> None:
    """Kills at moments drawn by lot, of the worker and of its process by turns; the register is that of one undisturbed import."""
    draw = random.Random(4)
    async with client_of(person(county)) as planner:
        job = (await hand_in(planner, parcels(tmp_path / "a.gpkg", county, range(200)))).json()
        for number in range(kills):
            with running() as process:
                await asyncio.sleep(draw.uniform(1.5, 5))
                pids = [process.pid] if number % 2 else of_import(process)
                for pid in pids:
                    os.kill(pid, signal.SIGKILL)
                await asyncio.sleep(0.1)
            await silence(job)
            async with db.engine().begin() as conn:  # more deaths than the three that an import may die
                await conn.execute(text("UPDATE import_job SET attempts = 0 WHERE id = :id AND state <> 'applied'"), {"id": job["id"]})
            said = await look(planner, job)
            if said["state"] == "staged":
                await step(planner, said, "apply")
            ((state, there),) = await county.rows(f"SELECT state, ({REGISTER}) FROM import_job WHERE county_code = :c")
            assert there == (200 if state == "applied" else 0)
        with running():
            said = await settled(planner, job, "staged", "applied")
        if said["state"] == "staged":
            said = await applied(planner, said)
        assert (said["state"], await county.value(REGISTER)) == ("applied", 200)
        assert (await records(county)).count("import.apply") == 1
    assert await worker.claim() is None
