"""The test county's own pack, handlers and an empty ledger, per test."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import db, events
from app.ledger import service

from . import county


@pytest.fixture
async def ledger(seeded: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """Committed state, wiped before and after."""
    county.use_pack(monkeypatch)
    monkeypatch.setattr(events, "_handlers", {})
    events.subscribe(events.CaseAccepted, service.on_case_accepted)
    events.subscribe(events.AcceptanceReversed, service.on_acceptance_reversed)
    async with db.engine().begin() as conn:
        await county.wipe(conn)
    async with db.engine().begin() as conn:
        await county.found(conn)
    yield
    async with db.engine().begin() as conn:
        await county.wipe(conn)


@pytest.fixture
async def book(ledger: None) -> AsyncIterator[AsyncConnection]:
    """A connection into the test county whose work is rolled back."""
    async with db.engine().connect() as conn:
        yield conn
        await conn.rollback()
