"""接入说明 in a real Chromium: each example, as it is shown for copying, draws the parcels with nothing but an API key."""

import io
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.test_journey import FLAGS, SHOTS
from tests.journeys.test_story import post

pytestmark = pytest.mark.browser
LIBRARIES = ("openlayers", "maplibre", "leaflet")
DRAWN = {
    "openlayers": "() => { const view = map.getView().calculateExtent(map.getSize()); return map.getLayers().item(0).getFeaturesInExtent(view)"
    ".map((one) => one.get('land_code')) }",
    "maplibre": "() => (map.getLayer('parcels-fill') ? map.queryRenderedFeatures({ layers: ['parcels-fill'] }) : []).map((one) => one.properties.land_code)",
    "leaflet": "() => parcels.getLayers().map((one) => one.feature.properties.land_code)",
}
"""Codes of the parcels the library has on the screen."""
BOUNDS = {
    "openlayers": "() => ol.proj.transformExtent(map.getView().calculateExtent(map.getSize()), 'EPSG:3857', 'EPSG:4326')",
    "maplibre": "() => map.getBounds().toArray().flat()",
    "leaflet": "() => map.getBounds().toBBoxString().split(',').map(Number)",
}


@pytest.fixture
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, live_server: Any) -> Iterator[Page]:
    """A page without sign-in whose every request must stay on our host and succeed."""
    context = browser.new_context(viewport={"width": 1100, "height": 760}, locale="zh-CN")
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("request", lambda r: wrong.append(r.url) if urlsplit(r.url).netloc not in ("", urlsplit(live_server.url).netloc) else None)
    opened.on("response", lambda r: wrong.append(f"{r.status} {r.url}") if r.status >= 400 else None)
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    yield opened
    context.close()
    assert wrong == []


@pytest.fixture
def key(live_server: Any, signed_in: Callable[..., httpx.Client]) -> str:
    return str(post(signed_in("planner"), "/api/keys", {"label": "示例", "origins": [live_server.url]}).json()["key"])


def pixels(shot: bytes, colour: str) -> int:
    """Pixels of about this colour laid over a light ground, as the example (three quarters) and our style (0.65) do."""
    wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    image = Image.open(io.BytesIO(shot)).convert("RGB")
    return sum(
        n
        for n, seen in image.getcolors(1 << 24)
        if any(all(abs(s - (w * part + 250 * (1 - part))) < 14 for s, w in zip(seen, wanted, strict=True)) for part in (0.65, 0.75))
    )


@pytest.mark.parametrize("library", LIBRARIES)
def test_an_example_draws_the_parcels(live_server: Any, page: Page, key: str, library: str, signed_in: Callable[..., httpx.Client]) -> None:
    page.goto(f"{live_server.url}/clients/{library}.html#{quote(key)}")
    page.wait_for_function(f"() => window.map && new Set(({DRAWN[library]})()).size > 20", timeout=30_000)
    page.wait_for_timeout(1_500)
    west, south, east, north = page.evaluate(BOUNDS[library])
    client = signed_in("planner")
    items = client.get("/collections/parcels/items", params={"bbox": f"{west},{south},{east},{north}", "limit": 5000}).json()
    drawn, there = set(page.evaluate(DRAWN[library])), {f["properties"]["land_code"] for f in items["features"]}
    assert len(there) > 20
    assert len(there - drawn) <= len(there) * 0.02, "every parcel in sight (but for a sliver at the edge)"
    assert len(drawn - there) <= len(there) * 0.1 or library == "openlayers", "and no other"  # OpenLayers tells whole tiles
    shot = page.screenshot()
    SHOTS.mkdir(parents=True, exist_ok=True)
    (SHOTS / f"clients-{library}.png").write_bytes(shot)
    classes = client.get("/api/meta").json()["classes"]
    shown = {f["properties"]["display_class"] for f in items["features"]}
    assert {"green", "yellow"} <= shown
    for name in ("green", "yellow"):
        assert pixels(shot, classes[name]["colour"]) > 1_000, f"{name} of the policy pack is on the screen"


@pytest.mark.parametrize("library", LIBRARIES)
def test_the_text_for_copying_is_the_example(live_server: Any, page: Page, library: str) -> None:
    page.goto(f"{live_server.url}/clients")
    shown = [unescape(text) for text in page.locator("pre").all_inner_texts()]
    assert httpx.get(f"{live_server.url}/clients/{library}.html").text.strip() in [text.strip() for text in shown]
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


def test_the_page_opens_an_example_with_a_key(live_server: Any, page: Page, key: str) -> None:
    page.goto(f"{live_server.url}/clients")
    page.locator("#key").fill(key)
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / "clients.png")
    page.get_by_role("button", name="Leaflet").click()
    page.wait_for_function("() => window.parcels && parcels.getLayers().length > 20", timeout=30_000)
    assert page.url == f"{live_server.url}/clients/leaflet.html#{quote(key)}"


def test_a_copied_file_runs_on_another_origin(
    live_server: Any, browser: Browser, signed_in: Callable[..., httpx.Client], tmp_path: Path
) -> None:
    """As on somebody else's web server: libraries, fetch (CORS) and tiles (Referer) from ours."""
    import functools
    import http.server
    import threading

    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    origin = f"http://127.0.0.1:{server.server_port}"
    key = post(signed_in("planner"), "/api/keys", {"label": "别处", "origins": [origin]}).json()["key"]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        for library in LIBRARIES:
            text = httpx.get(f"{live_server.url}/clients/{library}.html").text
            assert "'把密钥填在这里'" in text
            (tmp_path / f"{library}.html").write_text(text.replace("'把密钥填在这里'", f"'{key}'"), "utf-8")
            page = browser.new_page()
            page.goto(f"{origin}/{library}.html")
            page.wait_for_function(f"() => window.map && new Set(({DRAWN[library]})()).size > 20", timeout=30_000)
            page.close()
    finally:
        server.shutdown()
        server.server_close()


def test_the_guide_can_be_read(live_server: Any) -> None:
    answer = httpx.get(f"{live_server.url}/clients/guide.md")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert all(name in answer.text for name in ("QGIS", "SuperMap", "ArcGIS Pro", "ogr2ogr", "OWSLib"))
