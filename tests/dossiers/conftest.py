"""Two parcels in two bodies of county 999003 with an enterprise on each, a contract, a case, two versions."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import Depends, FastAPI

from app.accounts.deps import signed
from app.core import db, web
from app.core.principal import Principal, Role
from app.dossiers.router import router
from app.parcels.codes import one_code

COUNTY, OWN, OTHER = "999003", "999003001", "999003002"
BASE = 999003 * 10**9
CODES = {n: str(getattr(one_code(COUNTY, "001", "P", n), "text", one_code(COUNTY, "001", "P", n))) for n in (1, 2)}
CADASTRAL = "999003001001GB00001"
USCC, OTHER_USCC = "91330282MA2TEST01X", "91330282MA2TEST02Y"
WORDS = {":c": f"'{COUNTY}'", ":own": f"'{OWN}'", ":other": f"'{OTHER}'", ":b": str(BASE), ":one": f"'{CODES[1]}'", ":two": f"'{CODES[2]}'",
         ":u1": f"'{USCC}'", ":u2": f"'{OTHER_USCC}'", ":cad": f"'{CADASTRAL}'"}  # fmt: skip
SEED = (
    "INSERT INTO county (code, name, meridian_epsg, is_test) VALUES (:c, '档案县', 4549, true) ON CONFLICT DO NOTHING",
    "INSERT INTO responsible_body (county_code, code, name, kind, sort) VALUES (:c, :own, '甲镇', 'town', 1), (:c, :other, '乙镇', 'town', 2)",
    "INSERT INTO parcel (id, county_code, land_code, source_key) VALUES (:b + 1, :c, :one, :cad), (:b + 2, :c, :two, 'k2')",
    "INSERT INTO parcel_version (county_code, parcel_id, valid, recorded, geom, cadastral_code, name, town_code, responsible_body, ownership,"
    " area_registered_m2, area_planar_m2, area_geodesic_m2) SELECT :c, :b + n, valid::daterange, recorded::tstzrange,"
    " ST_Multi(ST_MakeEnvelope(121, 30, 121.001, 30.001, 4490)), cad, '地块' || n, body, body, 'G', 1276.40, planar, 1279.20 FROM (VALUES"
    " (1, '[2023-01-01,2024-07-01)', '[2024-01-01,)', :cad, :own, 1200.00), (1, '[2024-07-01,)', '[2024-08-01,)', :cad, :own, 1279.00),"
    " (2, '[2023-01-01,)', '[2024-01-01,)', NULL, :other, 1279.00)) x (n, valid, recorded, cad, body, planar)",
    "INSERT INTO enterprise (county_code, uscc, name, status) VALUES (:c, :u1, '甲厂', 'active'), (:c, :u2, '乙厂', 'active')",
    "INSERT INTO occupancy (county_code, enterprise_id, parcel_id, relation, area_m2, start_on)"
    " SELECT :c, id, CASE uscc WHEN :u1 THEN :b + 1 ELSE :b + 2 END, 'own', 2000, '2020-01-01' FROM enterprise WHERE county_code = :c",
    "INSERT INTO enterprise_indicator (county_code, enterprise_id, year, tax_wan, data_on)"
    " SELECT :c, id, y, CASE y WHEN 2023 THEN NULL ELSE 12.3456 END, '2025-03-01' FROM enterprise, (VALUES (2023), (2024)) v (y) WHERE county_code = :c",
    "INSERT INTO enterprise_grade (county_code, enterprise_id, year, grade, published_on)"
    " SELECT :c, id, 2024, 'C', '2025-08-08' FROM enterprise WHERE county_code = :c",
    "INSERT INTO supply_contract (county_code, parcel_id, electronic_no, supply_mode) VALUES (:c, :b + 1, 'E-1', 'standard_land')",
    "INSERT INTO supply_supplement (county_code, contract_id, number) SELECT :c, id, '补1' FROM supply_contract WHERE county_code = :c",
    "INSERT INTO remediation_case (id, county_code, code, name, responsible_body, state, campaign, created_on, state_since)"
    " VALUES (:b + 1, :c, 'ZZ-1', '项目一', :own, 'assigned', 'x', '2025-01-01', '2025-01-01')",
    "INSERT INTO case_parcel (county_code, case_id, parcel_id) VALUES (:c, :b + 1, :b + 1)",
    "INSERT INTO parcel_lineage (county_code, parent_id, child_id, kind, happened_on, share) VALUES (:c, :b + 2, :b + 1, 'split', '2024-07-01', 1)",
    "INSERT INTO planning_layer (county_code, family, version, valid_from) VALUES (:c, 'control_line', '1', '2020-01-01')",
    "INSERT INTO parcel_overlay (county_code, parcel_id, layer_id, ratio, area_m2) SELECT :c, :b + 1, id, 0, 0 FROM planning_layer WHERE county_code = :c",
)
CLEAN = (
    "parcel_overlay", "planning_layer", "parcel_lineage", "case_parcel", "remediation_case", "supply_supplement", "supply_contract", "enterprise_grade",
    "enterprise_indicator", "occupancy", "enterprise", "parcel_version", "parcel", "responsible_body",
)  # fmt: skip


def filled(statement: str) -> str:
    for name, value in WORDS.items():
        statement = re.sub(rf"(?<!:){name}\b", value, statement)
    return statement


@pytest.fixture(scope="module")
async def county(seeded: None) -> AsyncIterator[None]:
    """Committed rows of the county, removed at the end."""
    async with db.engine().begin() as conn:
        for statement in SEED:
            await conn.exec_driver_sql(filled(statement))
    yield
    async with db.engine().begin() as conn:
        for table in CLEAN:
            await conn.exec_driver_sql(f"DELETE FROM {table} WHERE county_code = '{COUNTY}'")


@asynccontextmanager
async def client_of(role: Role | None, body: str | None = None, county: str = COUNTY) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI(dependencies=[Depends(web.known_parameters)], openapi_url="/api")
    web.install(app)
    app.include_router(router)
    if role is not None:
        person = Principal(id=hash(role) % 10**6, name="测试", role=role, county_code=county, responsible_body=body)
        app.dependency_overrides[signed] = lambda: person
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
        yield client
