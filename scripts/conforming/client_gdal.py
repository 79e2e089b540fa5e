"""GDAL reads a running service by its OAPIF driver, in both generations at hand: apt's ogr2ogr and pyogrio's wheel.

client_gdal.py URL KEY. Prints one line a check; exit code 1 when one fails.
"""

import json
import os
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path

import geopandas
import pyogrio
from shim import Shim

BOX = (121.19, 30.20, 121.20, 30.21)
failed = []


def check(name: str, is_right: bool, said: object) -> None:
    print(f"{'ok ' if is_right else 'NOT'} {name}: {said}", flush=True)
    if not is_right:
        failed.append(name)


def asked(shim: Shim) -> list[str]:
    return [line for line, _ in shim.lines() if "/items" in line]


def apt(shim: Shim, folder: Path) -> set[str]:
    """ogr2ogr of the system."""
    version = subprocess.run(["ogr2ogr", "--version"], capture_output=True, text=True, check=True).stdout.split(",")[0]

    def run(name: str, *options: str) -> geopandas.GeoDataFrame:
        target = folder / f"{name}.gpkg"
        subprocess.run(
            ["ogr2ogr", "-f", "GPKG", target, f"OAPIF:{shim.url}", "parcels", "-oo", "PAGE_SIZE=1000", *options],
            check=True,
            capture_output=True,
        )
        return geopandas.read_file(target)

    shim.lines()
    whole = run("whole")
    pages = asked(shim)
    check(f"{version} pages through all parcels", whole.land_code.nunique() == 8000, f"{len(whole)} in {len(pages)} requests")
    near = run("near", "-spat", *map(str, BOX))
    lines = asked(shim)
    right = set(whole[whole.intersects(geopandas.GeoSeries.from_wkt([_wkt()], crs=whole.crs)[0])].land_code)
    check(
        f"{version} asks for an extent",
        set(near.land_code) == right and any("bbox=" in x for x in lines),
        f"{len(near)}, {lines[-1][-60:]}",
    )
    some = run("some", "-where", "responsible_body = '330282107' AND area_planar_m2 > 20000")
    lines = asked(shim)
    mine = set(whole[(whole.responsible_body == "330282107") & (whole.area_planar_m2 > 20000)].land_code)
    told = [x for x in lines if "responsible_body" in x]
    check(
        f"{version} filters (on the server: {bool(told)})", set(some.land_code) == mine and bool(mine), f"{len(some)}, {lines[-1][-110:]}"
    )
    plane = run("plane", "-t_srs", "EPSG:4549", "-spat", *map(str, BOX))
    ratio = plane.geometry.area.sum() / plane.area_planar_m2.sum()
    check(f"{version} reprojects to EPSG:4549", plane.crs.to_epsg() == 4549 and abs(ratio - 1) < 1e-3, f"area ratio {ratio:.6f}")
    return set(whole.land_code)


def _wkt() -> str:
    w, s, e, n = BOX
    return f"POLYGON(({w} {s},{e} {s},{e} {n},{w} {n},{w} {s}))"


READER = """
import json, pickle, sys, pyogrio
pyogrio.set_gdal_config_options(json.loads(sys.argv[4]))
options = json.loads(sys.argv[2])
if "bbox" in options:
    options["bbox"] = tuple(options["bbox"])
found = pyogrio.read_dataframe(sys.argv[1], **options)
pickle.dump(found, open(sys.argv[3], "wb"))
"""
"""Read in a process of its own: pyogrio keeps the interpreter to itself, and the proxy lives in ours."""


def wheel(shim: Shim, url: str, key: str, folder: Path, codes: set[str]) -> None:
    """The GDAL inside pyogrio's wheel."""
    version = f"GDAL {pyogrio.__gdal_version_string__} (pyogrio {pyogrio.__version__})"

    def read(source: str, config: dict[str, str] | None = None, **options: object) -> geopandas.GeoDataFrame:
        target = folder / "frame.pickle"
        told = [f"OAPIF:{source}", json.dumps(options), str(target), json.dumps(config or {})]
        subprocess.run([sys.executable, "-W", "ignore", "-c", READER, *told], check=True, timeout=300)
        return pickle.loads(target.read_bytes())

    shim.lines()
    whole = read(shim.url, layer="parcels")
    pages = asked(shim)
    check(f"{version} pages through all parcels", set(whole.land_code) == codes, f"{len(whole)} in {len(pages)} requests, {pages[0][-40:]}")
    near = read(shim.url, layer="parcels", bbox=BOX)
    lines = asked(shim)
    check(f"{version} asks for an extent", 0 < len(near) < 2000 and any("bbox=" in x for x in lines), f"{len(near)}, {lines[-1][-60:]}")
    some = read(shim.url, layer="parcels", where="responsible_body = '330282107' AND area_planar_m2 > 20000")
    lines = asked(shim)
    mine = set(whole[(whole.responsible_body == "330282107") & (whole.area_planar_m2 > 20000)].land_code)
    told = [x for x in lines if "responsible_body" in x]
    check(
        f"{version} filters (on the server: {bool(told)})", set(some.land_code) == mine and bool(mine), f"{len(some)}, {lines[-1][-110:]}"
    )
    if tuple(map(int, pyogrio.__gdal_version_string__.split(".")[:2])) >= (3, 9):  # the open option CRS
        plane = read(shim.url, layer="parcels", CRS="EPSG:4549", bbox=tuple(near.to_crs(4549).total_bounds))
        ratio, lines = plane.geometry.area.sum() / plane.area_planar_m2.sum(), asked(shim)
        is_right = plane.crs.to_epsg() == 4549 and abs(ratio - 1) < 1e-3
        check(f"{version} is given EPSG:4549 by the server", is_right, f"area ratio {ratio:.6f}, {lines[-1][-90:]}")
    header = folder / "headers.txt"
    header.write_text(f"X-API-Key: {key}\n")
    towns = read(url, {"GDAL_HTTP_HEADER_FILE": str(header)}, layer="towns")
    check(f"{version} sends the key from GDAL_HTTP_HEADER_FILE", len(towns) > 0, f"{len(towns)} towns")


os.environ.pop("GDAL_HTTP_HEADERS", None)
url, key = sys.argv[1:3]
with Shim(url, key) as shim, tempfile.TemporaryDirectory() as folder:
    codes = apt(shim, Path(folder))
    wheel(shim, url, key, Path(folder), codes)
sys.exit(1 if failed else 0)
