"""What a malformed request looks like: generated from the OpenAPI description and a fixed seed, and how its answer is judged.

The requests are generated from the OpenAPI description and a fixed seed, so a failure can be repeated.
"""

import base64
import json
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx

from tests.journeys.test_story import photo

SEED, PER_PARAMETER, PER_BODY, BUDGET_S = 20250930, 12, 120, 75
Clients = Callable[..., httpx.Client]

NASTY = (
    "\x00", "a\x00b", "NaN", "Infinity", "-Infinity", "-1", "0", "1e309", "1" * 400, "9223372036854775808", "-9223372036854775809", "2147483648",
    "340282366920938463463374607431768211456", "' OR 1=1 --", "\\", "%", "_", "%00", "\ufeff", "\u202e", "２０２５", " ", "", "😀" * 60, "x" * 5_000,
    "../../etc/passwd", "{}", "[]", "null", "true", "2025-13-45", "9999-12-31", "9999-99-99", "0000-00-00", "0001-01-01", "10000-01-01",
    "2025-09-30T25:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "-infinity", "infinity", "today", "2025-09-30/2024-01-01", "../..",
    "330282002P000006X", "330282002P0000068", "a" * 41, "\ud800", "\x7f", "\r\n", "\t", "1.5", "1,2", "0x10", "+1", "1_000",
)  # fmt: skip
BBOXES = (
    "", ",", ",,,", "1", "1,2", "1,2,3", "1,2,3,4,5", "a,b,c,d", "NaN,0,1,1", "0,0,inf,1", "1e400,0,1,1", "200,0,300,1", "0,95,1,99", "1,1,0,0",
    "0,1,1,0", "121,30,121,30", "1,2,3,4,5,6", "0,0,5,1,1,1", "-180,-90,180,90", "180,-90,-180,90", "１,2,3,4", "1;2;3;4", " 1 , 2 , 3 , 4 ", "1,2,3,4\x00",
    ",".join(["1"] * 2_000), "1e-320,0,1,1", "0x1,0,1,1", "1_0,0,11,1", "--1,0,1,1", "+1,+2,+3,+4", "1,2,3,4,", "[1,2,3,4]", "-0,-0,0,0",
)  # fmt: skip
RAW = (b"%FF", b"%ED%A0%80", b"%C0%80", b"%00", b"%", b"%2", b"%zz", b"%F4%90%80%80", b"%E6%85", b"%2e%2e%2f", b"%0d%0aSet-Cookie:%20a=b")
"""Percent-encoded octets that are not UTF-8, or not what they seem."""
AFTER = (None, True, "x", "", 1.5, -1, 2**63, 2**64, 10**400, [], {}, [None], [None, None], ["x", "y"], ["2025-09-30"], ["NaN", 1], ["1e999999999", 1],
         ["1", 2**63], [1, 2, 3], [[1], [2]], {"a": 1}, ["2025-09-30", "x"], ["9999-99-99", 1], ["\x00", 1], ["a\x00", "b\x00"], "\x00", "\ud800",
         [1.5, 1e308], math.inf)  # fmt: skip
HEADERS = (
    {"authorization": "Bearer"}, {"authorization": "Bearer \x00".replace("\x00", "\x7f")}, {"authorization": "Basic eDp5"}, {"authorization": "Bearer " + "x" * 6_000},
    {"authorization": "bearer é"}, {"x-api-key": "é"}, {"x-api-key": "x" * 6_000}, {"cookie": "yima_session=\xff"}, {"cookie": ";;;=;"},
    {"if-none-match": "x" * 6_000}, {"if-none-match": ","}, {"accept": "application/xml"}, {"accept-encoding": "gzip;q=abc, *;q="}, {"host": "a b"},
    {"x-forwarded-host": "evil\\host"}, {"x-forwarded-proto": "javascript"}, {"x-forwarded-prefix": "//x"}, {"origin": "null"}, {"origin": "http://[::1"},
    {"referer": "http://[::1"}, {"content-type": "application/json; charset=bogus"}, {"range": "bytes=9-1"},
)  # fmt: skip
SHAPES: tuple[Any, ...] = (
    {}, {"type": "Polygon"}, {"type": "Polygon", "coordinates": None}, {"type": "Polygon", "coordinates": []}, {"type": "Polygon", "coordinates": [[]]},
    {"type": "Polygon", "coordinates": "x"}, {"type": "Polygon", "coordinates": [[["a", "b"]]]}, {"type": "Polygon", "coordinates": [[[1, 2]]]},
    {"type": "Polygon", "coordinates": [[[1], [2], [3], [1]]]}, {"type": "Polygon", "coordinates": [[[121, 30], [121, 30], [121, 30], [121, 30]]]},
    {"type": "Point", "coordinates": [121.2, 30.2]}, {"type": "LineString", "coordinates": [[121, 30], [121.1, 30.1]]},
    {"type": "MultiPoint", "coordinates": [[121, 30]]}, {"type": "GeometryCollection", "geometries": []}, {"type": "GeometryCollection", "geometries": [{}]},
    {"type": "Feature", "geometry": None, "properties": {}}, {"type": "FeatureCollection", "features": []}, {"type": "Banana", "coordinates": []},
    {"type": None}, {"type": ["Polygon"]}, {"type": "MultiPolygon", "coordinates": []}, {"type": "MultiPolygon", "coordinates": [[[]]]},
    {"type": "Polygon", "coordinates": [[[1e308, 1e308], [1e308, -1e308], [-1e308, 1e308], [1e308, 1e308]]]},
    {"type": "Polygon", "coordinates": [[[500000, 3300000], [500100, 3300000], [500100, 3300100], [500000, 3300000]]]},
    {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}, {"type": "Polygon", "coordinates": [[[0, 0, 5], [1, 0, 5], [1, 1, 5], [0, 0, 5]]]},
    {"type": "Polygon", "coordinates": [[[math.nan, 0], [1, 0], [1, 1], [math.nan, 0]]]}, {"type": "Polygon", "coordinates": [[[math.inf, 0], [1, 0], [1, 1], [math.inf, 0]]]},
    {"type": "Polygon", "coordinates": [[[i / 1e4, (i % 2) / 1e4] for i in range(20_000)] + [[0, 0]]]},
    {"type": "Polygon\x00", "coordinates": []}, {"type": "\ud800", "coordinates": []},
)  # fmt: skip
"""GeoJSON that is no part of any parcel of 慈溪."""


@dataclass
class Bad:
    """One malformed request; `target` is the raw path with query."""

    method: str
    target: bytes
    headers: dict[str, str | bytes] = field(default_factory=dict)
    content: bytes | None = None
    who: str = "planner"
    what: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.target[:160]!r} {self.what} as {self.who} {str(self.headers)[:120]} {(self.content or b'')[:200]!r}"


def quoted(text: str) -> bytes:
    """Every octet percent-encoded, lone surrogates as they would arrive."""
    return b"".join(b"%%%02X" % octet for octet in text.encode("utf-8", "surrogatepass"))


def forged(cursor: str, after: Any) -> str:
    """A real cursor that continues somewhere else: all of it is right but its key."""
    _, *rest = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    return base64.urlsafe_b64encode(json.dumps([after, *rest]).encode()).decode().rstrip("=")


def example(schema: dict[str, Any], parts: dict[str, Any]) -> Any:
    """The smallest body a schema lets pass."""
    if "$ref" in schema:
        return example(parts[schema["$ref"].rsplit("/", 1)[1]], parts)
    if "anyOf" in schema:
        return example(schema["anyOf"][0], parts)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        return {
            name: example(sub, parts)
            for name, sub in schema.get("properties", {}).items()
            if name in schema.get("required", []) or name != "part"
        }
    if kind == "array":
        return [example(schema.get("items", {}), parts)] if schema.get("minItems") or schema.get("items", {}).get("$ref") else []
    if kind == "string":
        return (
            "2025-09-30"
            if schema.get("format") == "date"
            else "330282107"
            if "pattern" in schema
            else "x" * max(schema.get("minLength", 1), 1)
        )
    return {"number": 1.5, "integer": 1, "boolean": True}.get(str(kind))


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, sub in items:
        yield from places(sub, (*at, key))


def replaced(value: Any, at: tuple[Any, ...], new: Any) -> Any:
    if not at:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[at[0]] = replaced(value[at[0]], at[1:], new)
    return copy


def spoiled(body: Any, rng: random.Random) -> bytes:
    """JSON text of the body with one fault."""
    fault = rng.randrange(12)
    text = json.dumps(body)
    if fault == 0:
        return rng.choice((b"", b"null", b"[]", b'"x"', b"1", b"{", b"\xff\xfe", b'{"a": \xff}', b"[" * 50_000, b'{"a":' * 20_000, b"{" + b" " * 1000, text.encode("utf-16"),
                           b"NaN", b"1" * 6_000, b'{"a": 1, "a": 2}', b"\x00", b"\xef\xbb\xbf{}"))  # fmt: skip
    if fault == 1:
        return text.encode()[: rng.randrange(len(text))]
    where = rng.choice(list(places(body)))
    wrong = [None, True, -1, 0, 1.5, 10**30, 1e308, math.nan, math.inf, [], {}, [[]], [None], {"": ""}, {"\x00": 1}, ["x"] * 600, *NASTY]
    if fault == 2 and isinstance(body, dict):
        return json.dumps(body | {rng.choice(("x", "\x00", "__class__", "id", "county_code", "\ud800")): rng.choice(wrong)}).encode()
    if fault == 3 and isinstance(body, dict) and body:
        return json.dumps({k: v for k, v in body.items() if k != rng.choice(sorted(body))}).encode()
    return json.dumps(replaced(body, where, rng.choice(wrong))).encode()


@dataclass
class Known:
    """Ids that exist, so that a request gets past the first check."""

    ids: dict[str, str]
    cursors: dict[str, str]
    case: dict[str, Any]
    feature: dict[str, Any]


def filled(path: str, ids: dict[str, str], **changed: bytes) -> bytes:
    raw = path.encode()
    for name, value in ids.items():
        new = changed.get(name, quoted(value).replace(b"%2D", b"-"))
        raw = raw.replace(b"{" + name.encode() + b"}", new).replace(b"{" + name.encode() + b":path}", new)
    assert b"{" not in raw, f"no sample id for {path}"
    return raw


def generated(described: dict[str, Any], known: Known) -> list[Bad]:
    """Every route × every parameter × nasty values, bodies with one fault, wrong headers, wrong methods."""
    rng = random.Random(SEED)
    parts = described["components"]["schemas"]
    found: list[Bad] = []
    for path, item in described["paths"].items():
        for verb, route in item.items():
            found += _route(path, verb.upper(), route, known, parts, rng)
        for wrong in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"} - {verb.upper() for verb in item}:
            found.append(Bad(wrong, filled(path, known.ids), what="method"))
    for path, cursor in known.cursors.items():
        for after in AFTER:
            found.append(
                Bad("GET", path.encode() + b"?limit=1&cursor=" + quoted(forged(cursor, after)), what=f"cursor after {after!r:.40}")
            )
    for raw in (b"//", b"/api/", b"/api/nowhere", b"/%00", b"/%FF", b"/console/../../etc/passwd", b"/console/%2e%2e/x", b"/console/%00", b"/.git/config", b"/api//parcels/x",
                b"/" + b"a" * 8_000, b"/collections/parcels/items/", b"/collections/none/items", b"/collections/none/items/1", b"/console/" + b"x" * 300):  # fmt: skip
        found.append(Bad("GET", raw, what="path"))
    return found


def _route(path: str, verb: str, route: dict[str, Any], known: Known, parts: dict[str, Any], rng: random.Random) -> list[Bad]:
    if path == "/api/session" and verb == "DELETE":
        return [Bad(verb, b"/api/session", {"idempotency-key": str(UUID(int=rng.getrandbits(128)))}, who="anonymous")]
    here, found = filled(path, known.ids), []
    content = route.get("requestBody", {}).get("content", {})
    base = example(content["application/json"]["schema"], parts) if "application/json" in content else None
    is_write = verb != "GET"

    def headers() -> dict[str, str | bytes]:
        said: dict[str, str | bytes] = {"idempotency-key": str(UUID(int=rng.getrandbits(128))), "if-match": '"1"'} if is_write else {}
        return said | ({"content-type": "application/json"} if base is not None else {})

    text = json.dumps(base).encode() if base is not None else None
    for parameter in route.get("parameters", []):
        found += _parameter(path, verb, parameter, known, headers, text, rng)
    for query in (b"bogus=1", b"%00=1", b"%FF=%FF", b"=", b"&&&", b"a[]=1", b"tk=x", b"tk=%00", b"limit=1;DROP"):
        found.append(Bad(verb, here + b"?" + query, headers(), text, what="unknown parameter"))
    for odd in HEADERS:
        found.append(Bad(verb, here, headers() | {k: v.encode("latin-1") for k, v in odd.items()}, text, what="header"))
    if base is not None:
        found += _bodies(path, verb, here, base, headers, rng)
    if "multipart/form-data" in content:
        found += _forms(verb, here, rng)
    return found


Said = Callable[[], dict[str, str | bytes]]


def _parameter(
    path: str, verb: str, parameter: dict[str, Any], known: Known, headers: Said, text: bytes | None, rng: random.Random
) -> list[Bad]:
    here, name, found = filled(path, known.ids), parameter["name"], []
    if parameter["in"] == "header":
        values = ("", "x", '"', "-1", '"1" "2"', "9" * 400, "*", "é", "W/", "1.5", "99999999999999999999")
        return [Bad(verb, here, headers() | {name: value.encode("latin-1")}, text, what=f"header {name}") for value in values]
    octets = (
        [quoted(v) for v in rng.sample(NASTY, PER_PARAMETER)] + rng.sample(RAW, 4) + ([quoted(v) for v in BBOXES] if name == "bbox" else [])
    )
    if parameter["in"] == "path":
        return [Bad(verb, filled(path, known.ids, **{name: value}), headers(), text, what=name) for value in octets]
    extra = b"&target=CX-008" if path == "/api/ranking" and name != "target" else b""
    found += [Bad(verb, here + b"?" + name.encode() + b"=" + value + extra, headers(), text, what=name) for value in octets]
    return [*found, Bad(verb, here + b"?%s=1&%s=2" % (name.encode(), name.encode()), headers(), text, what=f"{name} twice")]


def _bodies(path: str, verb: str, here: bytes, base: Any, headers: Callable[[], dict[str, str | bytes]], rng: random.Random) -> list[Bad]:
    times = 25 if path == "/api/session" else PER_BODY  # each sign-in costs a password hash
    found = [
        Bad(verb, here, headers(), spoiled(base | ({"username": f"nobody-{n}"} if path == "/api/session" else {}), rng), what="body")
        for n in range(times)
    ]
    text = json.dumps(base).encode()
    for kind in (
        "text/plain",
        "application/xml",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        "",
        "application/json; charset=utf-16",
    ):
        found.append(Bad(verb, here, headers() | {"content-type": kind}, text, what="content type"))
    if path != "/api/session":
        found.append(Bad(verb, here, {"content-type": "application/json"}, text, what="no Idempotency-Key"))
    if path.endswith("/map"):
        found += [Bad(verb, here, headers(), json.dumps({"geometry": shape}).encode(), what="shape") for shape in SHAPES]
    return found


def form(*fields: tuple[str, str | None, bytes], boundary: str = "yimaboundary") -> tuple[dict[str, str | bytes], bytes]:
    """A multipart body by hand, so that names and contents can be wrong."""
    out = b""
    for name, filename, content in fields:
        said = f'form-data; name="{name}"' + (f'; filename="{filename}"' if filename is not None else "")
        out += f"--{boundary}\r\nContent-Disposition: {said}\r\n\r\n".encode("utf-8", "surrogatepass") + content + b"\r\n"
    return {"content-type": f"multipart/form-data; boundary={boundary}"}, out + f"--{boundary}--\r\n".encode()


def _forms(verb: str, here: bytes, rng: random.Random) -> list[Bad]:
    bodies = [form(), form(("file", "", b"")), form(("file", "a.jpg", b"")), form(("file", "a.jpg", b"not a picture")), form(("file", None, b"text")),
              form(("file", "a.svg", b"<svg onload=alert(1)>")), form(("file", "a.html", b"<!doctype html>")), form(("file", "a.exe", b"MZ" + bytes(64))),
              form(("photo", "a.jpg", b"\xff\xd8\xff")), form(("file\x00", "a.jpg", b"\xff\xd8\xff")), form(("file", "a.gif", b"GIF89a"))]  # fmt: skip
    for name, value in (("kind", b"x"), ("kind", b"\x00"), ("lon", b"NaN"), ("lon", b"999"), ("lat", b"1e999"), ("lat", b"\xff"), ("coord_source", b"gps"), ("lon", b"inf"),
                        ("lon", b"1e-999999"), ("lat", b"9" * 500)):  # fmt: skip
        bodies.append(form((name, None, value), ("file", "a.jpg", photo())))
    whole = form(("file", "a.jpg", b"plain"))
    bodies += [(whole[0], whole[1][: rng.randrange(len(whole[1]))]) for _ in range(6)]
    bodies += [({"content-type": "multipart/form-data"}, whole[1]), ({"content-type": "application/json"}, b"{}"), ({"content-type": "multipart/form-data; boundary="}, whole[1]),
               ({"content-type": "multipart/form-data; boundary=" + "x" * 300}, whole[1]), (form(*[("f", None, b"x")] * 1_500))]  # fmt: skip
    return [Bad(verb, here, {"idempotency-key": str(uuid4())} | headers, content, what="form") for headers, content in bodies]


# --- sending and judging ------------------------------------------------------------------------------------------


@dataclass
class Sender:
    """Sends raw requests of one account and says what is wrong with the answers."""

    client: httpx.Client
    tokens: dict[str, str]
    catalogue: dict[str, int]

    def send(self, bad: Bad) -> httpx.Response:
        host = self.client.base_url
        url = httpx.URL(scheme=host.scheme, host=host.host, port=host.port, raw_path=bad.target)
        headers = list({"authorization": self.tokens[bad.who]}.items()) if self.tokens.get(bad.who) else []
        said = {k.lower(): v for k, v in headers} | bad.headers
        return self.client.request(bad.method, url, headers=list(said.items()), content=bad.content)  # type: ignore[arg-type]

    def verdict(self, answer: httpx.Response) -> str | None:
        """What the answer breaks of the contract of problems."""
        if answer.status_code < 400:
            return None
        if answer.request.method == "HEAD":
            return "5xx" if answer.status_code >= 500 else None
        if answer.headers.get("content-type", "").split(";")[0] != "application/problem+json":
            return f"{answer.status_code} is no problem+json: {answer.headers.get('content-type')} {answer.text[:160]!r}"
        body = answer.json()
        if body.get("code") not in self.catalogue:
            return f"code {body.get('code')} is not in the catalogue"
        if not (body["status"] == answer.status_code == self.catalogue[body["code"]]):
            return f"{answer.status_code} but the catalogue says {self.catalogue[body['code']]} for {body['code']}"
        if answer.status_code >= 500 and body["code"] not in ("busy", "query_timeout"):
            return f"{answer.status_code} {body['code']} {body.get('detail')}"
        return None
