"""Whole-collection exports against ogr2ogr and geopandas on the same rows: `measure` is called by scripts/bench, `main` by hand.

Peers read a plain table with the very columns of our files (their best case: one sequential scan), we read what the service reads. Runs
alternate, ratios are medians of rounds: noise of the machine hits all alike. Peak memory is VmHWM of the process that writes the file.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from app.core.principal import Principal, Role  # noqa: E402
from app.maps import fields  # noqa: E402
from app.maps.exports import child  # noqa: E402
from app.maps.exports.spec import FORMS, plan_of, spec_of  # noqa: E402
from app.maps.exports.statements import order_of  # noqa: E402

PEER_TABLE = "bench_export_peer"
PEER_ENV = ROOT / ".local" / "bench" / "export-peer"
GEOPANDAS = """
import sys, time
import geopandas, sqlalchemy
since = time.monotonic()
engine = sqlalchemy.create_engine(sys.argv[1], connect_args={"options": "-c role=yima_owner"})
frame = geopandas.read_postgis("SELECT * FROM %s", engine, geom_col="geom")
frame.to_parquet(sys.argv[2])
print(len(frame), time.monotonic() - since)
"""


async def _peer_table(dsn: str, county: str) -> int:
    """The map row's properties and shape as a plain table; made once for a state of the map."""
    conn = await asyncpg.connect(dsn, server_settings={"role": "yima_owner"})
    try:
        rows = await conn.fetchval("SELECT count(*) FROM map_parcel WHERE county_code = $1", county)
        if await conn.fetchval(f"SELECT to_regclass('{PEER_TABLE}')") is not None:
            if await conn.fetchval(f"SELECT count(*) FROM {PEER_TABLE}") == rows:
                return int(rows)
            await conn.execute(f"DROP TABLE {PEER_TABLE}")
        kinds = {"numeric": "float8"}
        typed = ", ".join(f"{c.name} {kinds.get(c.type, c.type)}" for c in fields.PARCEL.values())
        await conn.execute(
            f"CREATE UNLOGGED TABLE {PEER_TABLE} AS SELECT p.id, r.*, s.geom FROM map_parcel p JOIN map_shape s USING (county_code, id)"
            " CROSS JOIN LATERAL"
            f" json_to_record(convert_from(p.feature, 'UTF8')::json -> 'properties') AS r ({typed}) WHERE p.county_code = '{int(county)}'"
        )
        await conn.execute(f"ALTER TABLE {PEER_TABLE} ADD PRIMARY KEY (id)")
        await conn.execute(f"ANALYZE {PEER_TABLE}")
        return int(rows)
    finally:
        await conn.close()


def _libpq(dsn: str) -> dict[str, str]:
    parts = urlsplit(dsn)
    query = {key: value[0] for key, value in parse_qs(parts.query).items()}
    found = {
        "host": query.get("host") or parts.hostname, "port": query.get("port") or str(parts.port or 5432), "user": parts.username,
        "password": parts.password, "dbname": unquote(parts.path.lstrip("/")),
    }  # fmt: skip
    return {key: value for key, value in found.items() if value}


def _ours(dsn: str, county: str, form: str) -> Callable[[Path], tuple[float, int]]:
    def run(folder: Path) -> tuple[float, int]:
        plan = plan_of(spec_of(Principal(0, "测速", Role.planner, county), collection="parcels", format=form))
        since = time.monotonic()
        _, peak = asyncio.run(child.write(dsn, order_of(plan), folder / f"ours{FORMS[form].suffix}", lambda _done, _of: None))
        return time.monotonic() - since, peak

    return run


def _ogr2ogr(dsn: str, driver: str) -> Callable[[Path], tuple[float, int]]:
    source = "PG:" + " ".join(f"{key}='{value}'" for key, value in _libpq(dsn).items())

    def run(folder: Path) -> tuple[float, int]:
        target = folder / f"peer.{'fgb' if driver == 'FlatGeobuf' else 'geojson'}"
        target.unlink(missing_ok=True)
        since = time.monotonic()
        subprocess.run(["ogr2ogr", "-f", driver, str(target), source, PEER_TABLE, "-nln", "parcels"], check=True, stderr=subprocess.DEVNULL)
        return time.monotonic() - since, 0

    return run


def _geopandas(dsn: str) -> Callable[[Path], tuple[float, int]]:
    python = PEER_ENV / "bin" / "python"
    if not python.exists():
        subprocess.run(["uv", "venv", "-q", str(PEER_ENV)], check=True)
        subprocess.run(
            ["uv", "pip", "install", "-q", "-p", str(python), "geopandas", "sqlalchemy", "geoalchemy2", "psycopg[binary]", "pyarrow"],
            check=True,
        )
    url = dsn.replace("postgresql://", "postgresql+psycopg://")

    def run(folder: Path) -> tuple[float, int]:
        done = subprocess.run(
            [str(python), "-c", GEOPANDAS % PEER_TABLE, url, str(folder / "peer.parquet")], check=True, capture_output=True, text=True
        )
        return float(done.stdout.split()[1]), 0

    return run


def measure(database_url: str, county: str, rounds: int = 3) -> list[dict]:
    """One row a bar: name, ours and peer in rows/s, ratio (median of the rounds), the bar, our process's peak memory in MB."""
    dsn = database_url.replace("postgresql+asyncpg", "postgresql")
    rows = asyncio.run(_peer_table(dsn, county))
    runners = {
        "ours geoparquet": _ours(dsn, county, "geoparquet"), "ogr2ogr flatgeobuf": _ogr2ogr(dsn, "FlatGeobuf"),
        "ours flatgeobuf": _ours(dsn, county, "flatgeobuf"), "geopandas": _geopandas(dsn),
        "ours geojson": _ours(dsn, county, "geojson"), "ogr2ogr geojson": _ogr2ogr(dsn, "GeoJSON"),
    }  # fmt: skip
    took: dict[str, list[float]] = {name: [] for name in runners}
    peaks: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(rounds):
            for name, run in runners.items():
                seconds, peak = run(Path(folder))
                took[name].append(seconds)
                peaks[name] = max(peaks.get(name, 0), peak)
                sys.stderr.write(f"{number + 1}/{rounds} {name}: {seconds:.1f} s, {rows / seconds:,.0f} rows/s\n")
    pairs = (
        ("GeoParquet / ogr2ogr FlatGeobuf", "ours geoparquet", "ogr2ogr flatgeobuf", 1.0),
        ("GeoParquet / geopandas.read_postgis().to_parquet()", "ours geoparquet", "geopandas", 3.0),
        ("FlatGeobuf / ogr2ogr FlatGeobuf", "ours flatgeobuf", "ogr2ogr flatgeobuf", 1.0),
        ("GeoJSON / ogr2ogr GeoJSON", "ours geojson", "ogr2ogr geojson", 1.0),
    )
    return [
        {
            "name": name, "rows": rows, "ours_rows_s": round(rows / statistics.median(took[ours])),
            "peer_rows_s": round(rows / statistics.median(took[peer])),
            "ratio": round(statistics.median(p / o for o, p in zip(took[ours], took[peer], strict=True)), 2), "bar": bar,
            "peak_mb": peaks[ours],
        }
        for name, ours, peer, bar in pairs
    ]  # fmt: skip


def main() -> int:
    """Prints the rows as JSON; exit code 1 when a bar falls."""
    parser = argparse.ArgumentParser(description="整图层导出测速")
    parser.add_argument("database_url")
    parser.add_argument("county")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    found = measure(args.database_url, args.county, args.rounds)
    print(json.dumps(found, ensure_ascii=False, indent=1))
    return int(any(row["ratio"] < row["bar"] or row["peak_mb"] > 300 for row in found))


if __name__ == "__main__":
    sys.exit(main())
