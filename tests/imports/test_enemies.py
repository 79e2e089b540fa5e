"""Enemies of the import routes on the running service: each gets a named 4xx or its one import; nothing is half done, nothing left behind."""

import io
import json
import os
import socket
import struct
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest

from . import makers
from .makers import square

pytestmark = [pytest.mark.serial, pytest.mark.bench]
URL = "/api/imports"
GRADES = "统一社会信用代码,年度,等级\n".encode()
Clients = Callable[..., httpx.Client]
MOVING, GIVEN_UP = ("queued", "staging", "applying", "undoing"), 120


@pytest.fixture(scope="module", autouse=True)
def nobody_dies_and_nothing_is_left(live_server: Any) -> Iterator[None]:
    before, read = live_server.server_pids(), live_server.log.stat().st_size
    yield
    assert live_server.server_pids() == before, "a worker died"
    time.sleep(3)
    left = [*live_server.state.glob("imports/upload-*"), *live_server.state.glob("unpacked/*")]
    assert not left, left
    with live_server.log.open(errors="replace") as log:
        log.seek(read)
        faults = [line for line in log if '"unhandled"' in line or "Traceback" in line or "event=unhandled" in line]
    assert not faults, "".join(faults[:20])


@pytest.fixture
def planner(signed_in: Clients) -> httpx.Client:
    return signed_in("planner")


@pytest.fixture(scope="module")
def pace(signed_in: Clients) -> float:
    """Seconds of a small clean import on this machine now."""
    began, planner = time.monotonic(), signed_in("planner")
    step(planner, rest(planner, hand_in(planner, ("a.csv", GRADES)).json()), "cancel")
    return time.monotonic() - began


def hand_in(client: httpx.Client, *files: tuple[str, bytes], key: str = "", **fields: str) -> httpx.Response:
    headers = {"idempotency-key": key or str(uuid4())}
    return client.post(URL, data={"kind": "grades"} | fields, files=[("file", one) for one in files], headers=headers)


def rest(client: httpx.Client, job: dict[str, Any]) -> dict[str, Any]:
    """The job when nothing moves it any more."""
    end = time.monotonic() + GIVEN_UP
    while (said := client.get(f"{URL}/{job['id']}").json())["state"] in MOVING and time.monotonic() < end:
        time.sleep(0.1)
    assert said["state"] not in MOVING, said
    return dict(said)


def step(client: httpx.Client, job: dict[str, Any], name: str, body: Any = None, *, key: str = "") -> httpx.Response:
    headers = {"idempotency-key": key or str(uuid4()), "if-match": f'"{job["version"]}"'}
    return client.post(f"{URL}/{job['id']}/{name}", json=body or ({"reason": "试"} if name == "undo" else {}), headers=headers)


def jobs(client: httpx.Client) -> int:
    """Id of the newest import."""
    found = client.get(URL, params={"limit": 1}).json()["imports"]
    return int(found[0]["id"]) if found else 0


def packed(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


def lying(content: bytes, size: int) -> bytes:
    """An archive whose directory and headers say that its one member unpacks to `size` bytes."""
    return content.replace(struct.pack("<I", 300 << 20), struct.pack("<I", size))


LAUGHS = "<!DOCTYPE k [<!ENTITY a0 'lol'>" + "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 20}'>" for n in range(1, 12)) + "]>"
KML = LAUGHS + "<kml><Document><Placemark><name>&a11;</name><Point><coordinates>121,30</coordinates></Point></Placemark></Document></kml>"
OUTSIDE = "<!DOCTYPE k [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><kml><Document><Placemark><name>&x;</name></Placemark></Document></kml>"
BOMBS: dict[str, Callable[[], tuple[str, bytes]]] = {
    "zip bomb": lambda: ("a.zip", packed(("a.csv", bytes(300 << 20)))),
    "zip bomb that says it is small": lambda: ("a.zip", lying(packed(("a.csv", bytes(300 << 20))), 1000)),
    "bomb in a bomb": lambda: ("a.zip", packed(("b.zip", packed(("a.csv", bytes(300 << 20)))))),
    "bomb as workbook": lambda: ("a.xlsx", packed(("xl/worksheets/sheet1.xml", bytes(300 << 20)), ("[Content_Types].xml", b"<x/>"))),
    "bomb as KMZ": lambda: ("a.kml", packed(("doc.kml", bytes(300 << 20)))),
    "many members": lambda: ("a.zip", packed(*((f"{n}.csv", b"a") for n in range(20_000)))),
    "leads outside": lambda: ("a.zip", packed(("../../../tmp/out.csv", b"a,b\n1,2\n"))),
    "from the root": lambda: ("a.zip", packed(("/tmp/out.csv", b"a,b\n1,2\n"))),
    "a drive": lambda: ("a.zip", packed(("C:\\out.csv", b"a,b\n1,2\n"))),
    "backslashes": lambda: ("a.zip", packed(("..\\..\\out.csv", b"a,b\n1,2\n"))),
    "long name": lambda: ("a.zip", packed(("长" * 300 + ".csv", b"a,b\n1,2\n"))),
    "a link": lambda: ("a.zip", _link()),
    "billion laughs": lambda: ("a.kml", KML.encode()),
    "outside entity": lambda: ("a.kml", OUTSIDE.encode()),
    "deep json": lambda: ("a.geojson", b'{"type":"FeatureCollection","features":' + b"[" * 500_000),
    "a virtual file": lambda: ("a.gpkg", b"<OGRVRTDataSource><OGRVRTLayer name='a'><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"),
    "one endless line": lambda: ("a.csv", b"a," * (10 << 20)),
    "nothing but quotes": lambda: ("a.csv", b'"' * (5 << 20)),
    "sixteen thousand columns": lambda: ("a.csv", b",".join(b"c%d" % n for n in range(16_000)) + b"\n" + b"1," * 16_000),
}  # fmt: skip


def _link() -> bytes:
    """A member that is a symbolic link to a file of the server."""
    member = zipfile.ZipInfo("a.csv")
    member.create_system, member.external_attr = 3, 0o120777 << 16
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(member, "/etc/passwd")
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["parcels", "grades"])
@pytest.mark.parametrize("name", BOMBS)
def test_a_hostile_file_is_refused_by_name(planner: httpx.Client, name: str, kind: str, pace: float) -> None:
    began = time.monotonic()
    made = hand_in(planner, BOMBS[name](), kind=kind)
    assert made.status_code in (201, 413, 422), made.text
    if made.status_code == 201:
        said = rest(planner, made.json())
        assert said["state"] in ("refused", "asking"), said
        assert said["problem"]["code"] not in ("internal", "memory_exceeded"), said["problem"]
        assert "root:" not in json.dumps(said, ensure_ascii=False)
        assert step(planner, said, "cancel").json()["state"] == "cancelled"
    assert time.monotonic() - began < max(30, 3 * pace)
    assert not Path("/tmp/out.csv").exists()


NAMES = ("../a.csv", "a/b.csv", "a\\b.csv", "..", ".", "", "a\x00b.csv", "a\r\nX-Y: z.csv", "\u202egpj.csv", "名" * 300 + ".csv", ".csv", "a.csv ",
         "~", "-rf.csv", "%2e%2e%2fa.csv", "a.csv/", "CON.csv", "😀.csv", "$(id).csv", "a;b.csv", '"a".csv', "<b>.csv")  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_name_is_refused_or_kept_as_it_is(planner: httpx.Client, name: str) -> None:
    made = hand_in(planner, (name, GRADES))
    assert made.status_code in (201, 422), made.text
    if made.status_code == 201:
        said = rest(planner, made.json())
        assert "/" not in said["uploads"][0]["name"]
        assert said["state"] in ("staged", "refused", "asking"), said
        step(planner, said, "cancel")


FORMS: dict[str, dict[str, Any]] = {
    "options of 10 MB": {"data": {"kind": "grades", "options": '{"crs": "' + "x" * (10 << 20) + '"}'}, "files": [("file", ("a.csv", GRADES))]},
    "manifest of 10 MB": {"files": [("manifest", ("m.json", b'{"kind": "' + b"x" * (10 << 20))), ("file", ("a.csv", GRADES))]},
    "deep options": {"data": {"kind": "grades", "options": "[" * 200_000}, "files": [("file", ("a.csv", GRADES))]},
    "deep manifest": {"data": {"manifest": '{"a":' * 100_000}, "files": [("file", ("a.csv", GRADES))]},
    "wrong kind": {"data": {"kind": "../../etc"}, "files": [("file", ("a.csv", GRADES))]},
    "no kind": {"files": [("file", ("a.csv", GRADES))]},
    "kind as file": {"files": [("kind", ("k", b"grades")), ("file", ("a.csv", GRADES))]},
    "file as text": {"data": {"kind": "grades", "file": "a,b"}, "files": [("x", ("a", b"1"))]},
    "300 files": {"data": {"kind": "grades"}, "files": [("file", (f"{n}.csv", GRADES)) for n in range(300)]},
    "300 fields": {"data": {f"f{n}": "1" for n in range(300)} | {"kind": "grades"}, "files": [("file", ("a.csv", GRADES))]},
    "no such day": {"data": {"kind": "grades", "data_date": "2024-02-30"}, "files": [("file", ("a.csv", GRADES))]},
    "a far day": {"data": {"kind": "grades", "data_date": "99999-01-01"}, "files": [("file", ("a.csv", GRADES))]},
    "options that are a number": {"data": {"kind": "grades", "options": "1e400"}, "files": [("file", ("a.csv", GRADES))]},
    "manifest that is null": {"data": {"manifest": "null"}, "files": [("file", ("a.csv", GRADES))]},
    "not multipart": {"content": b"kind=grades", "headers": {"content-type": "application/x-www-form-urlencoded"}},
    "json": {"json": {"kind": "grades"}},
    "no boundary": {"content": b"--x\r\n", "headers": {"content-type": "multipart/form-data"}},
    "cut": {"content": b'--x\r\ncontent-disposition: form-data; name="file"; filename="a.csv"\r\n\r\nabc',
            "headers": {"content-type": "multipart/form-data; boundary=x"}},
    "headers without end": {"content": b"--x\r\n" + b"a: b\r\n" * 100_000, "headers": {"content-type": "multipart/form-data; boundary=x"}},
    "long header": {"content": b"--x\r\ncontent-disposition: form-data; name=\"" + b"n" * (4 << 20) + b'"\r\n\r\n\r\n--x--',
                    "headers": {"content-type": "multipart/form-data; boundary=x"}},
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_a_hostile_form_is_a_named_4xx(planner: httpx.Client, name: str) -> None:
    newest = jobs(planner)
    asked = FORMS[name] | {"headers": {"idempotency-key": str(uuid4())} | FORMS[name].get("headers", {})}
    said = planner.post(URL, **asked)
    assert 400 <= said.status_code < 500, said.text[:500]
    assert said.json()["code"] in ("body_invalid", "kind_unknown", "upload_invalid", "too_large", "import_too_large"), said.text[:500]
    assert len(said.content) < 20_000
    assert jobs(planner) == newest


BODIES = ("[" * 200_000, '{"mapping": {' + ",".join(f'"c{n}": "h"' for n in range(5000)) + "}}", '{"crs": "' + "x" * (10 << 20) + '"}',
          '{"crs": "\\ud800"}', '{"data_date": "0000-00-00"}', '{"except_rows": [' + ",".join(['"a"'] * 200_000) + "]}", "null", "", '{"crs": NaN}',
          '{"axis_order": "up"}', '{"units": {"面积": 1}}', '{"mapping": {"uscc": {"header": "a", "x": 1}}}')  # fmt: skip


def test_hostile_bodies_of_steps_are_named_4xx(planner: httpx.Client) -> None:
    job = rest(planner, hand_in(planner, ("a.csv", GRADES)).json())
    for name in ("decisions", "apply", "cancel", "undo"):
        for body in BODIES:
            headers = {"idempotency-key": str(uuid4()), "if-match": f'"{job["version"]}"', "content-type": "application/json"}
            said = planner.post(f"{URL}/{job['id']}/{name}", content=body.encode(), headers=headers)
            assert said.status_code in (409, 413, 422), (name, body[:60], said.text[:300])
    for match in ("*", '"x"', '"99999999999999"', '""', "1, 2", '"-1"'):
        headers = {"idempotency-key": str(uuid4()), "if-match": match}
        assert planner.post(f"{URL}/{job['id']}/cancel", json={}, headers=headers).status_code in (400, 412), match
    assert rest(planner, job)["state"] == "staged"
    for path in (f"{URL}/0", f"{URL}/-1", f"{URL}/{1 << 63}", f"{URL}/9" * 1, f"{URL}/x", f"{URL}/{job['id']}/files", f"{URL}/%00"):
        assert planner.get(path).status_code in (400, 404, 200), path
    for query in (
        {"after": -1},
        {"limit": 10**9},
        {"format": "exe"},
        {"code": "x" * 500},
        {"severity": "x"},
        {"after": "1;DROP"},
        {"file": "\x00"},
    ):
        assert planner.get(f"{URL}/{job['id']}/issues", params=query).status_code == 400, query
    assert step(planner, job, "cancel").status_code == 200


def test_the_same_upload_at_the_same_moment_is_one_import(planner: httpx.Client) -> None:
    newest, key = jobs(planner), str(uuid4())
    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda _: hand_in(planner, ("a.csv", GRADES), key=key), range(8)))
    assert {s.status_code for s in said} == {201}, [s.text for s in said]
    assert len({s.json()["id"] for s in said}) == 1
    found = planner.get(URL, params={"limit": 20}).json()["imports"]
    assert len([one for one in found if one["id"] > newest]) == 1
    assert hand_in(planner, ("a.csv", GRADES + b"1,2,3\n"), key=key).json()["code"] == "idempotency_key_reused"
    step(planner, rest(planner, said[0].json()), "cancel")


def test_an_upload_beyond_the_limit_ends_there(planner: httpx.Client) -> None:
    """With a length that says so at once; without a length when it is reached (YIMA_IMPORT_MB of the service)."""
    limit = int(os.environ.get("YIMA_IMPORT_MB", "2048"))
    head = b'--x\r\ncontent-disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    headers = {"idempotency-key": str(uuid4()), "content-type": "multipart/form-data; boundary=x"}

    def stream() -> Iterator[bytes]:
        yield head
        for _ in range(limit + 20):
            yield bytes(1 << 20)

    said_so = f"POST {URL} HTTP/1.1\r\nhost: a\r\nAUTH\r\nidempotency-key: {uuid4()}\r\ncontent-type: multipart/form-data; boundary=x\r\n"
    with _raw(planner, said_so.encode() + f"content-length: {1 << 42}\r\n\r\n".encode()) as asked:
        assert asked.recv(100).startswith(b"HTTP/1.1 413"), "before a byte of it has come"
    try:
        said = planner.post(URL, content=stream(), headers=headers, timeout=300)
    except httpx.WriteError:
        return  # answered and closed while this side still sends
    assert (said.status_code, said.json()["code"]) == (413, "too_large"), said.text


def _raw(client: httpx.Client, request: bytes) -> socket.socket:
    parts = urlsplit(str(client.base_url))
    connected = socket.create_connection((parts.hostname, parts.port), timeout=30)
    connected.sendall(request.replace(b"AUTH", f"authorization: {client.headers['authorization']}".encode()))
    return connected


def test_aborted_uploads_leave_nothing(planner: httpx.Client, live_server: Any) -> None:
    newest = jobs(planner)
    for number in range(20):
        body = b'--x\r\ncontent-disposition: form-data; name="file"; filename="a.csv"\r\n\r\n' + bytes(number * 100_000)
        head = f"POST {URL} HTTP/1.1\r\nhost: a\r\nAUTH\r\nidempotency-key: {uuid4()}\r\ncontent-type: multipart/form-data; boundary=x\r\n"
        _raw(planner, head.encode() + b"content-length: 5000000\r\n\r\n" + body).close()
    time.sleep(1)
    assert jobs(planner) == newest
    assert not list(live_server.state.glob("imports/upload-*"))


def test_slow_readers_of_events_keep_nobody_waiting(planner: httpx.Client, tmp_path: Path) -> None:
    """Sixty that never read, on an import that is being worked on: others are answered, and the import ends."""
    header = ["统一社会信用代码", "年度", "等级"]
    book = makers.xlsx(tmp_path / "a.xlsx", header, [["91330282MA2AAAAA1X", 2024, "A"]] * 30_000)
    job = hand_in(planner, (book.name, book.read_bytes())).json()
    request = f"GET {URL}/{job['id']}/events HTTP/1.1\r\nhost: a\r\nAUTH\r\n\r\n".encode()
    sleepers = [_raw(planner, request) for _ in range(60)]
    took = []
    for _ in range(30):
        began = time.monotonic()
        assert planner.get(f"{URL}/{job['id']}").status_code == 200
        took.append(time.monotonic() - began)
    assert sorted(took)[15] < 1, took
    assert rest(planner, job)["state"] in ("staged", "asking")
    for one in sleepers:
        one.close()
    step(planner, rest(planner, job), "cancel")


def test_each_step_in_each_state_is_done_once_or_refused(planner: httpx.Client, tmp_path: Path, live_server: Any) -> None:
    code = "330282001001GB99123"
    rows = [{"宗地代码": code, "证载面积": 100}]
    file = makers.gpkg(tmp_path / "a.gpkg", rows, [square(-3000, 9000, 10, 10)])
    job = rest(planner, hand_in(planner, (file.name, file.read_bytes()), kind="parcels", data_date="2025-09-30").json())
    brought = job["counts"].get("new", 0) + job["counts"].get("back", 0)  # back: the test ran before on this service
    assert (job["state"], brought) == ("staged", 1), job
    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda _: step(planner, job, "apply"), range(8)))
    assert sorted(s.status_code for s in said) == [202] + [412] * 7, [s.text for s in said]
    moving = planner.get(f"{URL}/{job['id']}").json()
    if moving["state"] == "applying":
        for name in ("undo", "decisions", "cancel", "apply"):
            assert step(planner, planner.get(f"{URL}/{job['id']}").json(), name).status_code in (409, 412), name
    job = rest(planner, job)
    assert job["state"] == "applied", job
    for name in ("decisions", "cancel", "apply"):
        assert step(planner, job, name).json()["code"] == "import_step_refused", name
    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda _: step(planner, job, "undo"), range(8)))
    assert sorted(s.status_code for s in said) == [202] + [412] * 7 or sorted(s.status_code for s in said) == [200] + [412] * 7
    job = rest(planner, job)
    assert job["state"] == "undone", job
    for name in ("decisions", "cancel", "apply", "undo"):
        assert step(planner, job, name).json()["code"] == "import_step_refused", name
    assert planner.get("/collections/parcels/items", params={"filter": f"source_key = '{code}'"}).status_code in (200, 400)
