"""Classes of request: what searches many rows (filter, order, offset, another day) waits in a lane of its own.

The lane takes at most half of the pool's connections, so that plain extents, tiles and single features always find one:
slow filters slow each other down, never the map.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from typing import Any

from app.core.errors import Busy
from app.settings import settings

WAIT = 5.0
"""Seconds a search waits for its turn; then 503 with Retry-After."""
_lanes: dict[asyncio.AbstractEventLoop, asyncio.Semaphore] = {}


@asynccontextmanager
async def searching() -> AsyncIterator[None]:
    """A turn in the lane. Errors: Busy."""
    loop = asyncio.get_running_loop()
    lane = _lanes.setdefault(loop, asyncio.Semaphore(max(1, settings().map_pool_size // 2)))
    try:
        async with asyncio.timeout(WAIT):
            await lane.acquire()
    except TimeoutError as error:
        raise Busy("同时进行的查询过多") from error
    try:
        yield
    finally:
        lane.release()


def lane(is_plain: bool) -> Any:
    """No lane for what is plain."""
    return nullcontext() if is_plain else searching()
