"""A delivery handed in over HTTP, its steps, and what the worker's processes do with it."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from fastapi import Depends, FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.deps import signed
from app.core import audit, db, web
from app.core.principal import Principal, Role
from app.imports import attempt
from app.imports.jobs import worker
from app.imports.jobs.router import router
from app.imports.workbooks.router import router as workbooks

from . import makers
from .conftest import TestCounty
from .makers import square

URL = "/api/imports"


def person(county: TestCounty, role: Role = Role.planner) -> Principal:
    return Principal(7, "张三", role, county.code, "zrzy", f"{county.code}101" if role is Role.officer else None)


@asynccontextmanager
async def client_of(principal: Principal) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI(dependencies=[Depends(web.known_parameters), Depends(web.storable_text)])
    web.install(app)
    app.include_router(workbooks)
    app.include_router(router)
    app.dependency_overrides[signed] = lambda: principal
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test", timeout=30) as client:
        yield client


def parcels(path: Path, county: TestCounty, numbers: range, **columns: Any) -> Path:
    rows = [{"宗地代码": county.key(n), "乡镇代码": county.towns[0], "证载面积": 8000, "责任主体": "甲镇", **columns} for n in numbers]
    return makers.gpkg(path, rows, [square(200 * n, 0) for n in numbers])


async def hand_in(client: httpx.AsyncClient, *files: Path, kind: str = "parcels", **fields: Any) -> httpx.Response:
    said = {"kind": kind, "data_date": "2024-06-30", **fields}
    given = [("file", (f.name, f.read_bytes())) for f in files]
    return await client.post(URL, data=said, files=given, headers={"idempotency-key": str(uuid4())})


async def step(client: httpx.AsyncClient, job: dict[str, Any], name: str, body: Any = None) -> httpx.Response:
    headers = {"idempotency-key": str(uuid4()), "if-match": f'"{job["version"]}"'}
    return await client.post(f"{URL}/{job['id']}/{name}", json=body or {}, headers=headers)


async def look(client: httpx.AsyncClient, job: dict[str, Any]) -> dict[str, Any]:
    return dict((await client.get(f"{URL}/{job['id']}")).json())


async def worked() -> None:
    """What the worker's processes do until nothing waits; without the processes, which take a second each to start."""
    while (job := await worker.claim()) is not None:
        await attempt.work(job.county_code, job.id, job.attempts)


async def staged(client: httpx.AsyncClient, *files: Path, **fields: Any) -> dict[str, Any]:
    made = await hand_in(client, *files, **fields)
    assert made.status_code == 201, made.text
    await worked()
    return await look(client, made.json())


async def applied(client: httpx.AsyncClient, job: dict[str, Any], without: Any = None) -> dict[str, Any]:
    said = await step(client, job, "apply", without)
    assert (said.status_code, said.json()["state"]) == (202, "applying"), said.text
    await worked()
    return await look(client, job)


async def records(county: TestCounty) -> list[str]:
    async with db.engine().connect() as conn:
        rows = await audit.records(conn, county.code, before=None, object_kind="import", object_id=None, limit=50)
    return [row.action for row in reversed(rows)]


def children() -> list[int]:
    """Processes of imports that this process started."""
    found = []
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if b"app.import_process" in line.read_bytes() and f"PPid:\t{os.getpid()}\n" in (line.parent / "status").read_text():
                found.append(int(line.parent.name))
        except OSError:
            continue
    return found


async def child_of() -> int:
    for _ in range(2400):
        if found := children():
            return found[0]
        await asyncio.sleep(0.05)
    raise AssertionError("no process was started")


REGISTER = "SELECT count(*) FROM parcel_version WHERE county_code = :c"


async def waits_for(holder: AsyncConnection) -> None:
    """Somebody waits for what this connection has locked."""
    pid = (await holder.execute(text("SELECT pg_backend_pid()"))).scalar_one()
    sql = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND :pid = ANY(pg_blocking_pids(pid))")
    for _ in range(1200):
        async with db.engine().connect() as conn:
            if (await conn.execute(sql, {"pid": pid})).scalar_one():
                return
        await asyncio.sleep(0.05)
    raise AssertionError("the import never came to its audit record")
