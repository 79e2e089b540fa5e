"""Write the file of an order: `python -m app.maps.exports.produce` is the process that the job worker starts for each export.

It reads the order from its parent's pipe, tells progress a line at a time, and ends with what it made: {"made": …} or {"problem": …}.
A process of its own gives its memory back, and what kills it (memory, GDAL) kills neither the worker nor a web process.
"""

import hashlib
import json
import pickle
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from importlib import import_module
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any

from app.core.errors import Problem
from app.maps.exports.order import Head, Made, Order, Target

Told = Callable[[int, int], None]
WRITERS = {
    "geojson": ("geojson", "write"), "geojsonseq": ("geojson", "write_sequence"), "gpkg": ("gdal", "write"),
    "flatgeobuf": ("flatgeobuf", "write"), "kml": ("gdal", "write"), "shapefile": ("shapefile", "write"),
    "geoparquet": ("geoparquet", "write"), "guotu-txt": ("guotu", "write"), "xlsx": ("tables", "write_excel"),
    "csv": ("tables", "write_csv"), "pmtiles": ("pmtiles", "write"),
}  # fmt: skip


def produce(dsn: str, order: Order, file: Path, told: Told = lambda _done, _of: None) -> Made:
    """Write the file aside, then put it in place; `told(done, of)` hears of each batch. Errors: ExportTooLarge, QueryTimeout."""
    from app.maps.exports.source import Rows
    from app.maps.exports.writers.job import Job

    module, function = WRITERS[order.format]
    writer = getattr(import_module(f"app.maps.exports.writers.{module}"), function)
    aside = file.with_name(f"{file.stem}.part{file.suffix}")
    aside.unlink(missing_ok=True)
    try:
        with Rows(dsn, order) as rows:
            job = Job(order, rows.head, rows, _settled(order.target, rows.head), told)
            writer(aside, job)
        size, digest = aside.stat().st_size, _sha256(aside)
        aside.replace(file)
    finally:
        aside.unlink(missing_ok=True)
    day = rows.head.facts_as_of
    return Made(job.done, size, digest, rows.head.version, day.isoformat() if day else None, job.notes)


def _settled(target: Target, head: Head) -> Target:
    """国土 TXT without a stated system takes the county's plane."""
    if target.srid is None and not target.shift:
        from app.maps.exports.writers.guotu import plane_of

        return replace(target, srid=plane_of(head.meridian))
    return target


def _sha256(file: Path) -> str:
    with file.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


class _Without(MetaPathFinder):
    """pyogrio and pyarrow take along what they find: 70 MB that an export does not use."""

    def __init__(self, *names: str) -> None:
        self._names = names

    def find_spec(self, name: str, *_: object) -> None:
        """Not found, for these names."""
        if name in self._names:
            raise ModuleNotFoundError(name)


def _lean() -> None:
    """Nothing here uses pandas; shapely and pyproj load where shapes are looked at, not because GDAL is there."""
    beside = _Without("shapely", "pyproj")
    sys.meta_path[:0] = [_Without("pandas", "geopandas"), beside]
    import_module("pyogrio")
    sys.meta_path.remove(beside)


def main() -> int:
    """One export: (dsn, order, file) on stdin, JSON lines on stdout."""
    _lean()
    dsn, order, file = pickle.load(sys.stdin.buffer)  # noqa: S301 - from our own parent, through its pipe
    last = 0.0

    def told(done: int, of: int) -> None:
        nonlocal last
        if time.monotonic() - last > 0.5 or done == of:
            last = time.monotonic()
            _say({"done": done, "of": of})

    try:
        made = produce(dsn, order, Path(file), told)
    except Problem as problem:
        _say({"problem": problem.body()})
        return 2
    _say({"made": asdict(made), "peak_mb": _peak_mb()})
    return 0


def _peak_mb() -> int:
    """The most memory this process ever held."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))


def _say(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
