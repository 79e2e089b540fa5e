"""TiPg and pygeoapi, served with as many workers on the same rows (PEERS §4, §8), geopandas for exports: each in its own environment."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit

from scripts.benchmark.county import STATE
from scripts.benchmark.servers import WORKERS, answering, finish, free_port, launch

PLACE = STATE / "peers"
PACKAGES = {
    "tipg": ("tipg==1.6.1", "uvicorn", "uvloop", "httptools"),
    "pygeoapi": ("pygeoapi==0.21.0", "geoalchemy2", "psycopg2-binary", "gunicorn"),
    "geopandas": ("geopandas", "sqlalchemy", "geoalchemy2", "psycopg[binary]", "pyarrow"),
}
CONFIG = """
server:
  bind: {{host: 127.0.0.1, port: {port}}}
  url: http://127.0.0.1:{port}
  mimetype: application/json
  encoding: utf-8
  languages: [en-US]
  limits: {{default_items: 10, max_items: 10000}}
  map: {{url: "http://127.0.0.1/{{z}}/{{x}}/{{y}}", attribution: none}}
logging: {{level: ERROR}}
metadata:
  identification: {{title: bench, description: bench, keywords: [bench], terms_of_service: none, url: "http://127.0.0.1"}}
  license: {{name: none, url: "http://127.0.0.1"}}
  provider: {{name: bench, url: "http://127.0.0.1"}}
  contact: {{name: bench, email: bench@localhost, url: "http://127.0.0.1"}}
resources:
  parcel:
    type: collection
    title: parcel
    description: parcel
    keywords: [parcel]
    extents: {{spatial: {{bbox: [-180, -90, 180, 90]}}}}
    providers:
      - type: feature
        name: PostgreSQL
        data: {{host: "{host}", port: 5432, dbname: {database}, user: yima, password: "", search_path: [bench]}}
        id_field: id
        table: parcel
        geom_field: geom
"""


def install(name: str) -> Path:
    """Folder of the peer's programs, made when it is missing or of another version."""
    place, want = PLACE / name, "\n".join(PACKAGES[name])
    mark = place / "installed"
    if not mark.exists() or mark.read_text() != want:
        sys.stderr.write(f"安装 {PACKAGES[name][0]} …\n")
        PLACE.mkdir(mode=0o711, parents=True, exist_ok=True)
        env = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
        subprocess.run(["uv", "venv", "--quiet", "--clear", "--python", sys.executable, str(place)], check=True, env=env)
        python = str(place / "bin" / "python")
        subprocess.run(["uv", "pip", "install", "--quiet", "--python", python, *PACKAGES[name]], check=True, env=env)
        mark.write_text(want)
    return place / "bin"


def parts(url: str) -> tuple[str, str]:
    """(folder of the cluster's socket, database) of our own URL."""
    split = urlsplit(url)
    host = next(part.removeprefix("host=") for part in split.query.split("&") if part.startswith("host="))
    return host, split.path.removeprefix("/")


@contextmanager
def tipg(url: str) -> Iterator[tuple[int, int]]:
    """TiPg on the tables of schema bench; yields its port and process id. Tile margin as ours (64 of 4096), its own is 256."""
    host, database = parts(url)
    log, port = STATE / "tipg.log", free_port()
    env = {name: value for name, value in os.environ.items() if not name.startswith("YIMA_")} | {
        "DATABASE_URL": f"postgresql://yima@{quote(host, safe='')}/{database}",
        "TIPG_DB_SCHEMAS": '["bench"]',
        "TIPG_MAX_FEATURES_PER_QUERY": "10000",
        "TIPG_TILE_BUFFER": "64",
    }
    argv = [str(install("tipg") / "uvicorn"), "tipg.main:app", "--port", str(port), "--workers", str(WORKERS)]
    process = launch([*argv, "--no-access-log", "--log-level", "warning"], env, log, cwd=STATE)
    try:
        answering(port, "/collections/bench.parcel/items?limit=1", [process], log)
        yield port, process.pid
    finally:
        finish([process])


@contextmanager
def pygeoapi(url: str) -> Iterator[tuple[int, int]]:
    """pygeoapi on the same table; yields its port and process id."""
    host, database = parts(url)
    log, port, programs = STATE / "pygeoapi.log", free_port(), install("pygeoapi")
    config, openapi = STATE / "pygeoapi.yml", STATE / "pygeoapi-openapi.yml"
    config.write_text(CONFIG.format(port=port, host=host, database=database))
    env = {**os.environ, "PYGEOAPI_CONFIG": str(config), "PYGEOAPI_OPENAPI": str(openapi)}
    document = subprocess.run([str(programs / "pygeoapi"), "openapi", "generate", str(config)], env=env, capture_output=True, check=True)
    openapi.write_bytes(document.stdout)
    argv = [str(programs / "gunicorn"), "-w", str(WORKERS), "--threads", "4", "-b", f"127.0.0.1:{port}", "pygeoapi.flask_app:APP"]
    process = launch(argv, env, log, cwd=STATE)
    try:
        answering(port, "/collections/parcel/items?limit=1&f=json", [process], log)
        yield port, process.pid
    finally:
        finish([process])
