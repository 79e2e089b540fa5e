"""The map's county with cadastral codes and a plane; clients of the export routes; a worker's look at the queue."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import Depends, FastAPI
from sqlalchemy import text

from app.accounts.deps import signed
from app.core import db, web
from app.core.principal import Principal, Role
from app.maps import publish
from app.maps.exports import jobs, queries
from app.maps.exports.order import Made
from app.maps.exports.produce import produce
from app.maps.exports.router import router
from app.maps.exports.spec import FORMS, plan_of, spec_of
from app.maps.exports.statements import order_of
from app.settings import settings
from tests.maps.conftest import BASE, COUNTY, OTHER, OWN, person

CODED = (
    "UPDATE parcel_version SET cadastral_code = :c || '001001GB' || lpad((parcel_id - :b)::text, 5, '0'), name = '宗地,' || (parcel_id - :b),"
    " area_registered_m2 = round(ST_Area(ST_Transform(geom, 4549))::numeric, 2)"
    " WHERE county_code = :c"
)

KEYED = "UPDATE parcel p SET source_key = v.cadastral_code FROM parcel_version v WHERE v.parcel_id = p.id AND v.is_current AND p.county_code = :c"
"""As an import leaves it."""


@pytest.fixture(scope="module")
async def coded(county: None) -> AsyncIterator[None]:
    """Parcels have their 宗地代码, one a hole; jobs are cleared at the end."""
    async with db.engine().begin() as conn:
        hole = "ST_Multi(ST_Difference(geom, ST_Buffer(ST_Centroid(geom), 0.0001, 2)))"
        await conn.execute(text(f"UPDATE parcel_version SET geom = {hole} WHERE parcel_id = :id"), {"id": BASE + 5})
        await conn.execute(text(CODED), {"c": COUNTY, "b": BASE})
        await conn.execute(text(KEYED), {"c": COUNTY})
        await publish.publish(conn, COUNTY)
    yield
    async with db.engine().begin() as conn:
        for table in ("export_job", "shifted_crs"):
            await conn.execute(text(f"DELETE FROM {table} WHERE county_code = :c"), {"c": COUNTY})


@pytest.fixture
def made(coded: None, tmp_path: Path) -> Callable[..., tuple[Path, Made]]:
    """made("gpkg", filter=…) → the file as the process writes it, and what is said of it."""

    def make(form: str, who: Principal | None = None, collection: str = "parcels", **asked: Any) -> tuple[Path, Made]:
        plan = plan_of(spec_of(who or person(Role.planner), collection=collection, format=form, **asked))
        file = tmp_path / f"{collection}{FORMS[form].suffix}"
        with ThreadPoolExecutor(1) as elsewhere:  # as a process of its own has no loop yet
            return file, elsewhere.submit(produce, db.plain_dsn(settings().dsn), order_of(plan), file).result()

    return make


@asynccontextmanager
async def client_of(principal: Principal) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI(dependencies=[Depends(web.known_parameters)], openapi_url="/api")
    web.install(app)
    app.include_router(router)
    app.dependency_overrides[signed] = lambda: principal
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
        yield client


@pytest.fixture
async def planner(coded: None) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(person(Role.planner)) as client:
        yield client


async def worked() -> None:
    """What the worker does until the queue is empty."""
    while (job := await jobs._claimed()) is not None:
        await jobs._one(job)


async def settle(client: httpx.AsyncClient, job_id: int) -> dict[str, Any]:
    """The job when it has come to its end."""
    for _ in range(600):
        said = (await client.get(f"/api/exports/{job_id}")).json()
        if said["state"] not in ("queued", "running"):
            return dict(said)
        await asyncio.sleep(0.1)
    raise AssertionError(said)


__all__ = ["OTHER", "OWN", "queries"]
