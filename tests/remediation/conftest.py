"""A small application of the two rooms; header x-who says who signs in."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import Depends, FastAPI, Request
from sqlalchemy.ext.asyncio import AsyncConnection

from app import wiring
from app.accounts import deps
from app.core import db, events, web
from app.core.errors import Unauthenticated
from app.core.principal import Principal
from app.ledger import router as ledger_router
from app.remediation import router
from tests.ledger import county


@pytest.fixture
async def api(seeded: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    """Client of the case and ledger routes on a wiped test county."""
    county.use_pack(monkeypatch)
    monkeypatch.setattr(events, "_handlers", {})
    wiring.subscribe()
    async with db.engine().begin() as conn:
        await county.wipe(conn)
    async with db.engine().begin() as conn:
        await county.found(conn)
    app = FastAPI(dependencies=[Depends(web.known_parameters)])
    web.install(app)
    app.include_router(router.router)
    app.include_router(ledger_router.router)

    async def who(request: Request) -> Principal:
        name = request.headers.get("x-who")
        if name is None:
            raise Unauthenticated
        return county.PEOPLE[name]

    app.dependency_overrides[deps.signed] = who
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://t") as client:
        yield client
    async with db.engine().begin() as conn:
        await county.wipe(conn)


@pytest.fixture
async def committed(api: httpx.AsyncClient) -> AsyncIterator[AsyncConnection]:
    """A connection that commits each statement, to prepare and to look."""
    async with db.engine().connect() as conn:
        yield await conn.execution_options(isolation_level="AUTOCOMMIT")
