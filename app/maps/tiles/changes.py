"""Which kept tiles a write did not touch: what this worker has learnt of the change feed, one look a moved version."""

import asyncio
from collections import deque
from dataclasses import dataclass, field

import asyncpg

from app.maps import changes

Box = tuple[float, float, float, float]
_PARTS, _BOXES = 500, 5_000
"""How much is remembered of a layer; tiles older than that are made anew."""


@dataclass
class Log:
    """Changes of one layer from version `start` on, up to `upto`: (last version of the part, its extents; None: anything)."""

    start: int
    upto: int
    parts: deque[tuple[int, list[Box] | None]] = field(default_factory=deque)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def add(self, upto: int, boxes: list[Box] | None) -> None:
        """What came after; the oldest is forgotten."""
        self.parts.append((upto, boxes))
        self.upto = upto
        while len(self.parts) > _PARTS or (len(self.parts) > 1 and sum(len(b or ()) for _, b in self.parts) > _BOXES):
            self.start, _ = self.parts.popleft()

    def misses(self, since: int, tile: Box) -> bool:
        """Whether nothing since that version can have changed the tile."""
        if since < self.start:
            return False
        return all(boxes is not None and not any(_meet(box, tile) for box in boxes) for upto, boxes in self.parts if upto > since)


def _meet(one: Box, other: Box) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


class Changes:
    """The logs of this worker."""

    def __init__(self) -> None:
        self._logs: dict[tuple[str, str], Log] = {}

    async def spared(self, pool: asyncpg.Pool, layer: tuple[str, str], since: int, version: int, tile: Box) -> int | None:
        """The version (at least the one asked for) up to which a tile of an earlier one is still true; None: make it anew."""
        log = self._logs.get(layer)
        if log is None:
            log = self._logs[layer] = Log(since, since)
        if log.upto < version:
            async with log.lock:
                if log.upto < version:
                    found = await changes.touched(pool, *layer, log.upto)
                    log.add(*((version, None) if found is None else found))
        return log.upto if log.misses(since, tile) else None
