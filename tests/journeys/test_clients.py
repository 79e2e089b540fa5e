"""Real map clients with an API key: ogr2ogr and GDAL over OAPIF, paging by `next`, tiles, ETags, compression."""

import asyncio
import gzip
import math
import os
import shutil
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import mapbox_vector_tile
import pyogrio
import pytest
import shapely

from tests.journeys.test_story import post

pytestmark = pytest.mark.serial
ITEMS = "/collections/parcels/items"
TILES = "/collections/parcels/tiles/WebMercatorQuad"


@pytest.fixture(scope="module")
def key(signed_in: Callable[..., httpx.Client]) -> str:
    return str(post(signed_in("planner"), "/api/keys", {"label": "真实客户端"}).json()["key"])


@pytest.fixture(scope="module")
def client(live_server: Any, key: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=live_server.url, headers={"x-api-key": key}, timeout=60) as keyed:
        yield keyed


async def test_a_key_that_was_ended_opens_to_nobody_though_many_ask_at_once(
    live_server: Any, signed_in: Callable[..., httpx.Client]
) -> None:
    """Who arrives together shares the door's look-up: not with those who came before the key was ended."""
    planner = signed_in("planner")
    made = post(planner, "/api/keys", {"label": "多路并发"}).json()
    seen: list[tuple[float, int]] = []
    ended = asyncio.Event()

    async def asks(client: httpx.AsyncClient) -> None:
        while not ended.is_set() or len(seen) < enough:
            began = time.monotonic()
            answer = await client.get(ITEMS, params={"bbox": "121.2,30.2,121.21,30.21"})
            seen.append((began, answer.status_code))

    enough = 10**9
    async with httpx.AsyncClient(base_url=live_server.url, headers={"x-api-key": made["key"]}, timeout=60) as client:
        several = [asyncio.create_task(asks(client)) for _ in range(12)]
        await asyncio.sleep(0.5)
        await asyncio.to_thread(post, planner, f"/api/keys/{made['id']}/revoke", {})
        since = time.monotonic()
        enough = len(seen) + 100
        ended.set()
        await asyncio.gather(*several)
    assert {status for began, status in seen if began < since} >= {200}
    late = [status for began, status in seen if began > since]
    assert len(late) >= 80
    assert set(late) == {401}


@pytest.fixture(scope="module")
def truth(live_server: Any) -> dict[int, str]:
    """id → land_code of every parcel that stands today, from the database."""

    async def read() -> list[asyncpg.Record]:
        conn = await asyncpg.connect(live_server.dsn())
        try:
            return await conn.fetch(
                "SELECT p.id, p.land_code FROM parcel p JOIN parcel_version v ON v.parcel_id = p.id"
                " WHERE p.county_code = '330282' AND v.valid @> date '2025-09-30' AND upper_inf(v.recorded)"
            )
        finally:
            await conn.close()

    found = {row["id"]: row["land_code"] for row in asyncio.run(read())}
    assert len(found) == httpx.get(f"{live_server.url}/readyz").json()["counts"]["parcels"]
    return found


def test_ogr2ogr_copies_every_parcel(live_server: Any, key: str, truth: dict[int, str], tmp_path: Path) -> None:
    program = shutil.which("ogr2ogr")
    if program is None:
        pytest.skip("ogr2ogr (gdal-bin) is not installed")
    out = tmp_path / "out.gpkg"
    env = os.environ | {"GDAL_HTTP_HEADERS": f"X-API-Key: {key}", "OGR_GPKG_FOREIGN_KEY_CHECK": "NO"}
    done = subprocess.run(
        [program, "-f", "GPKG", str(out), f"OAPIF:{live_server.url}", "parcels"],
        env=env,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "ERROR" not in done.stderr, done.stderr
    with sqlite3.connect(out) as db:
        names = [row[0] for row in db.execute("SELECT table_name FROM gpkg_contents")]
        shape = db.execute("SELECT geometry_type_name, srs_id FROM gpkg_geometry_columns").fetchone()
        rows = db.execute("SELECT land_code, area_planar_m2, inefficient, geom IS NULL FROM parcels").fetchall()
    assert names == ["parcels"]
    assert shape[0] in ("MULTIPOLYGON", "GEOMETRY"), shape
    assert Counter(row[0] for row in rows) == Counter(truth.values()), "each parcel once"
    assert not any(row[3] for row in rows), "every row has its shape"
    assert all(row[1] > 0 for row in rows)
    assert {row[2] for row in rows} == {"true", "false", "unknown"}
    info = pyogrio.read_info(out, layer="parcels")
    assert (info["features"], info["geometry_type"] in ("MultiPolygon", "Unknown")) == (len(truth), True)
    kinds = set(shapely.get_type_id(pyogrio.read_dataframe(out, columns=[]).geometry.array))
    assert kinds == {6}, "MultiPolygon only"


def test_gdal_reads_an_extent(live_server: Any, key: str, client: httpx.Client, tmp_path: Path) -> None:
    """A newer GDAL (pyogrio's) leaves GDAL_HTTP_HEADERS out when its OAPIF driver sends an Accept header; the header file works in all."""
    if "OAPIF" not in pyogrio.list_drivers():
        pytest.skip("this GDAL has no OAPIF driver")
    box = (121.15, 30.12, 121.35, 30.28)
    (tmp_path / "headers.txt").write_text(f"X-API-Key: {key}\n")
    pyogrio.set_gdal_config_options({"GDAL_HTTP_HEADER_FILE": str(tmp_path / "headers.txt")})
    try:
        got = pyogrio.read_dataframe(f"OAPIF:{live_server.url}", layer="parcels", bbox=box)
        layers = {name for name, _ in pyogrio.list_layers(f"OAPIF:{live_server.url}")}
    finally:
        pyogrio.set_gdal_config_options({"GDAL_HTTP_HEADER_FILE": None})
    assert {"parcels", "control-lines", "towns", "blocks", "cases", "freed-land"} <= layers
    want = walk(client, {"bbox": ",".join(map(str, box)), "limit": "700"})
    assert len(want) > 700
    assert sorted(got["land_code"]) == sorted(f["properties"]["land_code"] for f in want)
    everything = walk(client, {"limit": "5000"})
    meets = [f["id"] for f in everything if shapely.geometry.shape(f["geometry"]).intersects(shapely.box(*box))]
    assert sorted(f["id"] for f in want) == sorted(meets), "the extent is exact"


def walk(client: httpx.Client, params: dict[str, str]) -> list[dict[str, Any]]:
    """Every feature of a query by its `next` links; pages are full until the last."""
    url, found = f"{ITEMS}?{httpx.QueryParams(params)}", []
    while True:
        body = client.get(url).raise_for_status().json()
        assert body["numberReturned"] == len(body["features"])
        found += body["features"]
        following = [link["href"] for link in body["links"] if link["rel"] == "next"]
        if not following:
            return found
        assert len(body["features"]) == int(params["limit"])
        url = following[0]


@pytest.mark.parametrize("limit", ["333", "1000", "10000"])
def test_next_gives_each_parcel_exactly_once(client: httpx.Client, truth: dict[int, str], limit: str) -> None:
    found = walk(client, {"limit": limit})
    ids = [f["id"] for f in found]
    assert len(ids) == len(truth)
    assert {f["id"]: f["properties"]["land_code"] for f in found} == truth
    assert ids == sorted(ids)
    assert all(f["geometry"]["type"] == "MultiPolygon" for f in found)


def test_id_and_land_code_open_the_same_parcel(client: httpx.Client, truth: dict[int, str]) -> None:
    number, code = next(iter(truth.items()))
    by_id, by_code = client.get(f"{ITEMS}/{number}").json(), client.get(f"{ITEMS}/{code}").json()
    assert (by_id["id"], by_id["properties"]) == (number, by_code["properties"])
    assert by_id["geometry"] == by_code["geometry"]


def tile_of(lon: float, lat: float, z: int) -> tuple[int, int]:
    """(row, col) of the tile that holds a point."""
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return int(y * 2**z), int((lon + 180) / 360 * 2**z)


def tile(client: httpx.Client, z: int, row: int, col: int) -> dict[str, Any]:
    answer = client.get(f"{TILES}/{z}/{row}/{col}")
    assert answer.status_code in (200, 204), answer.text
    if answer.status_code == 204:
        return {}
    assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    return mapbox_vector_tile.decode(answer.content)


def test_a_near_tile_has_the_parcels(client: httpx.Client, truth: dict[int, str]) -> None:
    feature = client.get(ITEMS, params={"limit": 1, "offset": 3000}).json()["features"][0]
    z, point = 14, shapely.geometry.shape(feature["geometry"]).representative_point()
    row, col = tile_of(point.x, point.y, z)
    layer = tile(client, z, row, col)["parcels"]
    assert layer["extent"] == 4096
    drawn = {f["id"]: f["properties"] for f in layer["features"]}
    assert feature["id"] in drawn
    assert all(truth[i] == p["land_code"] for i, p in drawn.items())
    assert drawn[feature["id"]]["display_class"] == feature["properties"]["display_class"]
    west, east = col / 2**z * 360 - 180, (col + 1) / 2**z * 360 - 180
    north, south = (math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * r / 2**z)))) for r in (row, row + 1))
    inside = walk(client, {"bbox": f"{west},{south},{east},{north}", "limit": "5000"})
    missing = {f["id"] for f in inside} - set(drawn)
    assert len(inside) > 5
    assert not missing, "every parcel that meets the tile is drawn in it"


@pytest.mark.parametrize("z", [8, 10, 12])
def test_counts_of_far_tiles_add_up_to_the_truth(client: httpx.Client, truth: dict[int, str], z: int) -> None:
    west, south, east, north = client.get("/api/session").json()["county"]["bbox"]
    (top, left), (bottom, right) = tile_of(west, north, z), tile_of(east, south, z)
    rows_n, shares, classes = 0, 0.0, Counter()
    for row in range(top, bottom + 1):
        for col in range(left, right + 1):
            for cell in tile(client, z, row, col).get("parcel_cells", {"features": []})["features"]:
                p = cell["properties"]
                rows_n += p["n"]
                shares += p.get("mu") or 0.0
                classes += Counter({k: p.get(k, 0) for k in ("red", "orange", "yellow", "blue", "green", "grey")})
    everything = walk(client, {"limit": "5000"})
    assert rows_n == len(truth)
    assert classes == Counter(f["properties"]["display_class"] for f in everything)
    assert shares == pytest.approx(sum(f["properties"]["area_used_mu"] for f in everything), abs=0.01)


@pytest.mark.parametrize("path", [f"{ITEMS}?limit=50", "/api/meta", "tile", "/collections/towns/items"])
def test_an_answer_already_held_is_not_sent_again(client: httpx.Client, path: str) -> None:
    if path == "tile":
        row, col = tile_of(121.24, 30.18, 10)
        path = f"{TILES}/10/{row}/{col}"
    first = client.get(path)
    assert first.status_code == 200, first.text
    again = client.get(path, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert client.get(path, headers={"if-none-match": '"other"'}).status_code == 200


def test_large_answers_are_compressed_on_request(client: httpx.Client) -> None:
    def raw(accepted: str) -> tuple[httpx.Headers, bytes]:
        with client.stream("GET", f"{ITEMS}?limit=200", headers={"accept-encoding": accepted}) as answer:
            return answer.headers, b"".join(answer.iter_raw())

    packed, small = raw("gzip")
    plain, large = raw("identity")
    assert packed["content-encoding"] == "gzip"
    assert "content-encoding" not in plain
    assert len(small) < len(large) / 3
    unpacked = gzip.decompress(small)
    assert unpacked[: unpacked.rindex(b'"timeStamp"')] == large[: large.rindex(b'"timeStamp"')]
    assert "Accept-Encoding" in packed["vary"]


def test_a_key_that_does_not_stand_reads_nothing(live_server: Any) -> None:
    answer = httpx.get(f"{live_server.url}{ITEMS}", headers={"x-api-key": "no-such-key"})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
