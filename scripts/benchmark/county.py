"""Builds the generated county once, in the bench's own cluster; again when migrations or the texts that make it have changed."""

import asyncio
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import asyncpg

from app.accounts import demo, service
from app.core import db
from app.maps import fields, publish
from app.policy import pack_for
from app.settings import settings
from scripts.benchmark.land import COUNTY, FIRST_ID, Land, outlines

ROOT = Path(__file__).resolve().parents[2]
STATE = ROOT / ".local" / "bench"
TODAY = date(2025, 9, 30)
HERE = Path(__file__).parent
SOURCES = (
    *sorted((ROOT / "migrations" / "versions").glob("*.py")),
    *sorted((ROOT / "app" / "maps" / "sql").glob("publish*.sql")),
    *(HERE / name for name in ("county.py", "county.sql", "land.py")),
)
TYPES = {"numeric": "numeric", "integer": "integer", "boolean": "boolean", "date": "date", "text[]": "text[]"}
PEER_COLUMNS = ", ".join(f"{column.name} {TYPES.get(column.type, 'text')}" for column in fields.PARCEL.values())
TILE_COLUMNS = ("land_code", "responsible_body", "display_class", "grade", "tax_band", "far", "industry_division")
PEER_TABLES = f"""
DROP SCHEMA IF EXISTS bench CASCADE;
CREATE SCHEMA bench;
CREATE TABLE bench.parcel AS
SELECT m.id, p.*, ST_SetSRID(s.geom, 4326)::geometry(MultiPolygon, 4326) AS geom
FROM map_parcel m
JOIN map_shape s USING (county_code, id)
CROSS JOIN LATERAL json_to_record(convert_from(m.feature, 'UTF8')::json -> 'properties') AS p ({PEER_COLUMNS})
WHERE m.county_code = '{COUNTY}'
ORDER BY m.id;
ALTER TABLE bench.parcel ADD PRIMARY KEY (id);
CREATE INDEX ON bench.parcel USING gist (geom);
CREATE TABLE bench.parcel_3857 AS
SELECT id, {", ".join(TILE_COLUMNS)}, ST_Transform(geom, 3857)::geometry(MultiPolygon, 3857) AS geom
FROM bench.parcel
ORDER BY id;
ALTER TABLE bench.parcel_3857 ADD PRIMARY KEY (id);
CREATE INDEX ON bench.parcel_3857 USING gist (geom);
"""
"""Plain tables as a peer reads them: the map row's columns, a primary key, a GiST index; 4326, so that TiPg needs no transformation."""


@dataclass(frozen=True)
class County:
    """A built county: its land, its database, a key and the accounts of its people."""

    land: Land
    url: str
    key: str
    people: list[dict[str, str]]


def statements(text: str, land: Land, rule_version: str, rules: str) -> list[str]:
    """The paragraphs of county.sql with the county's numbers put in."""
    values = {
        "county": COUNTY, "first": str(FIRST_ID), "n": str(land.parcels), "columns": str(land.columns), "rows": str(land.rows),
        "rule_version": rule_version, "rules": "'" + rules.replace("'", "''") + "'",
    }  # fmt: skip
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return [part for part in text.split(";\n\n") if part.strip()]


def stamp(land: Land) -> str:
    """Changes when anything that makes the county changes."""
    content = hashlib.sha256(str(land.parcels).encode())
    for path in SOURCES:
        content.update(path.read_bytes())
    return content.hexdigest()


def use(url: str) -> None:
    """The service's own code speaks to this database from here on."""
    os.environ |= {"YIMA_DATABASE_URL": url, "YIMA_STATE_DIR": str(STATE), "YIMA_TODAY": TODAY.isoformat(), "YIMA_DEMO": "false"}
    settings.cache_clear()


def in_loop(*steps: Callable[[], Awaitable[None]]) -> None:
    """Run the steps one after another; the engine belongs to this loop and ends with it."""

    async def run() -> None:
        for step in steps:
            await step()
        await db.dispose()

    asyncio.run(run())


async def recreate(url: str, name: str) -> None:
    """An empty database of the bench cluster."""
    admin = await asyncpg.connect(db.plain_dsn(url.replace("/yima?", "/postgres?")))
    for _ in range(120):
        try:
            await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            break
        except asyncpg.InsufficientPrivilegeError:  # autovacuum is at work there, and nobody but a superuser may end it
            await asyncio.sleep(1)
    await admin.execute(f'CREATE DATABASE "{name}" TEMPLATE template_yima')
    await admin.close()


async def fill(land: Land) -> None:
    """Register, facts and map rows, statement by statement with its seconds."""
    pack = pack_for(COUNTY, TODAY)
    conn = await asyncpg.connect(db.plain_dsn(), server_settings={"role": db.OWNER, "work_mem": "256MB"})
    async with conn.transaction():
        await conn.execute("CREATE TEMPORARY TABLE bench_outline (number int, geom geometry) ON COMMIT DROP")
        shapes = list(enumerate(outlines()))
        await conn.executemany("INSERT INTO bench_outline VALUES ($1, ST_GeomFromText($2, 4490))", shapes)
        for statement in statements(
            (HERE / "county.sql").read_text(), land, pack.rule_version, json.dumps(pack.rule_content, ensure_ascii=False, default=str)
        ):
            since = time.monotonic()
            await conn.execute(statement)
            if time.monotonic() - since > 1:
                sys.stderr.write(f"      {statement.split('(')[0].split()[-1]:<20} {time.monotonic() - since:5.1f} s\n")
    await conn.execute("ANALYZE")
    await conn.close()
    since = time.monotonic()
    async with db.engine().begin() as work:
        await publish.publish(work, COUNTY)
    sys.stderr.write(f"      {'发布图层':<20} {time.monotonic() - since:5.1f} s\n")


async def settle() -> None:
    """The peers' tables, fresh statistics, every page visible to index-only reading."""
    conn = await asyncpg.connect(db.plain_dsn(), command_timeout=1800)
    await conn.execute(PEER_TABLES)
    await conn.execute("VACUUM ANALYZE bench.parcel")
    await conn.execute("VACUUM ANALYZE bench.parcel_3857")
    await conn.execute("SET ROLE yima_owner")
    await conn.execute("VACUUM ANALYZE")
    await conn.close()


async def _people(state: Path) -> None:
    async with db.engine().begin() as conn:
        await demo.ensure(conn, county_code=COUNTY, path=state)


def _accounts(name: str, url: str) -> County:
    """People of the county, and a key of its planner."""
    path = STATE / f"{name}-accounts.json"
    made: list[str] = []

    async def key() -> None:
        async with db.engine().begin() as conn:
            planner = await conn.exec_driver_sql("SELECT id FROM account WHERE username = 'planner'")
            made.append(await service.create_key(conn, account_id=planner.scalar_one(), label="测速", origins=[]))

    in_loop(lambda: _people(path), key)
    return County(Land(0), url, made[0], json.loads(path.read_text(encoding="utf-8")))


def ready(url: str, name: str, land: Land, *, rebuild: bool) -> County:
    """The county in database `name` of the cluster at `url`, built when it is missing or out of date."""
    own = url.replace("/yima?", f"/{name}?")
    built, want = STATE / f"{name}.built", stamp(land)
    use(own)
    if rebuild or not built.exists() or built.read_text() != want:
        since = time.monotonic()
        sys.stderr.write(f"造 {land.parcels:,} 宗 ({name}) …\n")
        built.unlink(missing_ok=True)
        (STATE / f"{name}-accounts.json").unlink(missing_ok=True)
        asyncio.run(recreate(url, name))
        subprocess.run([sys.executable, "-m", "alembic", "upgrade", "head"], cwd=ROOT, check=True)
        in_loop(lambda: fill(land), settle)
        built.write_text(want)
        sys.stderr.write(f"造好 {land.parcels:,} 宗, {time.monotonic() - since:.0f} s\n")
    found = _accounts(name, own)
    return County(land, own, found.key, found.people)
