"""Enemies of the standard surface: each gets a named 4xx or 503, nobody else waits, no worker dies."""

import contextlib
import json
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.serial

ITEMS = "/collections/parcels/items"
PLANE = "http://www.opengis.net/def/crs/EPSG/0/4549"
Clients = Callable[..., httpx.Client]


@pytest.fixture(scope="module", autouse=True)
def nobody_dies(live_server: Any) -> Iterator[None]:
    before = live_server.server_pids()
    yield
    assert live_server.server_pids() == before, "a worker died"


@pytest.fixture
def planner(signed_in: Clients) -> httpx.Client:
    return signed_in("planner")


def ring(n: int) -> str:
    """A polygon of n vertices as CQL2 text."""
    return "POLYGON((" + ",".join(f"{121 + i * 1e-6:.6f} {30 + (i % 2) * 1e-3:.3f}" for i in range(n)) + ",121 30))"


FILTERS = {
    "sleeps": "pg_sleep(10) = 1", "reads settings": "current_setting('data_directory') = 'x'", "version": "version() LIKE '%'",
    "statement": "1=1; DROP TABLE parcel", "union": "grade = 'A' UNION SELECT 1", "comment": "grade = 'A' --", "other column": "password = 'x'",
    "other table": "account.password = 'x'", "quoted": '"grade; DROP TABLE x" = 1', "NaN": "far > NaN", "infinite": "far > 1e999",
    "deep": "(" * 400 + "far > 1" + ")" * 400, "deep not": "NOT " * 600 + "far > 1", "long or": " OR ".join(["far > 1"] * 2_000),
    "long in": f"grade IN ({','.join(['1'] * 5_000)})", "wide polygon": f"S_INTERSECTS(geom, {ring(1_500)})",
    "NaN corner": "S_INTERSECTS(geom, POINT(NaN 30))", "no polygon": "S_INTERSECTS(geom, POLYGON((1 1)))", "zero": "far > 1\x00",
    "brackets": "S_INTERSECTS(geom, POLYGON((((((121 30))))))", "half": "grade = 'A", "empty call": "CASEI() = 'x'", "emoji": "😀 = 1",
}  # fmt: skip


@pytest.mark.parametrize("name", FILTERS)
def test_a_hostile_filter_is_a_named_400(planner: httpx.Client, name: str) -> None:
    began = time.monotonic()
    answer = planner.get(ITEMS, params={"filter": FILTERS[name], "limit": 1})
    assert answer.status_code == 400, answer.text[:300]
    assert answer.json()["code"].startswith(("filter_", "parameter_")), answer.text
    assert time.monotonic() - began < 10


def test_deep_json_filters_are_named_400s(planner: httpx.Client) -> None:
    deep: Any = {"op": "=", "args": [{"property": "grade"}, "A"]}
    for _ in range(300):
        deep = {"op": "not", "args": [deep]}
    endless = "[" * 5_000 + "]" * 5_000
    for text in (
        json.dumps(deep),
        endless,
        '{"op":"and","args":[]}',
        '{"op":"and","args":{}}',
        '{"op":1}',
        "[]",
        "1",
        '{"op":"=","args":[NaN,1]}',
    ):
        answer = planner.get(ITEMS, params={"filter": text, "filter-lang": "cql2-json", "limit": 1})
        assert answer.status_code == 400, (text[:60], answer.status_code, answer.text[:200])
        assert answer.json()["code"]


def test_ten_megabytes_of_filter_and_a_million_vertices_never_reach_the_service(live_server: Any, planner: httpx.Client) -> None:
    for text in ("x" * 10_000_000, ring(1_000_000)):
        with httpx.Client(base_url=live_server.url, timeout=60) as client:
            try:
                answer = client.get(
                    ITEMS, params={"filter": text[:10_000_000]}, headers={"authorization": planner.headers["authorization"]}
                )
            except (httpx.InvalidURL, httpx.WriteError, httpx.ReadError, httpx.RemoteProtocolError):
                answer = _raw(
                    live_server.url, f"GET {ITEMS}?filter={text[:10_000_000].replace(' ', '+')} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
                )
            if answer is not None:
                assert 400 <= answer.status_code < 500
    assert planner.get("/healthz").status_code == 200


def _raw(url: str, request: bytes) -> httpx.Response | None:
    """Octets sent as they are; the short answer that came back, None when the connection was closed without one."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        with contextlib.suppress(OSError):  # it may stop reading half-way
            connection.sendall(request)
        try:
            said = connection.recv(4096)
        except OSError:
            return None
    head, _, body = said.partition(b"\r\n\r\n")
    status, *headers = head.split(b"\r\n")
    told = [(name.strip(), value.strip()) for name, _, value in (line.partition(b":") for line in headers)]
    return httpx.Response(int(status.split()[1]), headers=told, content=body) if status.startswith(b"HTTP/1.1 ") else None


PARAMETERS = (
    "limit=0", "limit=-1", "limit=1e3", "offset=-1", "offset=100001", "offset=9223372036854775808", "cursor=x", "cursor=" + "A" * 400,
    "cursor=WzFd", "bbox=NaN,0,1,1", "bbox=1,2,3", "bbox=1,2,3,inf", "bbox=121,30,122,31&bbox=0,0,1,1", "limit=1&limit=2", "f=json&f=csv", "sortby=password",
    "sortby=-far,-far", "sortby=" + ",".join(["far"] * 20), "properties=password", "crs=EPSG:4326", "crs=http://www.opengis.net/def/crs/EPSG/0/1", "bbox-crs=x",
    "filter-crs=x", "filter-lang=sql", "datetime=", "datetime=yesterday", "datetime=2025-13-01", "datetime=2025-09-30/2025-09-01", "as_of=2025-02-30", "%66oo=1",
    "filter=%ff%fe", "filter=%00", "li%00mit=1", "LIMIT=1", "limit%20=1", "bbox[]=1,2,3,4", "known_at=x", "f=exe", "f=../../etc/passwd",
)  # fmt: skip


@pytest.mark.parametrize("query", PARAMETERS)
def test_a_hostile_parameter_is_a_named_400(live_server: Any, planner: httpx.Client, query: str) -> None:
    answer = planner.get(f"{live_server.url}{ITEMS}?{query}")
    assert answer.status_code == 400, answer.text[:300]
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json()["code"].startswith(("parameter_", "filter_"))
    assert answer.json()["pointer"].startswith("query:")


def test_an_address_over_64_kB_is_a_named_400(live_server: Any, planner: httpx.Client) -> None:
    answer = _raw(live_server.url, f"GET {ITEMS}?filter={'x' * 70_000} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert answer is not None
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json()["code"] == "request_unreadable"
    assert planner.get("/healthz").status_code == 200


def test_a_bomb_of_headers_is_refused_and_hurts_nobody(live_server: Any, planner: httpx.Client) -> None:
    many = "".join(f"X-{i}: {'y' * 100}\r\n" for i in range(5_000))
    long = f"X-Long: {'z' * 3_000_000}\r\n"
    for headers in (many, long, "Accept: " + "text/html," * 20_000 + "\r\n", "Accept-Encoding: " + "gzip;q=0.5," * 20_000 + "\r\n"):
        answer = _raw(live_server.url, f"GET {ITEMS}?limit=1 HTTP/1.1\r\nHost: x\r\n{headers}\r\n".encode())
        assert answer is None or 400 <= answer.status_code < 500
    assert planner.get(ITEMS, params={"limit": 1}).status_code == 200


def test_slow_clients_keep_nobody_waiting(live_server: Any, planner: httpx.Client) -> None:
    """A hundred connections that never finish their request, and some that never read their answer."""
    host, port = live_server.url.removeprefix("http://").split(":")
    token = planner.headers["authorization"]
    held = []
    try:
        for i in range(100):
            connection = socket.create_connection((host, int(port)), timeout=30)
            held.append(connection)
            connection.sendall(b"GET /collections/parcels/items HTTP/1.1\r\nHost: x\r\n")
            if i % 5 == 0:  # asks for megabytes and reads none of them
                connection.sendall(f"Authorization: {token}\r\nConnection: close\r\n\r\n".encode())
        for _ in range(5):
            assert planner.get("/healthz").status_code == 200
            assert planner.get(ITEMS, params={"limit": 1}).status_code == 200
    finally:
        for connection in held:
            connection.close()


def test_two_hundred_slow_filters_leave_room_for_others(live_server: Any, planner: httpx.Client) -> None:
    """Each filter reads the whole county; small requests are answered meanwhile, refusals are 503 with Retry-After."""
    teeth = ",".join(f"{121.0 + i * 0.7 / 160:.3f} {30.0 + (i % 2) * 0.4:.1f}" for i in range(160))  # a comb over the whole county
    comb = f"POLYGON((121 29,{teeth},121.7 29,121 29))"
    slow = f"(NOT S_WITHIN(geom, {comb}) OR S_CROSSES(geom, {comb})) AND CASEI(land_code) LIKE '%zz%'"
    headers, counted = {"authorization": planner.headers["authorization"]}, Counter[int]()

    def one(n: int) -> httpx.Response:
        heavy = {"filter": f"CASEI(land_code) LIKE '%3%' AND far > -{n}", "limit": 10_000, "crs": PLANE}  # every shape written anew
        params = heavy if n % 2 else {"filter": f"{slow} AND far > {n}"}
        return httpx.get(f"{live_server.url}{ITEMS}", params=params, headers=headers, timeout=120)

    with ThreadPoolExecutor(200) as pool:
        waiting = [pool.submit(one, n) for n in range(200)]
        time.sleep(1)
        small = [planner.get("/healthz").status_code for _ in range(5)]
        signed = planner.get("/api/session")
        for answer in (f.result() for f in waiting):
            counted[answer.status_code] += 1
            if answer.status_code == 503:
                assert int(answer.headers["retry-after"]) > 0
                assert answer.json()["code"] in ("busy", "query_timeout")
    assert small == [200] * 5
    assert signed.status_code == 200
    assert set(counted) <= {200, 503}, counted
    assert planner.get(ITEMS, params={"limit": 1}).status_code == 200
