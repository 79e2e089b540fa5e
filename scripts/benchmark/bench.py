"""What the rows of the table share: the county, the servers, how long and how often, and progress for who waits."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import quote

from app.maps import fields
from scripts.benchmark.client import Client
from scripts.benchmark.county import County
from scripts.benchmark.cpu import spent
from scripts.benchmark.load import Target, paths_file
from scripts.benchmark.servers import Yima, postmaster

PROPERTIES = ",".join(fields.PARCEL)
TILE_PROPERTIES = "land_code,responsible_body,display_class"


@dataclass(frozen=True)
class Effort:
    """How much a run takes: rounds, seconds a round, different addresses."""

    rounds: int
    seconds: int
    peer_seconds: int
    """Seconds of a slow peer, so that enough of its answers end within."""
    addresses: int
    pages: int | None
    """Pages looked at of each walk, none: all."""
    writing: int
    """Seconds of the mixed load."""


FULL = Effort(rounds=5, seconds=4, peer_seconds=6, addresses=2500, pages=None, writing=60)
QUICK = Effort(rounds=2, seconds=2, peer_seconds=5, addresses=400, pages=40, writing=15)


@dataclass
class Bench:
    """One run."""

    county: County
    small: County
    effort: Effort
    yima: Yima
    tipg: int
    """Port."""
    pygeoapi: int
    """Port."""
    peer_pids: tuple[int, ...] = ()
    notes: list[str] = field(default_factory=list)

    def tell(self, text: str) -> None:
        """Progress."""
        sys.stderr.write(f"      {time.strftime('%H:%M:%S')} {text}\n")

    def note(self, text: str) -> None:
        """A line below the table, once."""
        if text not in self.notes:
            self.notes.append(text)

    def cpu(self) -> float:
        """Seconds of CPU used so far by all servers, the database and the load tools."""
        return spent((*self.yima.pids, *self.peer_pids, postmaster()))

    def client(self) -> Client:
        """A connection to the service with its key."""
        return Client(self.yima.port, self.yima.headers)

    def tags(self, paths: list[str], connections: int = 4) -> list[str]:
        """ETag of each path now, asked over a few connections."""

        def ask(part: list[str]) -> list[str]:
            client = self.client()
            found = [client.get(path).headers["etag"] for path in part]
            client.close()
            return found

        size = -(-len(paths) // connections)
        with ThreadPoolExecutor(connections) as threads:
            parts = threads.map(ask, [paths[at : at + size] for at in range(0, len(paths), size)])
        return [tag for part in parts for tag in part]

    def ours(self, paths: list[str], *, gzip: bool = False, tags: list[str] | None = None) -> Target:
        """Addresses of the service."""
        headers = (*self.yima.headers.items(), *((("Accept-Encoding", "gzip"),) if gzip else ()))
        return Target(self.yima.port, paths_file(paths, tags or ()), headers)

    def theirs(self, paths: list[str], *, gzip: bool = False) -> Target:
        """Addresses of TiPg."""
        return Target(self.tipg, paths_file(paths), (("Accept-Encoding", "gzip"),) if gzip else ())


def ours_items(box: str, filter_: str | None = None, limit: int = 10_000) -> str:
    """Address of the service's items."""
    return f"/collections/parcels/items?bbox={box}&limit={limit}" + (f"&filter={quote(filter_)}" if filter_ else "")


def tipg_items(box: str, filter_: str | None = None) -> str:
    """Address of TiPg's items with the map row's properties."""
    path = f"/collections/bench.parcel/items?bbox={box}&limit=10000&properties={PROPERTIES}&f=geojson"
    return path + (f"&filter-lang=cql2-text&filter={quote(filter_)}" if filter_ else "")


def pygeoapi_items(box: str) -> str:
    """Address of pygeoapi's items."""
    return f"/collections/parcel/items?bbox={box}&limit=10000&f=json"
