"""GET …/events: the job told whenever it changed, until it rests or the worker stops (HTML Living Standard §9.2, server-sent events)."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from fastapi.encoders import jsonable_encoder

from app.core import db, stopping
from app.core.principal import Principal
from app.imports.jobs import service, states

LOOK_SECONDS, QUIET_SECONDS, LONGEST_SECONDS = 1.0, 15.0, 600.0
"""A client comes back by itself after the longest; that looks at who he is anew."""


async def of(principal: Principal, job_id: int, is_gone: Callable[[], Awaitable[bool]]) -> AsyncIterator[str]:
    """Events of one job; each look is a connection for a moment only."""
    began = spoken = time.monotonic()
    last = ""
    while time.monotonic() - began < LONGEST_SECONDS and not stopping.asked.is_set() and not await is_gone():
        said = await _look(principal, job_id)
        text = json.dumps(jsonable_encoder(said), ensure_ascii=False)
        if text != last:
            last, spoken = text, time.monotonic()
            yield f"event: job\nid: {said['version']}\ndata: {text}\n\n"
        elif time.monotonic() - spoken > QUIET_SECONDS:
            spoken = time.monotonic()
            yield ": 仍在进行\n\n"
        if said["state"] not in states.MOVING:
            return
        await asyncio.sleep(LOOK_SECONDS)


async def _look(principal: Principal, job_id: int) -> dict[str, Any]:
    async with db.reading() as conn:
        return service.told(principal, await service.look(conn, principal, job_id))
