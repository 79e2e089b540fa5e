"""The whole collection as a file, beside ogr2ogr and geopandas on the same rows.

Peers read the plain table bench.parcel with the very columns of our files (their best case: one sequential scan); we read what the service
reads, in the process that the job worker starts, its start included. FlatGeobuf has its spatial index on both sides, lists are one text
there on both sides; GeoJSON has 7 decimals on both sides; geopandas' own imports are not counted. Peak memory is VmHWM of our process.
"""

import asyncio
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import asyncpg
import geopandas
import numpy as np
import pyarrow.parquet as pq
import pyogrio
import shapely

from app.core.db import plain_dsn
from app.core.principal import Principal, Role
from app.maps.exports import child
from app.maps.exports.spec import FORMS, plan_of, spec_of
from app.maps.exports.statements import order_of
from scripts.benchmark import peers
from scripts.benchmark.bench import Bench
from scripts.benchmark.cpu import spent
from scripts.benchmark.land import COUNTY
from scripts.benchmark.report import Row, plain
from scripts.benchmark.servers import postmaster

TABLE = "bench.parcel"
MOST_MB = 300
GEOPANDAS = f"""
import sys, time
import geopandas, sqlalchemy
since = time.monotonic()
frame = geopandas.read_postgis("SELECT * FROM {TABLE}", sqlalchemy.create_engine(sys.argv[1]), geom_col="geom")
frame.to_parquet(sys.argv[2])
print(time.monotonic() - since)
"""
OPTIONS = {
    "FlatGeobuf": ("-mapFieldType", "StringList=String"),
    "GeoJSON": ("-lco", "COORDINATE_PRECISION=7"),
}
PAIRS = (
    ("GeoParquet", "ogr2ogr FlatGeobuf", 1.0), ("GeoParquet", "geopandas.read_postgis().to_parquet()", 3.0),
    ("FlatGeobuf", "ogr2ogr FlatGeobuf", 1.0), ("GeoJSON", "ogr2ogr GeoJSON", 1.0),
)  # fmt: skip
"""Ours, the peer, the bar. Debian's ogr2ogr writes no Parquet."""
Run = Callable[[Path], tuple[float, int]]
"""Writes into the folder; seconds, peak memory in MB (0: not looked at)."""


@dataclass(frozen=True)
class Took:
    """One file: seconds on the clock, seconds of CPU of its process and of the database, peak memory in MB."""

    seconds: float
    cpu: float
    peak: int


def exports(bench: Bench) -> list[Row]:
    """One row a pair: ratio of the rates, median of the rounds; the files are opened by others and compared with the table."""
    url, runs = bench.county.url, _runs(bench.county.url)
    count, area = asyncio.run(_truth(url))
    took: dict[str, list[Took]] = {name: [] for name in runs}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for number in range(min(3, bench.effort.rounds)):
            for name, run in runs.items():
                took[name].append(_timed(run, folder))
                last = took[name][-1]
                bench.tell(f"{name} {last.seconds:.1f} s, CPU {last.cpu:.1f} s, {count / last.seconds:,.0f} 行/s, {last.peak or '?'} MB")
                if number == 0 and name in OPENED:
                    _check(name, folder, count, area)
                for file in folder.glob("*"):
                    file.unlink()
    bench.note(
        "导出: 各文件由 pyarrow、geopandas 打开, 行数、面积、坐标系与表核对相等; CPU 为写文件的进程与数据库合计, geopandas 的含其导入"
    )
    return [_row(took, count, *pair) for pair in PAIRS]


def _row(took: dict[str, list[Took]], count: int, form: str, peer: str, bar: float) -> Row:
    ours, theirs = took[form], took[peer]
    ratio = median(b.seconds / a.seconds for a, b in zip(ours, theirs, strict=True))
    by_cpu = median(b.cpu / a.cpu for a, b in zip(ours, theirs, strict=True))
    peak = max(one.peak for one in ours)
    rates = [
        f"{count / median(one.seconds for one in side):,.0f} 行/s (CPU {median(one.cpu for one in side):.0f} s)" for side in (ours, theirs)
    ]
    return Row(
        f"整库导出 {form}", f"≥ {plain(bar)} × {peer}, ≤ {MOST_MB} MB",
        f"{plain(ratio)} × (CPU {plain(by_cpu)} ×; {rates[0]} 对 {rates[1]}; 内存峰值 {peak} MB)", ratio >= bar and peak <= MOST_MB,
    )  # fmt: skip


def _timed(run: Run, folder: Path) -> Took:
    before = spent([postmaster()])
    seconds, peak = run(folder)
    return Took(seconds, spent([postmaster()]) - before, peak)


def _runs(url: str) -> dict[str, Run]:
    """Who writes, in the order of a round: neighbours are those that are compared."""
    return {
        "GeoParquet": _ours(url, "geoparquet"), "ogr2ogr FlatGeobuf": _ogr2ogr(url, "FlatGeobuf"), "FlatGeobuf": _ours(url, "flatgeobuf"),
        "geopandas.read_postgis().to_parquet()": _geopandas(url), "GeoJSON": _ours(url, "geojson"),
        "ogr2ogr GeoJSON": _ogr2ogr(url, "GeoJSON"),
    }  # fmt: skip


def _ours(url: str, form: str) -> Run:
    order = order_of(plan_of(spec_of(Principal(0, "测速", Role.planner, COUNTY), collection="parcels", format=form)))

    def run(folder: Path) -> tuple[float, int]:
        since = time.monotonic()
        _, peak = asyncio.run(child.write(plain_dsn(url), order, folder / f"ours{FORMS[form].suffix}", lambda _done, _of: None))
        return time.monotonic() - since, peak

    return run


def _ogr2ogr(url: str, driver: str) -> Run:
    host, database = peers.parts(url)
    argv = ["ogr2ogr", "-f", driver, "", f"PG:host='{host}' port='5432' user='yima' dbname='{database}'", TABLE, "-nln", "parcels"]

    suffix = FORMS[driver.lower()].suffix

    def run(folder: Path) -> tuple[float, int]:
        argv[3] = str(folder / f"peer{suffix}")
        since = time.monotonic()
        subprocess.run([*argv, *OPTIONS[driver]], check=True, stderr=subprocess.DEVNULL)
        return time.monotonic() - since, 0

    return run


def _geopandas(url: str) -> Run:
    python, target = str(peers.install("geopandas") / "python"), plain_dsn(url).replace("postgresql://", "postgresql+psycopg://")

    def run(folder: Path) -> tuple[float, int]:
        argv = [python, "-c", GEOPANDAS, target, str(folder / "peer.parquet")]
        return float(subprocess.run(argv, check=True, capture_output=True, text=True).stdout), 0

    return run


async def _truth(url: str) -> tuple[int, float]:
    """Rows of the table and their area in square degrees."""
    conn = await asyncpg.connect(plain_dsn(url))
    try:
        return tuple(await conn.fetchrow(f"SELECT count(*), sum(ST_Area(geom)) FROM {TABLE}"))
    finally:
        await conn.close()


def _parquet(folder: Path) -> tuple[int, float]:
    file = folder / "ours.parquet"
    frame = geopandas.read_parquet(file, columns=["geom"])
    if frame.crs.to_epsg() != 4490 or pq.ParquetFile(file).metadata.num_rows != len(frame):
        raise RuntimeError(f"GeoParquet: {frame.crs}, {len(frame)}")
    return len(frame), float(shapely.area(frame.geometry.values).sum())


def _flatgeobuf(folder: Path) -> tuple[int, float]:
    file = folder / "ours.fgb"
    info = pyogrio.read_info(file)
    if info["crs"] != "EPSG:4490" or not info["capabilities"]["fast_spatial_filter"]:
        raise RuntimeError(f"FlatGeobuf: {info['crs']}, {info['capabilities']}")
    frame = pyogrio.read_dataframe(file, columns=[], use_arrow=True)
    return len(frame), float(shapely.area(frame.geometry.values).sum())


def _geojson(folder: Path) -> tuple[int, float]:
    """A feature a line; read piece by piece, as a gigabyte of objects would not fit beside the servers."""
    count, area, lines = 0, 0.0, []
    with (folder / "ours.geojson").open("rb") as file:
        head = file.readline()
        if b'"crs"' in head:  # RFC 7946: no member, CRS84
            raise RuntimeError(f"GeoJSON: {head[:200]!r}")
        for line in file:
            if line.startswith(b'{"type":"Feature"'):
                lines.append(line.rstrip(b",\n"))
            if len(lines) == 10_000 or (lines and line == b"]}\n"):
                count, area, lines = count + len(lines), area + float(shapely.area(shapely.from_geojson(np.array(lines))).sum()), []
    return count, area


OPENED = {"GeoParquet": (_parquet, 1e-9), "FlatGeobuf": (_flatgeobuf, 1e-9), "GeoJSON": (_geojson, 1e-5)}
"""How others open the file, and the share of the area that its decimals may cost."""


def _check(name: str, folder: Path, count: int, area: float) -> None:
    opened, tolerance = OPENED[name]
    seen, found = opened(folder)
    if seen != count or abs(found / area - 1) > tolerance:
        raise RuntimeError(f"{name}: {seen} 行 {found} 平方度, 应为 {count} 行 {area}")
