"""kill -9 of the worker, of its import process, of a backend and of the whole server, at moments drawn by lot, on a cluster of its own."""

import asyncio
import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any

import asyncpg
import httpx
import pytest
from sqlalchemy.exc import DBAPIError

from app import cluster, territories
from app.core import db
from app.imports.jobs.states import MOVING
from app.maps import publish
from app.settings import settings
from tests.conftest import ROOT

from .conftest import TestCounty, made_county
from .over_http import URL, client_of, hand_in, look, parcels, person, records, step
from .test_worker import of_import, running, settled, silence

pytestmark = pytest.mark.bench
log = logging.getLogger(__name__)
KILLS, ROWS = 24, 1_200
VICTIMS, PHASES = ("worker", "process", "backend", "server"), ("staging", "applying")
REGISTER = """
SELECT count(*) AS rows, md5(string_agg(concat_ws('|', substr(p.source_key, 7), substr(p.land_code, 7, 10), v.area_planar_m2, v.area_geodesic_m2,
  v.area_registered_m2, v.valid, md5(ST_AsBinary(v.geom))), ',' ORDER BY p.source_key)) AS said,
  (SELECT count(*) FROM map_parcel m WHERE m.county_code = :c) AS drawn,
  (SELECT md5(string_agg(concat_ws('|', i.row_no, i.code), ',' ORDER BY i.row_no, i.code)) FROM import_issue i WHERE i.county_code = :c) AS issues
FROM parcel p JOIN parcel_version v ON v.parcel_id = p.id WHERE p.county_code = :c
"""
STANDS = "SELECT state, (SELECT count(*) FROM parcel_version WHERE county_code = :c) AS rows FROM import_job WHERE county_code = :c"


@pytest.fixture(scope="module")
async def own(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Path]:
    """State folder of a cluster that writes to disk as in service; the settings point to it."""
    state = tmp_path_factory.mktemp("kills")
    for folder in (state, *state.parents):  # the database's unprivileged user must pass through
        if folder.stat().st_uid == os.getuid() and "pytest" in str(folder):
            folder.chmod(0o711 | folder.stat().st_mode)
    url = await asyncio.to_thread(cluster.start, state)
    names = ("YIMA_DATABASE_URL", "YIMA_STATE_DIR", "YIMA_TODAY")
    before = {name: os.environ.get(name) for name in names}
    os.environ |= {"YIMA_DATABASE_URL": url, "YIMA_STATE_DIR": str(state), "YIMA_TODAY": "2025-09-30"}
    settings.cache_clear()
    await db.dispose()
    subprocess.run([sys.executable, "-m", "alembic", "upgrade", "head"], cwd=ROOT, check=True)
    async with db.engine().begin() as conn:
        await territories.seed(conn)
    yield state
    await db.dispose()
    cluster.drop(state)
    for name, value in before.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value
    settings.cache_clear()


async def emptied() -> None:
    """No county has a parcel, as before the first delivery of all."""
    async with db.engine().begin() as conn:
        await conn.exec_driver_sql(f"SET ROLE {db.OWNER}")
        await conn.exec_driver_sql(f"TRUNCATE parcel, {', '.join(publish.ASIDE)} CASCADE")


async def begun(county: TestCounty, state: str) -> None:
    """The worker has it in hand."""
    for _ in range(3000):
        if await county.rows(f"SELECT 1 FROM import_job WHERE county_code = :c AND state = '{state}' AND beat_at IS NOT NULL"):
            return
        await asyncio.sleep(0.01)
    raise AssertionError(await county.rows(STANDS))


async def fingerprint(county: TestCounty) -> tuple[Any, ...]:
    return tuple((await county.rows(REGISTER))[0])


async def undisturbed(folder: Path) -> tuple[tuple[Any, ...], dict[str, float]]:
    """What the register says after an import that nothing happens to, and how long each phase took."""
    county, took = await made_county(), {}
    async with client_of(person(county)) as planner:
        with running():
            job = (await hand_in(planner, delivery(folder, county))).json()
            for phase, end in zip(PHASES, ("staged", "applied"), strict=True):
                if phase == "applying":
                    await step(planner, job, "apply")
                await begun(county, phase)
                since = time.monotonic()
                job = await settled(planner, job, end)
                took[phase] = time.monotonic() - since
    return await fingerprint(county), took


def delivery(folder: Path, county: TestCounty) -> Path:
    """Parcels, one code twice and one shape twice among them."""
    return parcels(folder / f"{county.code}.gpkg", county, range(ROWS), 不动产单元号="不详")


async def backend_at_work(draw: Random) -> int | None:
    """A connection of the worker or its import process, one of those in a transaction if there are; None when they have none just now."""
    await db.dispose()  # none of this test's own
    conn = await asyncpg.connect(db.plain_dsn(settings().dsn))
    try:
        found = await conn.fetch("SELECT pid, xact_start FROM pg_stat_activity WHERE application_name = 'yima_app' ORDER BY pid")
        pids = [one["pid"] for one in found if one["xact_start"]] or [one["pid"] for one in found]
        return draw.choice(pids) if pids else None
    finally:
        await conn.close()


async def kill(victim: str, process: "subprocess.Popen[bytes]", state: Path, draw: Random) -> bool:
    """True when there was something to kill."""
    if victim == "worker":
        os.kill(process.pid, signal.SIGKILL)
        return True
    if victim == "process":
        for pid in (found := of_import(process)):
            os.kill(pid, signal.SIGKILL)
        return bool(found)
    if victim == "backend":
        pid = await backend_at_work(draw)
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
    else:
        os.kill(int((cluster.home(state) / "postgres/postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        await asyncio.sleep(draw.uniform(0, 3))
        await asyncio.to_thread(cluster.start, state)
        pid = 1
    await db.dispose()
    return pid is not None


async def answering() -> None:
    """The server has noticed, recovered, and takes connections again."""
    await asyncio.sleep(1)
    for _ in range(600):
        try:
            async with db.engine().connect() as conn:
                await conn.exec_driver_sql("SELECT 1")
            return
        except (OSError, DBAPIError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            if not db.is_away(error):
                raise
            await asyncio.sleep(0.1)
    raise AssertionError("the server does not come back")


async def swept(own: Path) -> None:
    """A worker that has just begun leaves no workplace of a dead process, nor what it had written aside."""
    for _ in range(300):
        async with db.engine().connect() as conn:
            aside = (await conn.exec_driver_sql("SELECT relname FROM pg_class WHERE relnamespace = 'aside'::regnamespace")).all()
        if not (left := [*own.glob("unpacked/*"), *aside]):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(left)


async def at_rest(planner: httpx.AsyncClient, job: dict[str, Any]) -> dict[str, Any]:
    """The import when nothing moves it; the service may say busy while the server recovers, nothing worse."""
    for _ in range(1800):
        said = await planner.get(f"{URL}/{job['id']}")
        assert said.status_code in (200, 503), said.text
        if said.status_code == 200 and said.json()["state"] not in MOVING:
            return dict(said.json())
        await asyncio.sleep(0.1)
    raise AssertionError(said.text)


async def finished(planner: httpx.AsyncClient, job: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """On to the register, whatever state it was left in; the states it rested in on the way."""
    ways = []
    while True:
        said = await at_rest(planner, job)
        ways.append(said["state"])
        if said["state"] == "applied":
            return said, ways
        assert len(ways) < 5, said
        asked = await step(planner, said, "apply" if said["state"] == "staged" else "decisions")
        assert asked.status_code in (200, 202), asked.text


async def test_whatever_is_killed_an_import_is_whole_or_not_there(own: Path, tmp_path: Path) -> None:
    draw, told = Random(4), []
    lying = set(Path(tempfile.gettempdir()).glob("yima-import-*"))  # of others
    expected, took = await undisturbed(tmp_path)
    assert expected[0] == ROWS
    for number in range(KILLS):
        victim, phase = VICTIMS[number % 4], PHASES[number // 4 % 2]
        is_first = number // 8 % 2 == 0  # of all: then its rows are written aside
        if is_first:
            await emptied()
        county = await made_county()
        async with client_of(person(county)) as planner:
            with running() as process:
                job = (await hand_in(planner, delivery(tmp_path, county))).json()
                if phase == "applying":
                    job = await settled(planner, job, "staged")
                    await step(planner, job, "apply")
                await begun(county, phase)
                await asyncio.sleep(after := draw.uniform(0, took[phase] * 0.95))
                hit = await kill(victim, process, own, draw)
                await answering()
                ((state, rows),) = await county.rows(STANDS)
                assert rows == (ROWS if state == "applied" else 0), (number, victim, phase, state, rows)
                if victim != "worker":
                    said, ways = await finished(planner, job)
            if victim == "worker":
                await silence(job)
                with running():
                    said, ways = await finished(planner, job)
            found = await fingerprint(county)
            told.append(
                f"{number:2} {victim:8} {phase:8}{' first' if is_first else ''} after {after:4.1f} s, hit {hit}: {state}, {rows} rows → {'→'.join(ways)}"
            )
            log.info(told[-1])
            assert found == expected, (told[-1], found, expected)
            assert (await records(county)).count("import.apply") == 1
            assert (await look(planner, said))["state"] == "applied"
    with running():  # the next worker clears away what the last killed process had unpacked
        await swept(own)
    left = [*set(Path(tempfile.gettempdir()).glob("yima-import-*")) - lying, *own.glob("imports/upload-*")]
    assert not left, left
