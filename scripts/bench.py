"""Builds a county of N generated parcels once, serves it with two workers, times pages of extents; prints one table."""

import argparse
import asyncio
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import httpx
from sqlalchemy import text

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from app import cluster  # noqa: E402
from app.accounts import queries, service  # noqa: E402
from app.core import db  # noqa: E402
from app.maps import publish  # noqa: E402

COUNTY = "999009"
STATE = ROOT / ".local" / "bench"
BAR_MS = 150
SIDE = 0.0004  # degrees; parcels stand 0.0006 × 0.0004 apart, 1,000 in a row, ids row by row
FILL = f"""
INSERT INTO county (code, name, meridian_epsg, is_test) VALUES ('{COUNTY}', '测速县', 4549, true);
INSERT INTO responsible_body (county_code, code, name, kind, sort)
SELECT '{COUNTY}', '{COUNTY}' || (100 + g), '镇' || g, 'town', g FROM generate_series(0, 19) g;
INSERT INTO parcel (id, county_code, land_code, source_key)
SELECT {COUNTY}::bigint * 1000000000 + n, '{COUNTY}', '{COUNTY}100P' || lpad((n % 1000000)::text, 6, '0') || (n / 1000000), 'k' || n
FROM generate_series(1, :n) n;
INSERT INTO parcel_version (county_code, parcel_id, valid, geom, cadastral_code, name, location, town_code, responsible_body, block_code,
                            ownership, area_registered_m2, area_contract_m2, area_planar_m2, area_geodesic_m2)
SELECT '{COUNTY}', {COUNTY}::bigint * 1000000000 + n, '[2020-01-01,)',
       ST_Multi(ST_MakeEnvelope(x, y, x + {SIDE} * 0.9, y + {SIDE} * 0.9, 4490)),
       '{COUNTY}001001GB' || lpad((n % 100000)::text, 5, '0'), '宗地' || n, '测速县某某街道某某路' || n || '号',
       '{COUNTY}' || (100 + n % 20), '{COUNTY}' || (100 + n % 20), 'B' || (n % 74), 'G', 1500, 1490, 1520.11, 1520.22
FROM (SELECT n, 121.0 + ((n - 1) % 1000) * 0.0006 AS x, 30.0 + ((n - 1) / 1000) * 0.0004 AS y FROM generate_series(1, :n) n) s;
"""


async def build(dsn: str, parcels: int) -> None:
    """The county, its map rows, fresh statistics."""
    engine = db.make_engine(role=db.OWNER, pool_size=1)
    async with engine.begin() as conn:
        for statement in filter(str.strip, FILL.split(";\n")):
            await conn.execute(text(statement.replace(":n", str(parcels))))
    await engine.dispose()
    async with db.engine().begin() as conn:
        await publish.publish(conn, COUNTY)
    await db.dispose()
    admin = await asyncpg.connect(db.plain_dsn(dsn))
    await admin.execute("SET ROLE yima_owner")
    await admin.execute("VACUUM ANALYZE map_parcel")
    await admin.execute("VACUUM ANALYZE map_parcel_public")
    await admin.execute("VACUUM ANALYZE map_filter")
    await admin.close()


async def key() -> str:
    """An API key of a planner of the county."""
    async with db.engine().begin() as conn:
        row = {"county_code": COUNTY, "username": "bench", "display_name": "测速", "role": "planner", "department_code": "zg"}
        account = await queries.add_account(
            conn, row | {"responsible_body": None, "password_hash": service.HASHER.hash(os.urandom(8).hex())}
        )
        made = await service.create_key(conn, account_id=account, label="bench", origins=[])
    await db.dispose()
    return made


@contextmanager
def serving() -> Iterator[str]:
    """Two workers as ./scripts/run starts them."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    args = [
        "-m",
        "uvicorn",
        "app.main:create_app",
        "--factory",
        "--workers",
        "2",
        "--port",
        str(port),
        "--no-access-log",
        "--log-level",
        "warning",
    ]
    process = subprocess.Popen([sys.executable, *args], cwd=ROOT)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(120):
            try:
                httpx.get(f"{url}/healthz")
                break
            except httpx.HTTPError:
                time.sleep(0.5)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def extents(rows: int) -> Iterator[tuple[str, str]]:
    """(label, bbox) of 1, 10 and 50 % of the area, at the south-west, the middle and the north-east."""
    width, height = 0.6, rows * 0.0004
    for share in (1, 10, 50):
        w, h = width * (share / 100) ** 0.5, height * (share / 100) ** 0.5
        for where, at in (("西南", 0.0), ("中", 0.5), ("东北", 1.0)):
            west, south = 121.0 + (width - w) * at, 30.0 + (height - h) * at
            yield f"{share} % {where}", f"{west:.6f},{south:.6f},{west + w:.6f},{south + h:.6f}"


def pages(client: httpx.Client, bbox: str, rounds: int) -> list[list[float]]:
    """Milliseconds of the first three pages, each asked `rounds` times."""
    path, took = f"/collections/parcels/items?bbox={bbox}&limit=1000", []
    for _ in range(3):
        times, answer = [], None
        for _ in range(rounds):
            since = time.perf_counter()
            answer = client.get(path)
            times.append((time.perf_counter() - since) * 1000)
        assert answer is not None
        answer.raise_for_status()
        took.append(times)
        path = next((link["href"] for link in answer.json()["links"] if link["rel"] == "next"), path)
    return took


def main() -> int:
    """Prints the table; exit code 1 when a page's median is above the bar."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--parcels", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--rebuild", action="store_true")
    args = parser.parse_args()
    STATE.mkdir(mode=0o711, parents=True, exist_ok=True)
    os.environ |= {"YIMA_STATE_DIR": str(STATE), "YIMA_DEMO": "false"}
    os.environ["YIMA_DATABASE_URL"] = dsn = cluster.start(STATE, fast=True)
    built = STATE / "built"
    try:
        if args.rebuild or not built.exists() or built.read_text() != str(args.parcels):
            asyncio.run(recreate(dsn))
            subprocess.run([sys.executable, "-m", "alembic", "upgrade", "head"], cwd=ROOT, check=True)
            since = time.monotonic()
            asyncio.run(build(dsn, args.parcels))
            built.write_text(str(args.parcels))
            sys.stdout.write(f"{args.parcels:,} parcels built and published in {time.monotonic() - since:.0f} s\n")
        api_key = asyncio.run(key())
        slowest = 0.0
        with serving() as url, httpx.Client(base_url=url, headers={"x-api-key": api_key}, timeout=60) as client:
            pages(client, "121.0,30.0,121.01,30.01", 4)  # both workers have connected
            sys.stdout.write("| extent, limit 1000 | page 1 median ms | page 2 | page 3 | worst |\n|---|---|---|---|---|\n")
            for label, bbox in extents(-(-args.parcels // 1000)):
                took = pages(client, bbox, args.rounds)
                medians = [statistics.median(times) for times in took]
                slowest = max(slowest, *medians)
                cells = " | ".join(f"{m:.0f}" for m in medians)
                sys.stdout.write(f"| {label} | {cells} | {max(max(times) for times in took):.0f} |\n")
        sys.stdout.write(f"slowest median {slowest:.0f} ms, bar {BAR_MS} ms\n")
        return int(slowest > BAR_MS)
    finally:
        cluster.stop(STATE)


async def recreate(dsn: str) -> None:
    """An empty database of the bench cluster."""
    admin = await asyncpg.connect(db.plain_dsn(dsn).replace("/yima?", "/postgres?"))
    await admin.execute("DROP DATABASE IF EXISTS yima WITH (FORCE)")
    await admin.execute("CREATE DATABASE yima TEMPLATE template_yima")
    await admin.close()


if __name__ == "__main__":
    sys.exit(main())
