"""One county in memory follows the version of its parcels: each request tells which one it has to be of at least."""

import asyncio
import logging
import time
from dataclasses import dataclass

import asyncpg
import asyncpg.exceptions

from app.core.errors import Busy
from app.maps import changes
from app.maps.changes.places import Box
from app.maps.held import queries
from app.maps.held.sheet import Answer, Sheet, UnknownBitsError
from app.maps.lanes import lane
from app.maps.queries import Page, View

_PATIENCE = 0.2
"""Seconds a request waits for the county to be read; after that the database answers until it is."""
_CHANGED = 5_000
"""Changed parcels above which the county is read anew."""
_TRIES = 4
_NEAR = 1e-5
"""Degrees, about a metre: a change no farther than this from an extent is taken for one in it."""
_AGAIN = 60.0
"""Seconds after which a county that could not be read, or was too large, is tried again."""
_UNANSWERED = (asyncpg.exceptions.PostgresError, asyncpg.exceptions.InterfaceError, OSError, TimeoutError)
_log = logging.getLogger("uvicorn.error")


@dataclass(frozen=True)
class Ahead:
    """Where the county changed between its version in memory and a later one: extents in degrees; None: anywhere."""

    version: int
    boxes: list[Box] | None

    def misses(self, page: Page) -> bool:
        """Whether the page lies apart from all that changed, so that memory's earlier answer is also that of the later version."""
        if self.boxes is None or not page.envelopes:
            return False
        e = page.envelopes[0]
        return not any(
            w <= e.east + _NEAR and x >= e.west - _NEAR and s <= e.north + _NEAR and n >= e.south - _NEAR for w, s, x, n in self.boxes
        )


class County:
    """Parcels of a county as of `version` of their layer."""

    def __init__(self, code: str, limit: int) -> None:
        self.code, self.limit, self.version = code, limit, -1
        self._sheet: Sheet | None = None
        self._lock = asyncio.Lock()
        self._reading: asyncio.Task[None] | None = None
        self._learning: asyncio.Task[None] | None = None
        self._following: asyncio.Task[None] | None = None
        self._not_before = 0.0
        self._ahead: Ahead | None = None

    async def page(self, pool: asyncpg.Pool, view: View, page: Page, version: int) -> Answer | None:
        """A page as of `version` or later; None: the database has to be asked."""
        for _ in range(_TRIES):
            sheet = self._sheet or await self._read(pool)
            if sheet is None:
                return None
            if self.version < version:  # the database has it already; who comes next finds it here
                self._following = self._following or asyncio.create_task(self._follow_on(pool, sheet, version))
                if self._ahead is None or self._ahead.version < version or not self._ahead.misses(page):
                    return None
            try:
                return sheet.page(view, page)
            except UnknownBitsError as unknown:
                if unknown.numbers is not None:
                    await self._learn(pool, sheet, view, unknown)
                    continue
                if unknown.asked > 1 and self._learning is None:  # asked once, it may never be asked again
                    self._learning = asyncio.create_task(self._learn_all(pool, sheet, view, unknown))
                return None
        return None

    def close(self) -> None:
        """Stop what runs in the background: a large county is read for longer than a service may take to stop."""
        for task in (self._reading, self._learning, self._following):
            if task:
                task.cancel()

    async def _learn_all(self, pool: asyncpg.Pool, sheet: Sheet, view: View, unknown: UnknownBitsError) -> None:
        """What a condition keeps of the county, in the background."""
        try:
            await self._learn(pool, sheet, view, unknown)
        except (*_UNANSWERED, Busy) as error:
            sheet.postpone(view, unknown.page)  # the database applies it, or says why not
            _log.warning("condition on parcels of %s not read: %s", self.code, error)
        finally:
            self._learning = None

    async def _learn(self, pool: asyncpg.Pool, sheet: Sheet, view: View, unknown: UnknownBitsError) -> None:
        """What a condition keeps of these blocks, but for those that changed while it was read."""
        async with lane(is_plain=False):
            version, bits = await queries.kept(pool, view, unknown.page, unknown.numbers)
        await self._follow(pool, sheet, version)
        while found := await changes.changed(pool, self.code, version):
            if self._sheet is not sheet:
                return
            if found[0] >= self.version:
                sheet.learn(view, unknown.page, unknown.numbers, bits, found[1])
                return

    async def _read(self, pool: asyncpg.Pool) -> Sheet | None:
        """Read all parcels in the background: those of a large county take longer than a request may wait."""
        if self._reading is None:
            if time.monotonic() < self._not_before:
                return None
            self._reading = asyncio.create_task(self._read_all(pool))
        await asyncio.wait({self._reading}, timeout=_PATIENCE)
        return self._sheet

    async def _read_all(self, pool: asyncpg.Pool) -> None:
        began, self._not_before = time.monotonic(), time.monotonic() + _AGAIN
        try:
            found = await queries.county(pool, self.code, self.limit)
        except _UNANSWERED as error:
            _log.warning("parcels of %s not read: %s", self.code, error)  # the database answers, or says why not
        else:
            if found is None:
                _log.warning("parcels of %s need more than YIMA_MAP_MEMORY_MB: read from the database", self.code)
            else:
                self.version, self._sheet, self._not_before = found[0], Sheet(*found[1:]), 0.0
                _log.info("parcels of %s in memory: %s in %.1f s", self.code, f"{len(found[1].ids):,}", time.monotonic() - began)
        finally:
            self._reading = None

    async def _follow_on(self, pool: asyncpg.Pool, sheet: Sheet, version: int) -> None:
        """Follow in the background."""
        try:
            await self._follow(pool, sheet, version)
        except _UNANSWERED as error:
            _log.warning("changes of %s not read: %s", self.code, error)  # the next request tries again
        finally:
            self._following = None

    async def _follow(self, pool: asyncpg.Pool, sheet: Sheet, version: int) -> None:
        """Read what changed since, up to `version` or later: one at a time, the others find it done."""
        async with self._lock:
            known, ids = self.version, set[int]()
            boxes: list[Box] | None = []
            for _ in range(_TRIES):
                if self._sheet is not sheet or self.version >= version:
                    return
                found = await changes.changed(pool, self.code, known)
                ids |= found[1] if found else set()
                if found is None or len(ids) > _CHANGED or sheet.is_worn:
                    self._sheet, self.version, self._ahead = None, -1, None
                    return
                known = found[0]
                boxes = None if boxes is None or found[2] is None else boxes + found[2]
                self._ahead = Ahead(known, boxes)
                at, rows = await queries.given(pool, self.code, sorted(ids)) if ids else (known, [])
                if at == known:
                    sheet.install(sorted(ids), rows)
                    self.version, self._ahead = known, None
