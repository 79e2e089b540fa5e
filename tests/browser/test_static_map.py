"""A PMTiles export in a real Chromium: the guide's own page draws it with MapLibre, reading pieces of the file from the download route."""

import io
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Page, Response, Route

from tests.browser.test_journey import SHOTS
from tests.browser.test_map_clients import browser, key, page

__all__ = ["browser", "key", "page"]
pytestmark = pytest.mark.browser
GUIDE = Path(__file__).parents[2] / "app" / "maps" / "CLIENTS.md"
DRAWN = """(layer) => Object.values(Object.fromEntries(
  map.queryRenderedFeatures({ layers: [layer] }).map((one) => [JSON.stringify([one.id, one.geometry.coordinates]), one.properties])))"""


@pytest.fixture
def exported(signed_in: Callable[..., httpx.Client]) -> str:
    """Path of the file of a planner's export."""
    client = signed_in("planner")
    asked = client.post("/api/exports", json={"collection": "parcels", "format": "pmtiles"})
    assert asked.status_code == 202, asked.text
    path = f"/api/exports/{asked.json()['id']}"
    end = time.monotonic() + 180
    while (said := client.get(path).json())["state"] in ("queued", "running") and time.monotonic() < end:
        time.sleep(0.5)
    assert said["state"] == "done", said
    return f"{path}/file"


def shown(page: Page, zoom: float, layer: str) -> list[dict[str, Any]]:
    """Properties of what is drawn at the zoom, each feature once."""
    page.evaluate("(zoom) => { window.isIdle = false; map.once('idle', () => { window.isIdle = true }); map.setZoom(zoom) }", zoom)
    page.wait_for_function("() => window.isIdle", timeout=30_000)
    found: list[dict[str, Any]] = page.evaluate(DRAWN, layer)
    return found


def test_the_guides_page_draws_the_file(
    live_server: Any, page: Page, key: str, exported: str, signed_in: Callable[..., httpx.Client]
) -> None:
    code = next(block for block in re.findall(r"```html\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL) if "pmtiles" in block)
    code = code.replace("'parcels.pmtiles'", f"'{exported}?tk={key}'").replace('"lib/', '"/console/lib/')
    page.route("**/static.html", lambda route: told(route, code))
    pieces: list[Response] = []
    page.on("response", lambda answer: pieces.append(answer) if exported in answer.url else None)
    page.goto(f"{live_server.url}/static.html")
    page.wait_for_function("() => window.map && map.loaded()", timeout=30_000)

    client = signed_in("planner")
    west, south, east, north = client.get("/collections/parcels").json()["extent"]["spatial"]["bbox"][0]
    page.evaluate("([x, y]) => map.setCenter([x, y])", [(west + east) / 2, (south + north) / 2])
    cells = shown(page, 8, "cells")
    assert cells
    total = len(everything(client))
    assert sum(cell["n"] for cell in cells) == total, "every parcel is in one of the cells drawn"
    shot(page, "pmtiles-overview")

    place = client.get("/collections/parcels/items", params={"limit": 1}).json()["features"][0]["geometry"]["coordinates"]
    while isinstance(place[0], list):
        place = place[0]
    page.evaluate("([x, y]) => map.setCenter([x, y])", place)
    points = shown(page, 14.3, "points")
    assert len(points) > 20
    assert all(set(point) <= {"land_code", "responsible_body", "grade", "standard_land"} for point in points), (
        "the public form, whoever asked"
    )
    bounds = page.evaluate("() => map.getBounds().toArray().flat()")
    viewer = signed_in("viewer").get("/collections/parcels/items", params={"bbox": ",".join(map(str, bounds)), "limit": 5000}).json()
    there, drawn = {f["properties"]["land_code"] for f in viewer["features"]}, {point["land_code"] for point in points}
    assert there <= drawn, "every parcel in sight"
    assert len(drawn - there) <= len(there) * 0.1, "and no other but at the edge, where a circle reaches in"
    picture = shot(page, "pmtiles-points")
    grades = {point.get("grade") for point in points}
    assert {"A", "B", "C"} <= grades
    assert all(pixels(picture, colour) > 60 for colour in ("#1a9850", "#91cf60", "#fc8d59")), "in the colours of grades A, B, C"
    assert {answer.status for answer in pieces} == {206}, "in pieces, never the whole file"
    assert len(pieces) > 3


def told(route: Route, code: str) -> None:
    route.fulfill(body=code, content_type="text/html; charset=utf-8")


def everything(client: httpx.Client) -> set[str]:
    """Codes of all parcels."""
    found: set[str] = set()
    address: str | None = "/collections/parcels/items?limit=10000"
    while address:
        said = client.get(address).json()
        found |= {feature["properties"]["land_code"] for feature in said["features"]}
        address = next((link["href"] for link in said["links"] if link["rel"] == "next"), None)
    return found


def pixels(picture: bytes, colour: str) -> int:
    """Pixels of just this colour."""
    counted = Image.open(io.BytesIO(picture)).convert("RGB").getcolors(1 << 24)
    return sum(n for n, seen in counted if "#" + bytes(seen).hex() == colour)


def shot(page: Page, name: str) -> bytes:
    SHOTS.mkdir(parents=True, exist_ok=True)
    picture = page.screenshot(path=SHOTS / f"{name}.png")
    return picture
