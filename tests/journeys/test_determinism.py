"""The demo county twice: what the service loaded, and the same folder again with the first import killed half-way, give one SHA-256."""

import asyncio
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import asyncpg.exceptions
import pytest
from sqlalchemy import make_url

from app.core import db
from app.settings import settings
from tests import answer_key
from tests.journeys.test_proving_ground import COUNTY as PROVING_GROUND

pytestmark = pytest.mark.serial
COUNTY = "330282"
ROOT = Path(__file__).parents[2]
STATE = """
SELECT p.source_key, p.id, p.land_code, v.area_registered_m2, v.area_contract_m2, v.area_planar_m2, v.area_geodesic_m2,
       lower(v.valid) AS valid_from, upper(v.valid) AS valid_to, encode(sha256(ST_AsBinary(v.geom)), 'hex') AS shape
FROM parcel p JOIN parcel_version v ON v.parcel_id = p.id
WHERE p.county_code = $1 AND upper_inf(v.recorded)
ORDER BY p.source_key COLLATE "C", lower(v.valid)
"""
VERDICTS = """
SELECT p.source_key, v.kind, v.result, array_to_string(ARRAY(SELECT unnest(v.criteria_true) ORDER BY 1), ';') AS met,
       array_to_string(ARRAY(SELECT unnest(v.criteria_unknown) ORDER BY 1), ';') AS unknown, v.detail::text AS detail
FROM verdict v JOIN parcel p ON p.id = v.parcel_id
WHERE v.county_code = $1 AND v.to_run IS NULL
ORDER BY p.source_key COLLATE "C", v.kind
"""
LOAD = """
import asyncio, sys
from datetime import date
from pathlib import Path
from app import demo

async def main():
    await demo.setup()
    await demo.load_county(sys.argv[1], Path(sys.argv[2]), as_of=date(2025, 9, 30), is_test=False, say=lambda line: print(line, flush=True))

asyncio.run(main())
"""


async def digest(conn: asyncpg.Connection, county: str) -> tuple[str, int]:
    """SHA-256 over (source key, id, code, areas, shape) of every version and over every verdict; and how many lines it covers."""
    found, lines = hashlib.sha256(), 0
    for sql in (STATE, VERDICTS):
        for row in await conn.fetch(sql, county):
            found.update("\x1f".join("" if value is None else str(value) for value in row).encode() + b"\n")
            lines += 1
    return found.hexdigest(), lines


@pytest.fixture
async def scratch(worker_id: str, live_server: Any, tmp_path: Path) -> AsyncIterator[str]:
    """URL of an empty, migrated database of its own on the tests' cluster."""
    admin, name = settings().dsn, f"yima_twice_{worker_id}"
    conn = await asyncpg.connect(db.plain_dsn(admin))
    has_template = await conn.fetchval("SELECT 1 FROM pg_database WHERE datname = 'template_yima'")
    await conn.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    await conn.execute(f'CREATE DATABASE "{name}" TEMPLATE {"template_yima" if has_template else "template1"}')
    url = make_url(admin).set(database=name).render_as_string(hide_password=False)
    await asyncio.to_thread(
        subprocess.run, [sys.executable, "-m", "alembic", "upgrade", "head"], cwd=ROOT, env=environment(url, tmp_path), check=True
    )
    yield url
    await dropped(conn, name)
    await conn.close()


async def dropped(conn: asyncpg.Connection, name: str) -> None:
    """Drop the database; an autovacuum worker in it is the superuser's and can't be ended by us, only waited for."""
    for left in range(60, -1, -1):
        try:
            await conn.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            return
        except asyncpg.exceptions.InsufficientPrivilegeError:
            if not left:
                raise
            await asyncio.sleep(1)


def environment(url: str, state: Path) -> dict[str, str]:
    return os.environ | {"YIMA_DATABASE_URL": url, "YIMA_TODAY": "2025-09-30", "YIMA_STATE_DIR": str(state), "PYTHONPATH": str(ROOT)}


def load(url: str, county: str, folder: Path, state: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", LOAD, county, str(folder)]
    return subprocess.Popen(command, cwd=ROOT, env=environment(url, state), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


async def is_writing_versions(url: str, *, after: int) -> None:
    """Wait until `after` deliveries are in and the next one holds row locks on the register: the import is in its middle."""
    conn = await asyncpg.connect(db.plain_dsn(url))
    try:
        end = time.monotonic() + 120
        while time.monotonic() < end:
            done = await conn.fetchval("SELECT count(*) FROM import_job WHERE county_code = $1", COUNTY)
            writing = await conn.fetchval(
                "SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_database d ON d.oid = l.database"
                " WHERE c.relname = 'parcel_version' AND l.mode = 'RowExclusiveLock' AND d.datname = current_database()"
            )
            if done >= after and writing:
                return
            await asyncio.sleep(0.02)
        raise AssertionError("the load never came to the parcels")
    finally:
        await conn.close()


async def test_a_killed_and_resumed_load_equals_the_services(live_server: Any, scratch: str, tmp_path: Path) -> None:
    folder = live_server.state / "demo" / COUNTY
    first = load(scratch, COUNTY, folder, tmp_path)
    await is_writing_versions(scratch, after=5)  # the first parcels stand, the second delivery is being written
    first.send_signal(signal.SIGKILL)
    first.wait(30)

    conn = await asyncpg.connect(db.plain_dsn(scratch))
    live = await asyncpg.connect(live_server.dsn())
    try:
        jobs = await conn.fetchval("SELECT count(*) FROM import_job WHERE county_code = $1", COUNTY)
        assert jobs == 5, "the delivery that was killed is not in"
        versions = await conn.fetchval("SELECT count(*) FROM parcel_version WHERE county_code = $1", COUNTY)
        first_delivery = json.loads((folder / "key" / "figures.json").read_text(encoding="utf-8"))["as_of"]["2024-06-30"]
        assert versions == first_delivery, "nothing of the second delivery is half-written"
        assert await conn.fetchval("SELECT count(*) FROM verdict WHERE county_code = $1", COUNTY) == 0

        second = load(scratch, COUNTY, folder, tmp_path)
        said, _ = await asyncio.to_thread(second.communicate, timeout=300)
        assert second.returncode == 0, said[-2000:]
        assert said.count("已导入,跳过") == 5, said
        mine, theirs = await digest(conn, COUNTY), await digest(live, COUNTY)
        assert theirs[1] > 30_000
        assert mine == theirs
        found = await answer_key.verdicts(conn, COUNTY, folder)
        assert found.rows > 20_000
        assert not found.wrong, "\n".join(found.wrong[:10])
    finally:
        await conn.close()
        await live.close()


async def test_the_generator_writes_the_same_files_again(live_server: Any, tmp_path: Path) -> None:
    """The answer key and the deliveries' contents come from the seed alone (the proving ground, which is small)."""
    made = []
    for name in ("a", "b"):
        out = tmp_path / name
        command = [sys.executable, "-m", "geodata", "--county", PROVING_GROUND, "--out", str(out), "--seed", "11"]
        await asyncio.to_thread(subprocess.run, command, cwd=ROOT, check=True, capture_output=True)
        made.append({p.relative_to(out): p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file()})
    assert len(made[0]) > 10
    assert set(made[0]) == set(made[1])
    same = [name for name in made[0] if made[0][name] == made[1][name]]
    differing = [str(name) for name in made[0] if name not in same]
    assert all(name.endswith((".gpkg", ".xlsx")) for name in differing), (
        f"containers may hold the time of writing, nothing else may: {differing}"
    )
    assert [name for name in same if str(name).startswith("key")]
