"""In a real Chromium against the running service: sign in, see parcels, read a card, apply, accept; at desk and phone width."""

import itertools
import math
import random
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import mapbox_vector_tile
import pytest
import shapely
from playwright.sync_api import Browser, Page, expect, sync_playwright

pytestmark = pytest.mark.browser
SHOTS = Path(__file__).parents[2] / "test-results" / "browser"
WIDTHS = {"desk": (1440, 900), "phone": (390, 844)}
FLAGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-background-networking"]
HEADLINE = "CX-008"
Clients = Callable[..., httpx.Client]


@pytest.fixture
def browser() -> Iterator[Browser]:
    """The system Chromium; a fixture of each test, so that no event loop stays open between tests."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield chromium
        chromium.close()


class Desk:
    """One person's browser: counts what leaves the host and what the page complains about."""

    def __init__(self, browser: Browser, url: str, width: str) -> None:
        size = {"width": WIDTHS[width][0], "height": WIDTHS[width][1]}
        is_phone = width == "phone"
        self.context = browser.new_context(viewport=size, is_mobile=is_phone, has_touch=is_phone, locale="zh-CN")
        self.page: Page = self.context.new_page()
        self.url, self.width = url, width
        self.left: list[str] = []
        self.errors: list[str] = []
        self.page.on("request", self._request)
        self.page.on("websocket", lambda socket: self.left.append(socket.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("response", lambda r: self.errors.append(f"{r.status} {r.url}") if r.status >= 500 else None)

    def _request(self, request: Any) -> None:
        if urlsplit(request.url).netloc not in ("", urlsplit(self.url).netloc):
            self.left.append(request.url)

    def sign_in(self, account: dict[str, Any]) -> None:
        self.page.goto(f"{self.url}/console/")
        form = self.page.get_by_test_id("sign-in-form")
        form.locator("[name=username]").fill(account["username"])
        form.locator("[name=password]").fill(account["password"])
        form.get_by_test_id("sign-in").click()
        expect(self.page.get_by_test_id("who")).to_be_visible()

    def go(self, path: str) -> None:
        self.page.goto(f"{self.url}/console/#/{path}")

    def shot(self, name: str) -> None:
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{self.width}-{name}.png")

    def fits(self) -> None:
        """Nothing is wider than the screen."""
        extra = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert extra <= 0, f"{self.width}: page is {extra} px too wide"

    def done(self) -> None:
        self.context.close()
        assert self.left == [], "a request left the host"
        assert self.errors == []


@pytest.fixture(params=list(WIDTHS))
def desk(request: pytest.FixtureRequest, browser: Browser, live_server: Any) -> Iterator[Callable[[], Desk]]:
    """Opens browsers of one width; at the end each must have stayed on the host without an error."""
    opened: list[Desk] = []

    def one() -> Desk:
        opened.append(Desk(browser, live_server.url, request.param))
        return opened[-1]

    yield one
    for each in opened:
        each.done()


def account(accounts: list[dict[str, Any]], role: str, body: str | None = None) -> dict[str, Any]:
    return next(a for a in accounts if a["role"] == role and body in (None, a["responsible_body"]))


def photo(folder: Path) -> Path:
    """A small PNG of random pixels, so that each has its own hash."""
    width, height = 64, 48

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = b"".join(b"\0" + random.randbytes(width * 3) for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    path = folder / f"{uuid4()}.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    return path


def free_parcel(planner: httpx.Client) -> dict[str, Any]:
    """A low-efficiency parcel that no case holds and no freed land touches."""
    answer = planner.get("/collections/parcels/items", params={"limit": 3000, "inefficient": "true", "display_class": "yellow"})
    features = answer.json()["features"]
    random.shuffle(features)
    for feature in features:
        properties = feature["properties"]
        if properties["case_state"] is None and properties["cadastral_code"]:
            archive = planner.get(f"/api/parcels/{properties['land_code']}").json()
            if not archive["cases"] and not archive["postings"] and not is_covered(planner, feature):
                return feature
    raise AssertionError("no free low-efficiency parcel")


def is_covered(planner: httpx.Client, feature: dict[str, Any]) -> bool:
    """Whether freed land of the ledger touches the parcel."""
    shape = shapely.geometry.shape(feature["geometry"])
    asked = {"bbox": ",".join(map(str, shape.bounds)), "limit": 1000}
    freed = planner.get("/collections/freed-land/items", params=asked).json()["features"]
    return any(shapely.geometry.shape(f["geometry"]).intersects(shape) for f in freed if f["geometry"])


def centre(feature: dict[str, Any]) -> tuple[float, float]:
    ring = feature["geometry"]["coordinates"][0][0]
    return sum(p[0] for p in ring) / len(ring), sum(p[1] for p in ring) / len(ring)


def number(text: str) -> Decimal:
    return Decimal(re.sub(r"[^\d.\-]", "", text))


def two(value: Any) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.01"), "ROUND_HALF_UP")


def test_wrong_password_is_refused_in_words(desk: Callable[[], Desk]) -> None:
    one = desk()
    one.page.goto(f"{one.url}/console/")
    one.page.locator("[name=username]").fill("planner")
    one.page.locator("[name=password]").fill("wrong")
    one.page.get_by_test_id("sign-in").click()
    problem = one.page.get_by_test_id("sign-in-problem")
    expect(problem).to_have_attribute("data-code", "bad_credentials")
    assert re.search(r"[一-鿿]", problem.inner_text())
    one.fits()


def test_a_list_that_was_not_answered_tells_no_number(desk: Callable[[], Desk], demo_accounts: list[dict[str, Any]]) -> None:
    there = desk()
    there.sign_in(account(demo_accounts, "planner"))
    there.go("cases")
    head, number = there.page.locator(".page-head"), re.compile(r"\d+ 项")
    expect(head).to_contain_text(number)
    there.page.route("**/api/cases?**", lambda route: route.abort())
    there.page.get_by_test_id("state-listed").click()
    again = there.page.get_by_role("button", name="重试")
    expect(again).to_be_visible()
    expect(head).not_to_contain_text(number)
    expect(there.page.get_by_test_id("cases").locator(".case")).to_have_count(0)
    there.shot("unanswered")
    there.page.unroute("**/api/cases?**")
    again.click()
    expect(head).to_contain_text(number)


NOT_WHOLE = """(cells) => {
  const canvases = [...document.querySelectorAll('[data-testid=map] canvas')].filter((c) => c.width > 0)
  const map = document.querySelector('[data-testid=map]').getBoundingClientRect()
  const dense = (c, x, y) => c.getContext('2d').getImageData(x * c.width / map.width, y * c.height / map.height, 1, 1).data[3] > 150
  const drawn = (x, y) => canvases.some((c) => dense(c, map.width / 2 + x, map.height / 2 + y))
  const inside = ([x, y]) => Math.abs(x) < map.width / 2 - 8 && Math.abs(y) < map.height / 2 - 8
  const whole = ([x, y]) => [[0, 0], [2, 0], [-2, 0], [0, 2], [0, -2]].every(([a, b]) => drawn(x + a, y + b))
  return cells.filter((cell) => inside(cell) && !whole(cell))
}"""
"""Cells, by their pixels from the map's middle, that are not a whole pie: its radius is at least 3 pixels, and between wedges it is not quite
opaque."""


def overview(client: httpx.Client, zoom: int) -> list[tuple[float, float, int]]:
    """Overview cells of the county: x and y as shares of the world's side, parcels."""
    found = []
    for y, x in itertools.product(range(210 >> (9 - zoom), (211 >> (9 - zoom)) + 1), range(427 >> (9 - zoom), (430 >> (9 - zoom)) + 1)):
        tile = client.get(f"/collections/parcels/tiles/WebMercatorQuad/{zoom}/{y}/{x}")
        layer = mapbox_vector_tile.decode(tile.content, default_options={"y_coord_down": True}) if tile.status_code == 200 else {}
        for cell in layer.get("parcel_cells", {}).get("features", []):
            across, down = cell["geometry"]["coordinates"]
            found.append(((x + across / 4096) / 2**zoom, (y + down / 4096) / 2**zoom, cell["properties"]["n"]))
    return found


def test_the_overview_draws_every_cell_whole(desk: Callable[[], Desk], demo_accounts: list[dict[str, Any]], signed_in: Clients) -> None:
    """Also a cell whose middle lies outside the box of the county's parcels: far out a cell is kilometres wide."""
    one, refused = desk(), list[str]()
    one.page.on("response", lambda r: refused.append(r.url) if r.status >= 400 and "/tiles/" in r.url else None)
    one.sign_in(account(demo_accounts, "planner"))
    expect(one.page.get_by_test_id("map").locator("canvas").first).to_be_visible()
    east, south = 428.5 / 512, 210.5 / 512
    for zoom in (7, 8):
        cells, world = overview(signed_in("planner"), zoom), 512 << zoom  # the world's side in pixels
        assert len(cells) > 10
        place = [east * 360 - 180, math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * south)))), zoom + 1]
        one.page.evaluate("([lon, lat, zoom]) => window.__yimaMap.view(lon, lat, zoom)", place)
        one.page.wait_for_function("(n) => window.__yimaMap.count() === n", arg=sum(n for _, _, n in cells))
        one.page.wait_for_timeout(500)  # tiles fade in
        one.shot(f"pies-{zoom}")
        assert one.page.evaluate(NOT_WHOLE, [((x - east) * world, (y - south) * world) for x, y, _ in cells]) == []
    assert refused == []


def test_planner_sees_parcels_and_why(desk: Callable[[], Desk], demo_accounts: list[dict[str, Any]], signed_in: Clients) -> None:
    planner = signed_in("planner")
    feature = free_parcel(planner)
    code = feature["properties"]["land_code"]
    archive = planner.get(f"/api/parcels/{code}").json()
    one = desk()
    one.sign_in(account(demo_accounts, "planner"))
    expect(one.page.get_by_test_id("map").locator("canvas").first).to_be_visible()
    one.page.wait_for_function("window.__yimaMap.count() > 1000")  # the whole county as overview
    one.shot("overview")
    one.page.evaluate("([lon, lat]) => window.__yimaMap.view(lon, lat, 16)", list(centre(feature)))
    one.page.wait_for_function("window.__yimaMap.shapes() && !window.__yimaMap.busy() && window.__yimaMap.count() > 0")
    if one.width == "desk":  # folded on a phone
        expect(one.page.get_by_test_id("legend")).to_contain_text("控制点")
    one.shot("map")

    one.page.get_by_test_id("locate-input").fill(archive["parcel"]["cadastral_code"])
    one.page.get_by_test_id("locate").click()
    card = one.page.get_by_test_id("parcel-card")
    expect(card).to_have_attribute("data-land-code", code)
    expect(card.get_by_test_id("cadastral-code")).to_have_text(archive["parcel"]["cadastral_code"])
    expect(card.get_by_test_id("area-planar")).to_be_visible()
    areas = {a["kind"]: a for a in archive["areas"]}
    for kind in ("planar", "geodesic", "registered"):
        shown = card.get_by_test_id(f"area-{kind}").locator("[data-col=m2]").inner_text()
        given = areas[kind]["m2"]
        assert shown == "—" if given is None else number(shown) == two(given), kind
    shown = number(card.get_by_test_id("area-planar").locator("[data-col=mu]").inner_text())
    assert shown == two(Decimal(str(areas["planar"]["m2"])) * Decimal("0.0015"))
    for verdict in archive["verdicts"]:
        expect(card.get_by_test_id(f"verdict-{verdict['kind']}")).to_have_attribute("data-result", verdict["result"])
        for criterion in verdict["criteria"]:
            if criterion["result"] != "false":
                expect(card.get_by_test_id(f"criterion-{criterion['id']}")).to_have_attribute("data-result", criterion["result"])
    one.shot("card")
    one.fits()


def test_target_board_shows_what_the_api_says(desk: Callable[[], Desk], demo_accounts: list[dict[str, Any]], signed_in: Clients) -> None:
    progress = signed_in("planner").get(f"/api/targets/{HEADLINE}/progress").json()
    one = desk()
    one.sign_in(account(demo_accounts, "leader"))
    one.go("targets")
    expect(one.page.get_by_test_id("target-board")).to_be_visible()
    for name, value in (("value", progress["target"]["value"]), ("done", progress["done"]["mu"]), ("gap", progress["gap_mu"])):
        assert number(one.page.get_by_test_id(f"target-{name}").inner_text()) == two(value), name
    assert number(one.page.get_by_test_id("target-rate").inner_text()) == two(progress["rate_pct"])
    expect(one.page.get_by_test_id("target-list").locator("tbody tr")).to_have_count(49)
    expect(one.page.get_by_test_id("target-list")).to_contain_text("资料不全")
    one.shot("targets")
    one.fits()
    one.page.get_by_test_id("target-done").click()  # a figure opens its rows
    expect(one.page.get_by_test_id("ledger-total")).to_contain_text(f"{two(progress['done']['mu']):,}")
    one.shot("ledger")
    one.go("inefficient")
    expect(one.page.get_by_test_id("summary")).to_be_visible()
    one.shot("inefficient")
    one.fits()


def take(page: Page, step: str, **fields: str) -> None:
    """Press a step's button, fill its form, confirm, wait for the word that it was done."""
    page.get_by_test_id(f"step-{step}").click()
    form = page.get_by_test_id(f"form-{step}")
    for name, value in fields.items():
        field = form.get_by_test_id(f"field-{name}")
        if name in ("method", "category"):
            field.click()
            page.get_by_role("option", name=value, exact=True).click()
        else:
            field.fill(value)
    page.get_by_test_id("step-confirm").click()
    expect(form).to_be_hidden()
    expect(page.get_by_test_id("case-done")).to_be_visible()


def assigned_case(planner: httpx.Client, acceptor: httpx.Client) -> dict[str, Any]:
    """A project of one low-efficiency parcel, assigned to its town."""
    properties = free_parcel(planner)["properties"]
    body = {
        "name": f"整治 {properties['land_code']}", "responsible_body": properties["responsible_body"],
        "parcels": [{"land_code": properties["land_code"]}],
    }  # fmt: skip
    case = planner.post("/api/cases", json=body, headers={"idempotency-key": str(uuid4())}).raise_for_status().json()
    step = {"step": "assign", "detail": {"deadline_on": "2025-12-01"}}
    headers = {"idempotency-key": str(uuid4()), "if-match": f'"{case["version"]}"'}
    acceptor.post(f"/api/cases/{case['id']}/transitions", json=step, headers=headers).raise_for_status()
    return planner.get(f"/api/cases/{case['id']}").json()


def test_officer_applies_and_another_accepts(
    desk: Callable[[], Desk], demo_accounts: list[dict[str, Any]], signed_in: Clients, tmp_path: Path
) -> None:
    planner = signed_in("planner")
    case = assigned_case(planner, signed_in("acceptor"))
    before = planner.get(f"/api/targets/{HEADLINE}/progress").json()

    officer = desk()
    officer.sign_in(account(demo_accounts, "officer", case["responsible_body"]))
    expect(officer.page).to_have_url(re.compile("#/tasks"))
    officer.page.get_by_test_id(f"case-{case['id']}").click()
    take(officer.page, "plan", plan_text="整体拆除重建", category="拆除式改造", method="拆除重建")
    take(officer.page, "remediate")
    officer.page.get_by_test_id("evidence-camera").set_input_files(photo(tmp_path))
    expect(officer.page.get_by_test_id("evidence").locator("img")).to_have_count(1)
    officer.shot("officer-case")
    officer.fits()
    take(officer.page, "submit")
    expect(officer.page.get_by_test_id("case-state")).to_have_attribute("data-state", "submitted")
    expect(officer.page.get_by_test_id("step-accept")).to_have_count(0)  # who applied never accepts
    officer.shot("officer-submitted")

    acceptor = desk()
    acceptor.sign_in(account(demo_accounts, "acceptor"))
    acceptor.go(f"cases/{case['id']}")
    code, claimed = case["parcels"][0]["land_code"], planner.get(f"/api/cases/{case['id']}").json()["parcels"][0]["claimed_m2"]
    acceptor.page.get_by_test_id("step-accept").click()
    field = acceptor.page.get_by_test_id(f"accepted-{code}").locator("input")
    assert number(field.input_value()) == two(claimed)
    less = two(claimed) - 1
    field.fill(str(less))
    acceptor.page.wait_for_timeout(400)  # the form has faded in
    acceptor.shot("acceptor-form")
    acceptor.page.get_by_test_id("step-confirm").click()
    expect(acceptor.page.get_by_test_id("case-state")).to_have_attribute("data-state", "accepted")
    assert number(acceptor.page.get_by_test_id("accepted-m2").inner_text()) == less
    acceptor.shot("accepted")
    acceptor.fits()

    after = planner.get(f"/api/targets/{HEADLINE}/progress").json()
    assert Decimal(str(after["done"]["m2"])) > Decimal(str(before["done"]["m2"]))
    acceptor.go("targets")
    expect(acceptor.page.get_by_test_id("target-done")).to_have_text(f"{two(after['done']['mu']):,}")
    postings = planner.get("/api/ledger/postings", params={"case": case["id"]}).json()["items"]
    assert sum(Decimal(str(p["counted_m2"])) for p in postings) <= less
