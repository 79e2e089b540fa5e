"""A county of its own (999012) with 60 squares in two bodies, published; a client per role, without the other rooms."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import Depends, FastAPI
from sqlalchemy import text

from app.accounts.deps import signed
from app.core import db, web
from app.core.hot import Service
from app.core.layers import bump
from app.core.principal import Principal, Role
from app.maps import publish
from app.maps.changes.router import router as changes_router
from app.maps.router import hot, router
from app.maps.tiles.router import hot as tiles_hot
from app.maps.tiles.router import router as tiles_router
from app.settings import settings

COUNTY, OWN, OTHER = "999012", "999012001", "999012002"
BASE = 999012 * 10**9
CLEAN = (
    "map_change", "map_cell", "map_cell_public", "map_filter", "map_parcel", "map_shape", "map_parcel_public", "determination", "verdict", "parcel_fact", "classification_run", "rule_version", "case_parcel",
    "remediation_case", "planning_zone", "planning_layer", "parcel_version", "parcel", "town", "block", "responsible_body", "layer_version",
)  # fmt: skip
SQUARES = """
INSERT INTO parcel_version (county_code, parcel_id, valid, geom, name, location, town_code, responsible_body, ownership,
                            area_registered_m2, area_planar_m2, area_geodesic_m2)
SELECT :c, :b + n, '[2024-01-01,)', ST_Multi(ST_MakeEnvelope(x, y, x + 0.0008, y + 0.0008, 4490)), '宗地' || n, '路' || n || '号',
       CASE WHEN n <= 30 THEN :own ELSE :other END, CASE WHEN n <= 30 THEN :own ELSE :other END, 'G', 7000 + n, 7100 + n, 7100.5 + n
FROM (SELECT n, 121 + (n % 10) * 0.001 AS x, 30 + (n / 10) * 0.001 AS y FROM generate_series(1, 60) n) s
"""
FACTS = """
INSERT INTO parcel_fact (county_code, parcel_id, run_id, land_code, town_code, responsible_body, area_planar_m2, area_geodesic_m2,
                         area_used_m2, area_used_mu, area_basis, user_count, tax_per_mu, tax_band, inefficient, idle, standard_land, grade)
SELECT :c, p.id, 1, p.land_code, v.town_code, v.responsible_body, v.area_planar_m2, v.area_geodesic_m2, 7000, 10.5, 'registered', 1,
       4.3217, '≤5', (ARRAY['true', 'false', 'unknown'])[1 + (p.id % 3)::int],
       CASE WHEN p.id % 10 = 0 THEN 'suspected' ELSE 'not_idle' END, CASE WHEN p.id % 4 = 0 THEN 'true' ELSE 'false' END,
       substr('ABCD', 1 + (p.id % 4)::int, 1)
FROM parcel p JOIN parcel_version v ON v.parcel_id = p.id AND v.is_current
WHERE p.county_code = :c AND p.id <= :b + 55
"""
SEED = (
    "INSERT INTO county (code, name, meridian_epsg, is_test) VALUES (:c, '地图县', 4549, true) ON CONFLICT DO NOTHING",
    "INSERT INTO responsible_body (county_code, code, name, kind, sort) VALUES (:c, :own, '甲镇', 'town', 1), (:c, :other, '乙镇', 'town', 2)",
    "INSERT INTO parcel (id, county_code, land_code, source_key)"
    " SELECT :b + n, :c, :c || '001P' || lpad(n::text, 6, '0') || 'X', 'k' || n FROM generate_series(1, 60) n",
    SQUARES,
    "INSERT INTO rule_version (id, county_code, content) VALUES ('m-1', :c, '{}')",
    "INSERT INTO classification_run (county_code, as_of, data_year, rule_version, finished_at, made_by)"
    " VALUES (:c, '2025-09-30', 2024, 'm-1', now(), '测试')",
    FACTS,
    "INSERT INTO remediation_case (id, county_code, code, name, responsible_body, state, campaign, created_on, state_since, deadline_on)"
    " VALUES (:b + 1, :c, 'ZZ-1', '项目一', :own, 'assigned', 'x', '2025-01-01', '2025-01-01', '2025-12-31'),"
    " (:b + 2, :c, 'ZZ-2', '项目二', :other, 'remediating', 'x', '2025-01-01', '2025-01-01', '2025-09-01')",
    "INSERT INTO case_parcel (county_code, case_id, parcel_id) VALUES (:c, :b + 1, :b + 1), (:c, :b + 2, :b + 31)",
    "INSERT INTO planning_layer (county_code, family, version, valid_from, valid_to) VALUES (:c, 'control_line', '1', '2020-01-01', '2025-01-01'),"
    " (:c, 'control_line', '2', '2025-01-01', NULL), (:c, 'permanent_basic_farmland', '1', '2020-01-01', NULL)",
    "INSERT INTO planning_zone (id, county_code, layer_id, code, area_planar_m2, geom) SELECT :b + id, :c, id, family || version, 1,"
    " ST_Multi(ST_MakeEnvelope(121, 30, 121.005, 30.005, 4490)) FROM planning_layer WHERE county_code = :c",
    "INSERT INTO layer_version (county_code, layer, version) VALUES (:c, 'parcels', 1)",
)
VALUES = {":own": f"'{OWN}'", ":other": f"'{OTHER}'", ":c": f"'{COUNTY}'", ":b": str(BASE)}


def filled(statement: str) -> str:
    for name, value in VALUES.items():
        statement = re.sub(rf"(?<!:){name}\b", value, statement)
    return statement


def person(role: Role, body: str | None = None, county: str = COUNTY) -> Principal:
    return Principal(id=7, name="测试", role=role, county_code=county, responsible_body=body)


@pytest.fixture(scope="module")
async def county(seeded: None) -> AsyncIterator[None]:
    """Committed rows of the county, removed at the end."""
    async with db.engine().begin() as conn:
        for statement in SEED:
            await conn.exec_driver_sql(filled(statement))
        await publish.publish(conn, COUNTY)
    yield
    async with db.engine().begin() as conn:
        for table in CLEAN:
            await conn.execute(text(f"DELETE FROM {table} WHERE county_code = :c"), {"c": COUNTY})


ZONE_LINES = (
    "INSERT INTO planning_zone (id, county_code, layer_id, code, geom) SELECT :b + 900000 + n, :c, l.id, 'open' || n,"
    " ST_SetSRID(CAST(g AS geometry), 4490) FROM planning_layer l, (VALUES (1, 'MULTILINESTRING((121.006 30.0001,121.008 30.004,121.009 30.004))'),"
    " (2, 'MULTIPOINT((121.007 30.001),(121.0072 30.001))')) t (n, g)"
    " WHERE l.county_code = :c AND l.family = 'control_line' AND l.version = '2'"
)


@pytest.fixture
async def with_lines(county: None) -> AsyncIterator[None]:
    """The control line in force has an open line and two points beside its area."""
    async with db.engine().begin() as conn:
        await conn.exec_driver_sql(filled(ZONE_LINES))
        await bump(conn, COUNTY, "control-lines")
    yield
    async with db.engine().begin() as conn:
        await conn.execute(text("DELETE FROM planning_zone WHERE county_code = :c AND area_planar_m2 IS NULL"), {"c": COUNTY})
        await bump(conn, COUNTY, "control-lines")


@pytest.fixture
async def restored(county: None) -> AsyncIterator[None]:
    """What a test commits is put back: register and facts as they were, the county published anew."""
    async with db.engine().begin() as conn:
        saved = {
            table: (
                await conn.execute(text(f"SELECT coalesce(json_agg(t), '[]')::text FROM {table} t WHERE county_code = :c"), {"c": COUNTY})
            ).scalar_one()
            for table in ("parcel_fact", "parcel_version")
        }
    yield
    async with db.engine().begin() as conn:
        for table, rows in saved.items():
            found = await conn.execute(
                text(
                    "SELECT string_agg(attname, ', ') FROM pg_attribute WHERE attrelid = CAST(:t AS regclass) AND attnum > 0"
                    " AND attidentity = '' AND attgenerated = '' AND NOT attisdropped"
                ),
                {"t": table},
            )
            columns = found.scalar_one()
            await conn.execute(text(f"DELETE FROM {table} WHERE county_code = :c"), {"c": COUNTY})
            await conn.execute(
                text(
                    f"INSERT INTO {table} ({columns}) SELECT {columns}"
                    f" FROM json_populate_recordset(NULL::{table}, CAST(CAST(:r AS text) AS json))"
                ),
                {"r": rows},
            )
        await publish.publish(conn, COUNTY)


def app_for(principal: Principal | None) -> FastAPI:
    """The map's routes as main.py serves them, with the caller given."""
    app = Service(dependencies=[Depends(web.known_parameters)], openapi_url="/api")
    web.install(app)
    app.include_router(tiles_hot)
    app.include_router(hot)
    app.include_router(changes_router)
    app.include_router(tiles_router)
    app.include_router(router)
    if principal is not None:
        app.dependency_overrides[signed] = lambda: principal
    return app


@asynccontextmanager
async def client_of(principal: Principal | None) -> AsyncIterator[httpx.AsyncClient]:
    app = app_for(principal)
    app.state.map_pool = await db.map_pool(size=2)
    try:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
            yield client
    finally:
        await app.state.map_pool.close()


@pytest.fixture(params=["memory", "database"])
def read_from(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parcels come from a worker's memory, or each time from the database."""
    if request.param == "database":
        monkeypatch.setattr(settings(), "map_memory_mb", 0)


@pytest.fixture
async def planner(county: None) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(person(Role.planner)) as client:
        yield client


@pytest.fixture
async def officer(county: None) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(person(Role.officer, OWN)) as client:
        yield client


@pytest.fixture
async def viewer(county: None) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(person(Role.viewer)) as client:
        yield client


@pytest.fixture
async def stranger(county: None) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(person(Role.planner, county="330683")) as client:
        yield client
