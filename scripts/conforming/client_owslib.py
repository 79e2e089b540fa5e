"""OWSLib and mapbox-vector-tile read a running service: client_owslib.py URL KEY. One line a check; exit code 1 when one fails."""

import importlib.metadata
import math
import sys

import httpx
import mapbox_vector_tile
from owslib.ogcapi.features import Features
from owslib.util import Authentication
from shim import Shim

url, key = sys.argv[1:3]
failed = []
NAME = f"OWSLib {importlib.metadata.version('owslib')}"


def check(name: str, is_right: bool, said: object) -> None:
    print(f"{'ok ' if is_right else 'NOT'} {name}: {said}", flush=True)
    if not is_right:
        failed.append(name)


features = Features(url, headers={"X-API-Key": key}, auth=Authentication())
check(f"{NAME} conformance", any("features-1/1.0/conf/core" in c for c in features.conformance()["conformsTo"]), "core")
check(f"{NAME} API document", features.api()["openapi"].startswith("3.0"), features.api()["openapi"])
check(f"{NAME} collections", "parcels" in features.feature_collections(), features.feature_collections())
check(f"{NAME} queryables", "grade" in features.collection_queryables("parcels")["properties"], "grade")
codes, pages, cursor = set(), 0, {}
while True:
    page = features.collection_items("parcels", limit=1000, **cursor)
    codes |= {f["properties"]["land_code"] for f in page["features"]}
    pages += 1
    following = [link["href"] for link in page["links"] if link["rel"] == "next"]
    if not following:
        break
    cursor = {"cursor": httpx.URL(following[0]).params["cursor"]}
check(f"{NAME} pages through all parcels", len(codes) == 8000, f"{len(codes)} in {pages} pages")
near = features.collection_items("parcels", bbox=[121.19, 30.20, 121.20, 30.21], limit=1000)
check(f"{NAME} extent", near["numberMatched"] == len(near["features"]) > 0, near["numberMatched"])
few = features.collection_items("parcels", filter="inefficient = 'true' AND area_used_mu > 20", limit=1000)
right = all(f["properties"]["inefficient"] == "true" and f["properties"]["area_used_mu"] > 20 for f in few["features"])
check(f"{NAME} CQL2 filter", right and bool(few["features"]), len(few["features"]))
plane = features.collection_items("parcels", limit=1, crs="http://www.opengis.net/def/crs/EPSG/0/4549")
north, east = plane["features"][0]["geometry"]["coordinates"][0][0][0]
check(f"{NAME} another CRS, north first", 3_300_000 < north < 3_400_000 and 400_000 < east < 650_000, (north, east))
one = features.collection_item("parcels", near["features"][0]["id"])
check(f"{NAME} one feature", one["id"] == near["features"][0]["id"], one["id"])

with Shim(url, key) as shim:
    version = importlib.metadata.version("mapbox-vector-tile")
    lon, lat, z = 121.195, 30.205, 14
    col = int((lon + 180) / 360 * 2**z)
    row = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**z)
    tile = httpx.get(f"{shim.url}/collections/parcels/tiles/WebMercatorQuad/{z}/{row}/{col}")
    layers = mapbox_vector_tile.decode(tile.content)
    ids = {f["properties"].get("land_code", f.get("id")) for layer in layers.values() for f in layer["features"]}
    check(f"mapbox-vector-tile {version} decodes z{z}", bool(ids), {name: len(layer["features"]) for name, layer in layers.items()})
    low = httpx.get(f"{shim.url}/collections/parcels/tiles/WebMercatorQuad/8/{row >> 6}/{col >> 6}")
    cells = mapbox_vector_tile.decode(low.content)
    check(f"mapbox-vector-tile {version} decodes z8", bool(cells), {name: len(layer["features"]) for name, layer in cells.items()})
sys.exit(1 if failed else 0)
