"""The MapLibre styles in a real Chromium: each loads as it is served and draws its collection, with the legend's colours and no glyphs."""

from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page

from tests.browser.test_journey import SHOTS
from tests.browser.test_map_clients import browser, key, page

__all__ = ["browser", "key", "page"]
pytestmark = pytest.mark.browser
STYLES = {
    "/collections/parcels/styles/display_class": "parcels-fill", "/collections/parcels/styles/grade": "parcels-fill",
    "/collections/parcels/styles/tax_band": "parcels-fill", "/collections/parcels/styles/far_band": "parcels-fill",
    "/collections/parcels/styles/industry": "parcels-fill", "/collections/control-lines/styles/default": "control-lines-line",
    "/collections/towns/styles/default": "towns-name", "/styles/display_class": "parcels-fill", "/styles/tax_band": "parcels-fill",
}  # fmt: skip
LOAD = """async ([path, zoom]) => {
  const answer = await fetch(YIMA + path, { headers: { 'X-API-Key': KEY } })
  const style = await answer.json()
  window.faults = []
  map.on('error', (event) => window.faults.push(String(event.error)))
  delete style.center
  delete style.zoom
  map.setStyle(style, { diff: false })
  map.setZoom(zoom)
  window.isIdle = false
  map.once('idle', () => { window.isIdle = true })
  return style
}"""


def shown(page: Page, layer: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.evaluate(
        "(layer) => map.queryRenderedFeatures({ layers: [layer] }).map((one) => one.properties)", layer
    )
    return found


def test_each_style_draws_its_collection(live_server: Any, page: Page, key: str) -> None:
    page.goto(f"{live_server.url}/clients/maplibre.html#{quote(key)}")
    page.wait_for_function("() => window.map && map.loaded()", timeout=30_000)
    for path, layer in STYLES.items():
        style = page.evaluate(LOAD, [path, 8.5 if "towns" in path else 14.5])
        page.wait_for_function("() => window.isIdle", timeout=30_000)
        features = shown(page, layer)
        assert features, path
        assert page.evaluate("() => window.faults") == [], path
        if layer == "parcels-fill":
            told = {one["value"] for one in style["metadata"]["yima:legend"]}
            field = next(x for x in style["layers"] if x["id"] == layer)["paint"]["fill-color"][1][1]
            values = {one.get(field, "unknown") for one in features}
            assert values <= told, (path, values - told)
            assert values - {"unknown"}, path
        if layer == "towns-name":
            assert {one["name"] for one in features}


def test_the_overview_of_a_style_draws_cells(live_server: Any, page: Page, key: str) -> None:
    page.goto(f"{live_server.url}/clients/maplibre.html#{quote(key)}")
    page.wait_for_function("() => window.map && map.loaded()", timeout=30_000)
    page.evaluate(LOAD, ["/collections/parcels/styles/industry", 10])
    page.wait_for_function("() => window.isIdle", timeout=30_000)
    cells = shown(page, "parcel-cells")
    assert cells
    assert all(one["n"] >= 1 and one["top"] for one in cells)
    assert page.evaluate("() => window.faults") == []


def test_the_combined_style_draws_all_collections(live_server: Any, page: Page, key: str) -> None:
    page.goto(f"{live_server.url}/clients/maplibre.html#{quote(key)}")
    page.wait_for_function("() => window.map && map.loaded()", timeout=30_000)
    seen: set[str] = set()
    for zoom in (9, 12.5, 14.5):
        style = page.evaluate(LOAD, ["/styles/display_class", zoom])
        page.wait_for_function("() => window.isIdle", timeout=30_000)
        seen |= set(page.evaluate("() => map.queryRenderedFeatures().map((one) => one.layer.source)"))
        page.screenshot(path=SHOTS / f"style-combined-{zoom}.png")
    assert page.evaluate("() => window.faults") == []
    assert {"parcels", "control-lines", "towns", "blocks", "freed-land"} <= seen <= set(style["sources"])
