"""./scripts/bench import: a county's first parcel delivery through `yima import`, beside ogr2ogr's bare copy of the same file.

Both write into the same cluster in the same run. Ours: read, every check, versions, areas, lineage, overlay, the map's own tables, audit.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from app import cluster
from scripts.benchmark import county, delivery, peers
from scripts.benchmark.land import COUNTY, Land
from scripts.benchmark.report import Row, document, plain

MOST, MOST_MB, GROWTH = 8.0, 1536, 12.0


@dataclass
class Took:
    """One import: seconds, its process's peak, what it said."""

    seconds: float
    peak_mb: int
    report: dict
    copy: float = 0.0
    steps: dict[str, float] = field(default_factory=dict)


def measured(url: str, land: Land) -> Took:
    """ogr2ogr's copy, then ours, into a fresh database."""
    name = f"bench_import_{land.parcels}"
    own = url.replace("/yima?", f"/{name}?")
    path = delivery.made(land, county.STATE / f"delivery_{land.parcels}.gpkg")
    asyncio.run(county.recreate(url, name))
    county.use(own)
    subprocess.run([sys.executable, "-m", "alembic", "upgrade", "head"], cwd=county.ROOT, check=True)
    county.in_loop(lambda: delivery.empty_county(land))
    copied = _copy(own, path)
    sys.stderr.write(f"      {land.parcels:,} 宗: ogr2ogr {copied:.1f} s\n")
    took = _imported(path)
    took.copy = copied
    sys.stderr.write(f"      {land.parcels:,} 宗: yima {took.seconds:.1f} s, {took.peak_mb} MB, {took.report['seconds']}\n")
    return took


def _copy(url: str, path: Path) -> float:
    """Seconds of ogr2ogr with COPY and its usual spatial index."""
    host, database = peers.parts(url)
    dsn = f"PG:host='{host}' port='5432' user='yima' dbname='{database}'"
    since = time.monotonic()
    argv = ["ogr2ogr", "-q", "-f", "PostgreSQL", dsn, str(path), "-nln", "bare", "--config", "PG_USE_COPY", "YES"]
    subprocess.run(argv, check=True)
    return time.monotonic() - since


def _imported(path: Path) -> Took:
    argv = [
        str(Path(sys.executable).parent / "yima"), "import", str(path), "--kind", "parcels", "--county", COUNTY,
        "--data-date", delivery.DATA_ON.isoformat(), "--json",
    ]  # fmt: skip
    since = time.monotonic()
    with subprocess.Popen(argv, cwd=county.ROOT, stdout=subprocess.PIPE, env=os.environ) as process:
        assert process.stdout
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - since
    if process.returncode:
        raise RuntimeError(f"yima import: {process.returncode} {said[-500:]!r}")
    return Took(seconds, usage.ru_maxrss // 1024, json.loads(said))


def rows(small: Took, large: Took, land: Land) -> list[Row]:
    """The bars: against ogr2ogr, memory, growth; nothing reported of a clean delivery, nothing lost."""
    ratio, growth = large.seconds / large.copy, large.seconds / small.seconds
    shares = "、".join(f"{name} {plain(seconds)} s" for name, seconds in large.report["seconds"].items())
    whole = large.report["counts"].get("new") == land.parcels and not large.report["issue_counts"]
    return [
        Row(f"首次导入 {land.parcels:,} 宗 (读、检查、版本、面积、叠加、图层)", f"≤ {MOST:g} × ogr2ogr 裸拷贝",
            f"{ratio:.1f} × ({plain(large.seconds)} s 对 {plain(large.copy)} s; {shares})", ratio <= MOST),
        Row("导入进程内存峰值", f"≤ {MOST_MB:,} MB", f"{large.peak_mb:,} MB", large.peak_mb <= MOST_MB),
        Row("宗数增至 10 倍", f"≤ {GROWTH:g} ×", f"{growth:.1f} × ({plain(small.seconds)} s → {plain(large.seconds)} s)", growth <= GROWTH),
        Row("全部入库, 无误报", "新增 = 宗数, 0 条问题", f"{large.report['counts']}, {large.report['issue_counts']}", whole),
    ]  # fmt: skip


def main(argv: list[str]) -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="./scripts/bench import", description="首次导入一个县的宗地, 与 ogr2ogr 裸拷贝同场计时")
    parser.add_argument("--parcels", type=int, default=1_000_000)
    land = Land(parser.parse_args(argv).parcels)
    county.STATE.mkdir(mode=0o711, parents=True, exist_ok=True)
    url = cluster.start(county.STATE, fast=True)
    try:
        small = measured(url, Land(land.parcels // 10))
        large = measured(url, land)
    finally:
        cluster.stop(county.STATE)
    table = rows(small, large, land)
    sys.stdout.write(document(f"{land.parcels:,} 宗, {os.cpu_count()} 核", table, ()))
    return int(any(row.holds is False for row in table))
