"""Tiles: shapes deep down, complete counts above; nothing dropped, nothing told to the wrong reader."""

import math
from typing import Any

import httpx
import mapbox_vector_tile
import pytest

from tests.maps.conftest import BASE

TILES = "/collections/parcels/tiles/WebMercatorQuad"


def tile_at(lon: float, lat: float, z: int) -> tuple[int, int]:
    n = 2**z
    return int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n), int((lon + 180) / 360 * n)


async def layers(client: httpx.AsyncClient, z: int, row: int, col: int) -> dict[str, Any]:
    answer = await client.get(f"{TILES}/{z}/{row}/{col}")
    assert answer.status_code in (200, 204), answer.text
    return mapbox_vector_tile.decode(answer.content) if answer.content else {}


async def every_tile(client: httpx.AsyncClient, z: int) -> list[dict]:
    top, left = tile_at(120.99, 30.02, z)
    bottom, right = tile_at(121.02, 29.99, z)
    found = []
    for row in range(top, bottom + 1):
        for col in range(left, right + 1):
            for name, layer in (await layers(client, z, row, col)).items():
                found += [{"layer": name, **f} for f in layer["features"]]
    return found


@pytest.mark.parametrize("z", [0, 5, 9, 12])
async def test_the_overview_counts_every_parcel_once(
    planner: httpx.AsyncClient, officer: httpx.AsyncClient, viewer: httpx.AsyncClient, z: int
) -> None:
    cells = await every_tile(planner, z)
    assert {c["layer"] for c in cells} == {"parcel_cells"}
    assert sum(c["properties"]["n"] for c in cells) == 60
    named = ("red", "orange", "yellow", "blue", "green", "grey")
    assert sum(c["properties"][k] for c in cells for k in named) == 60
    assert sum(c["properties"]["mu"] for c in cells) == pytest.approx(sum(c["properties"].get(f"{k}_mu", 0) for c in cells for k in named))
    theirs = await every_tile(officer, z)
    assert sum(c["properties"]["n"] for c in theirs) == 60
    assert sum(c["properties"][k] for c in theirs for k in named) == 30, "classes of his own body only"
    public = await every_tile(viewer, z)
    assert sum(c["properties"]["n"] for c in public) == 60
    assert sum(c["properties"][k] for c in public for k in named) == 0


async def test_deep_tiles_draw_every_parcel_with_its_id(
    planner: httpx.AsyncClient, officer: httpx.AsyncClient, viewer: httpx.AsyncClient
) -> None:
    drawn = {f["id"]: f for f in await every_tile(planner, 14)}
    assert set(drawn) == {BASE + n for n in range(1, 61)}
    assert set(drawn[BASE + 1]["properties"]) == {"land_code", "display_class", "responsible_body"}
    theirs = {f["id"]: f for f in await every_tile(officer, 14)}
    assert set(theirs[BASE + 31]["properties"]) == {"land_code"}
    public = await every_tile(viewer, 14)
    assert {f["geometry"]["type"] for f in public} == {"Point"}
    assert set(public[0]["properties"]) == {"land_code", "responsible_body"}


async def test_tiles_outside(planner: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    row, col = tile_at(121.001, 30.001, 14)
    assert (await planner.get(f"{TILES}/14/0/0")).status_code == 204
    assert (await stranger.get(f"{TILES}/14/{row}/{col}")).status_code == 204
    for bad in ("3/8/0", "3/0/8", "23/0/0", "-1/0/0", "3/-1/0"):
        assert (await planner.get(f"{TILES}/{bad}")).status_code == 404, bad
    for bad in ("a/0/0", "1.5/0/0"):
        assert (await planner.get(f"{TILES}/{bad}")).status_code == 400, bad
    held = (await planner.get(f"{TILES}/14/{row}/{col}")).headers["etag"]
    assert (await planner.get(f"{TILES}/14/{row}/{col}", headers={"if-none-match": held})).status_code == 304


async def test_meta_speaks_the_words(planner: httpx.AsyncClient) -> None:
    said = (await planner.get("/api/meta")).json()
    assert said["county"] == {"code": "999012", "name": "地图县"}
    assert [b["name"] for b in said["bodies"]] == ["甲镇", "乙镇"]
    assert list(said["classes"]) == ["red", "orange", "yellow", "blue", "green", "grey"]
    assert said["case_states"]["submitted"] == "已申请验收"
    assert {"name", "label", "unit"} <= set(said["facts"][0])
    assert (said["facts_as_of"], said["rule_version"]) == ("2025-09-30", "m-1")
