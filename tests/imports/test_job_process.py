"""The worker's processes: one of a kind at a time, killed, stopped, taken over; never half an import."""

import asyncio
import os
import signal
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from app.core import db
from app.core.queue import ATTEMPTS, one
from app.imports.jobs import queries, worker
from app.settings import settings

from .conftest import TestCounty
from .over_http import (
    REGISTER,
    child_of,
    children,
    hand_in,
    look,
    parcels,
    records,
    staged,
    step,
    waits_for,
    worked,
)  # fmt: skip


async def test_cancelling_ends_the_process(planner: httpx.AsyncClient, county: TestCounty, tmp_path: Path) -> None:
    job = (await hand_in(planner, parcels(tmp_path / "a.gpkg", county, range(3)))).json()
    running = asyncio.create_task(one(worker.QUEUE, await worker.claim()))
    await child_of()
    assert (await step(planner, await look(planner, job), "cancel")).json()["state"] == "cancelled"
    await running
    assert (await look(planner, job))["state"] == "cancelled"
    assert not children()


async def test_a_killed_process_is_started_again_and_given_up(planner: httpx.AsyncClient, county: TestCounty, tmp_path: Path) -> None:
    job = (await hand_in(planner, parcels(tmp_path / "a.gpkg", county, range(3)))).json()
    for number in range(1, ATTEMPTS + 1):
        taken = await worker.claim()
        assert (taken.id, taken.attempts) == (job["id"], number)
        running = asyncio.create_task(one(worker.QUEUE, taken))
        os.kill(await child_of(), signal.SIGKILL)
        await running
        said = await look(planner, job)
        assert (said["state"], f"第 {number} 次中断" in said["message"]) == ("staging", True)
    await one(worker.QUEUE, await worker.claim())
    said = await look(planner, job)
    assert (said["state"], "没有改动" in said["message"], said["can"]) == ("failed", True, ["decide", "cancel"])
    await step(planner, said, "decisions")
    await worked()
    assert (await look(planner, job))["state"] == "staged"


async def test_killed_before_the_commit_nothing_is_there_then_all(planner: httpx.AsyncClient, county: TestCounty, tmp_path: Path) -> None:
    job = await staged(planner, parcels(tmp_path / "a.gpkg", county, range(5)))
    await step(planner, job, "apply")
    taken = await worker.claim()
    async with db.engine().connect() as conn:  # the audit head is locked last: all is written when it waits for it
        await conn.execute(text("SELECT 1 FROM audit_head WHERE county_code = :c FOR UPDATE"), {"c": county.code})
        running = asyncio.create_task(one(worker.QUEUE, taken))
        await waits_for(conn)
        assert await county.value(REGISTER) == 0
        os.kill(await child_of(), signal.SIGKILL)
        await conn.rollback()  # the server notices a dead client when it speaks to it
    await running
    assert (await look(planner, job))["state"] == "applying"
    assert await county.value(REGISTER) == 0
    await worked()
    said = await look(planner, job)
    assert (said["state"], await county.value(REGISTER)) == ("applied", 5)
    assert (await records(county)).count("import.apply") == 1


async def test_an_orderly_stop_gives_the_job_back(planner: httpx.AsyncClient, county: TestCounty, tmp_path: Path) -> None:
    job = (await hand_in(planner, parcels(tmp_path / "a.gpkg", county, range(3)))).json()
    running = asyncio.create_task(one(worker.QUEUE, await worker.claim()))
    await child_of()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert not children()
    again = await worker.claim()
    assert (again.id, again.attempts) == (job["id"], 1), "at once, and the attempt does not count"
    await one(worker.QUEUE, again)
    assert (await look(planner, job))["state"] == "staged"


async def test_a_silent_job_is_taken_over(planner: httpx.AsyncClient, county: TestCounty, tmp_path: Path) -> None:
    job = (await hand_in(planner, parcels(tmp_path / "a.gpkg", county, range(3)))).json()
    first = await worker.claim()
    async with db.engine().begin() as conn:
        await conn.execute(text("UPDATE import_job SET beat_at = now() - interval '60 seconds' WHERE id = :id"), {"id": job["id"]})
    second = await worker.claim()
    assert (second.id, second.attempts) == (first.id, 2)
    assert not await worker.beat(first, {})
    async with db.engine().begin() as conn:
        assert not await queries.settle(conn, first, state="staged")
    await one(worker.QUEUE, second)
    assert (await look(planner, job))["state"] == "staged"


async def test_too_much_memory_is_a_refusal(
    planner: httpx.AsyncClient, county: TestCounty, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "import_memory_mb", 10)
    job = (await hand_in(planner, parcels(tmp_path / "a.gpkg", county, range(3)))).json()
    await one(worker.QUEUE, await worker.claim())
    said = await look(planner, job)
    assert (said["state"], "10 MB" in said["message"]) == ("failed", True)


async def test_a_hung_reader_is_ended_in_time(
    planner: httpx.AsyncClient, county: TestCounty, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that is stopped stands for a library that never comes back."""
    monkeypatch.setattr(settings(), "import_minutes", 0.1)
    job = (await hand_in(planner, parcels(tmp_path / "a.gpkg", county, range(3)))).json()
    running = asyncio.create_task(one(worker.QUEUE, await worker.claim()))
    os.kill(await child_of(), signal.SIGSTOP)
    await running
    said = await look(planner, job)
    assert (said["state"], "超过 0.1 分钟" in said["message"], said["can"]) == ("failed", True, ["decide", "cancel"])
    assert not children()
