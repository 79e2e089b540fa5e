"""Tiles kept by this worker: bounded by bytes, made once however many ask at the same moment, never older than the version asked for."""

import asyncio
import gzip
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from app.maps import encodings
from app.maps.tiles.changes import Changes
from app.settings import settings

Key = tuple[str | int | None, ...]
_OVERHEAD = 600
"""Bytes of an entry besides its content: key, headers, bookkeeping."""
_WORTH = 1_024
"""Bytes above which a tile is compressed."""


@dataclass
class Entry:
    """A tile that is true at `version` of its layer, held in the encodings that were asked for; both None never happens."""

    version: int
    digest: str
    body: bytes | None
    packed: bytes | None = None
    is_outside: bool = False
    size: int = field(default=_OVERHEAD)

    @property
    def is_empty(self) -> bool:
        """Nothing lies in the tile."""
        return self.body == b""

    @property
    def is_brief(self) -> bool:
        """Too small to be worth compressing."""
        return self.body is not None and self.packed is None and len(self.body) <= _WORTH

    def weigh(self) -> int:
        """Bytes held now."""
        return _OVERHEAD + len(self.body or b"") + len(self.packed or b"")


class Cache:
    """Least recently used tiles go first; `changes` tells which of them a write spared."""

    def __init__(self, limit: int) -> None:
        self.limit, self.held, self.changes = limit, 0, Changes()
        self.extents: dict[tuple[str, str], tuple[int, list[float] | None]] = {}
        self.values: dict[tuple[str, ...], tuple[int, tuple[str, ...]]] = {}
        self._entries: OrderedDict[Key, Entry] = OrderedDict()
        self._flights: dict[tuple[Key, int], asyncio.Task[Entry]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Key) -> Entry | None:
        """What is held, of whatever version."""
        found = self._entries.get(key)
        if found is not None:
            self._entries.move_to_end(key)
        return found

    async def made(self, key: Key, version: int, make: Callable[[], Awaitable[Entry]]) -> Entry:
        """The tile of this version, made by the first who asks; a caller who leaves does not take it from the others."""
        flight = (key, version)
        task = self._flights.get(flight)
        if task is None:
            task = self._flights[flight] = asyncio.ensure_future(make())
            task.add_done_callback(lambda done: self._landed(key, version, done))
        return await asyncio.shield(task)

    def _landed(self, key: Key, version: int, task: asyncio.Task[Entry]) -> None:
        del self._flights[key, version]
        if not task.cancelled() and task.exception() is None:
            self._keep(key, task.result())

    def _keep(self, key: Key, entry: Entry) -> None:
        old = self._entries.get(key)
        if old is not None and old.version > entry.version:
            return
        self.drop(key)
        entry.size = entry.weigh()
        if entry.size <= self.limit // 8:
            self._entries[key] = entry
            self._settle(entry.size)

    def form(self, key: Key, entry: Entry, *, is_packed: bool) -> bytes:
        """The tile's bytes as asked; what nobody asked for is not held."""
        wanted = entry.packed if is_packed else entry.body
        if wanted is not None:
            return wanted
        if is_packed:
            entry.packed = wanted = pack(entry.body or b"")
        else:
            entry.body = wanted = gzip.decompress(entry.packed or b"")
        if self._entries.get(key) is entry:
            change, entry.size = entry.weigh() - entry.size, entry.weigh()
            self._settle(change)
        return wanted

    def drop(self, key: Key) -> None:
        """Forget a tile."""
        old = self._entries.pop(key, None)
        self.held -= old.size if old else 0

    def _settle(self, added: int) -> None:
        self.held += added
        while self.held > self.limit and self._entries:
            _, gone = self._entries.popitem(last=False)
            self.held -= gone.size


def pack(body: bytes) -> bytes:
    """gzip at the level that costs least."""
    return encodings.packed(body, "gzip")


def cache_of_this_worker() -> Cache:
    """A new cache as large as the settings say."""
    return Cache(settings().tile_cache_mb << 20)
