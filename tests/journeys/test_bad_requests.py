"""Thousands of malformed requests over every route: each is a documented problem, none a 500, none kills a worker.

The requests are generated from the OpenAPI description and a fixed seed, so a failure can be repeated.
"""

import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.journeys.bad_requests import BUDGET_S, SEED, SHAPES, Bad, Known, Sender, generated
from tests.journeys.test_story import free_inefficient_parcel, open_case, photo, post

pytestmark = pytest.mark.serial

Clients = Callable[..., httpx.Client]


@pytest.fixture(scope="module")
def known(signed_in: Clients) -> Known:
    planner = signed_in("planner")
    feature = free_inefficient_parcel(planner, tuple(planner.get("/api/session").json()["county"]["bbox"]))
    case = open_case(planner, feature)
    other = free_inefficient_parcel(planner, tuple(planner.get("/api/session").json()["county"]["bbox"]))
    opening = planner.get("/api/ledger/postings", params={"geometry_status": "unmapped", "limit": 1}).json()["items"][0]["opening_key"]
    code = feature["properties"]["land_code"]
    uscc = next((o["uscc"] for o in planner.get(f"/api/parcels/{code}").json()["occupants"]), "91330282MA2AAAAA0A")
    ids = {"code": "not_found", "land_code": code, "determination_id": "1", "case": str(case["id"]), "sha256": "0" * 64, "opening_key": opening,
           "target_id": "CX-008", "uscc": uscc, "collection_id": "parcels", "feature_id": str(feature["id"]), "z": "14", "row": "6700", "col": "13710",
           "tms": "WebMercatorQuad", "style_id": "grade", "export_id": "1", "key_id": "1",
           "correction_id": "1", "import_id": "1", "number": "1"}  # fmt: skip
    cursors = {}
    for path in ("/api/classification/parcels", "/api/ledger/postings", "/collections/parcels/items", "/collections/towns/items", "/collections/blocks/items",
                 "/collections/control-lines/items", "/collections/freed-land/items", "/collections/cases/items", "/api/cases"):  # fmt: skip
        body = planner.get(path, params={"limit": 1}).json()
        following = [str(link["href"]) for link in body.get("links", []) if link["rel"] == "next"]
        cursor = body.get("next") or (httpx.QueryParams(following[0].partition("?")[2]).get("cursor") if following else None)
        if cursor:
            cursors[path] = cursor
    assert len(cursors) >= 7, cursors
    return Known(ids, cursors, planner.get(f"/api/cases/{case['id']}").json(), other)


@pytest.fixture(scope="module")
def sender(live_server: Any, signed_in: Clients) -> Iterator[Sender]:
    tokens = {role: signed_in(role).headers["authorization"] for role in ("planner", "acceptor", "officer", "viewer")} | {"anonymous": ""}
    catalogue = {row["code"]: row["status"] for row in httpx.get(f"{live_server.url}/api/errors").json()}
    with httpx.Client(base_url=live_server.url, timeout=60, limits=httpx.Limits(max_connections=4)) as client:
        yield Sender(client, tokens, catalogue)


def test_thousands_of_malformed_requests_are_documented_problems(live_server: Any, sender: Sender, known: Known, capsys: Any) -> None:
    described = httpx.get(f"{live_server.url}/api").json()
    requests = generated(described, known)
    random.Random(SEED).shuffle(requests)
    before, counted, wrong = live_server.server_pids(), Counter(), []
    end = time.monotonic() + BUDGET_S

    def one(bad: Bad) -> tuple[Bad, httpx.Response | Exception | None]:
        if time.monotonic() > end:
            return bad, None
        try:
            return bad, sender.send(bad)
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.ReadTimeout) as error:
            return bad, error

    with ThreadPoolExecutor(4) as pool:
        for bad, answer in pool.map(one, requests):
            if answer is None:
                counted["not sent"] += 1
            elif isinstance(answer, Exception):
                wrong.append(f"{bad}: {answer!r}")
            else:
                fault = sender.verdict(answer)
                counted[answer.status_code] += 1
                if fault:
                    wrong.append(f"{bad}: {fault}")
    with capsys.disabled():
        sys.stdout.write(
            f"\n{len(requests)} malformed requests over {len(described['paths'])} paths: {dict(sorted(counted.items(), key=str))}\n"
        )
    assert not wrong, f"{len(wrong)} of {len(requests)}:\n" + "\n".join(wrong[:40])
    assert sum(n for status, n in counted.items() if status != "not sent") > 3000, counted
    assert counted[503] < 20, counted
    assert sum(counted[s] for s in (400, 404, 422)) > 2000, "the requests are really malformed"
    assert live_server.server_pids() == before, "a worker died"
    assert httpx.get(f"{live_server.url}/readyz").status_code == 200


def test_shapes_that_are_no_part_of_the_parcel_are_refused_and_nothing_is_written(sender: Sender, signed_in: Clients, known: Known) -> None:
    planner = signed_in("planner")
    count = planner.get("/api/cases/summary").json()["total"]["n_cases"]
    p = known.feature["properties"]
    west, south = known.feature["geometry"]["coordinates"][0][0][0]
    bow = [[west, south], [west + 1e-4, south + 1e-4], [west + 1e-4, south], [west, south + 1e-4], [west, south]]
    far = [[121.9, 30.9], [121.91, 30.9], [121.91, 30.91], [121.9, 30.9]]
    wide = [[121.0, 30.0], [121.7, 30.0], [121.7, 30.4], [121.0, 30.4], [121.0, 30.0]]
    shapes = [*SHAPES, *({"type": "Polygon", "coordinates": [ring]} for ring in (bow, far, wide))]
    for shape in shapes:
        body = {
            "name": "坏图形",
            "responsible_body": p["responsible_body"],
            "parcels": [{"land_code": p["land_code"], "part": shape}],
            "method": "rebuild",
        }
        bad = Bad("POST", b"/api/cases", {"idempotency-key": str(uuid4()), "content-type": "application/json"}, json.dumps(body).encode())
        answer = sender.send(bad)
        assert sender.verdict(answer) is None, f"{shape!s:.200}: {sender.verdict(answer)}"
        assert answer.status_code == 422, f"{shape!s:.200}: {answer.status_code} {answer.text[:200]}"
        assert answer.json()["pointer"].startswith("/parcels/0/part") or answer.json()["code"] == "body_invalid", answer.text
    assert planner.get("/api/cases/summary").json()["total"]["n_cases"] == count


def test_preconditions_of_a_step_are_named(signed_in: Clients, known: Known) -> None:
    acceptor, case = signed_in("acceptor"), known.case
    path, body = f"/api/cases/{case['id']}/transitions", {"step": "assign", "detail": {"deadline_on": "2025-12-01"}}
    key = {"idempotency-key": str(uuid4())}
    version = {"if-match": f'"{case["version"]}"'}

    def code(**kwargs: Any) -> tuple[int, str]:
        answer = acceptor.post(path, **kwargs)
        return answer.status_code, answer.json()["code"]

    assert code(json=body, headers=version) == (428, "precondition_required")
    assert code(json=body, headers=key) == (428, "precondition_required")
    assert code(json=body, headers=key | {"if-match": '"98765"'}) == (412, "stale_version")
    for odd in ('"', "x", "-1", "*", '"1", "2"'):
        assert code(json=body, headers={"idempotency-key": str(uuid4()), "if-match": odd}) == (400, "parameter_invalid"), odd
    assert code(json=body | {"step": "fly"}, headers=key | version) == (422, "body_invalid")
    assert code(json={"step": "delist"}, headers={"idempotency-key": str(uuid4())} | version)[0] in (403, 409)
    again = signed_in("planner").get(f"/api/cases/{case['id']}").json()
    assert (again["version"], again["state"], len(again["events"])) == (case["version"], case["state"], len(case["events"]))


def test_evidence_that_cannot_be_evidence_is_refused_and_nothing_is_kept(live_server: Any, signed_in: Clients, known: Known) -> None:
    officer = signed_in("officer", body=known.case["responsible_body"])
    path = f"/api/cases/{known.case['id']}/evidence"

    def files() -> int:
        return sum(1 for f in (live_server.state / "evidence").rglob("*") if f.is_file())

    def code(name: str, content: bytes) -> tuple[int, str]:
        answer = officer.post(path, files={"file": (name, content, "image/jpeg")}, headers={"idempotency-key": str(uuid4())})
        return answer.status_code, answer.json()["code"]

    kept = files()
    assert code("空.jpg", b"") == (415, "evidence_type")
    assert code("网页.jpg", b"<html><script>alert(1)</script>") == (415, "evidence_type")
    assert code("图.jpg", b"GIF89a" + bytes(100)) == (415, "evidence_type")
    assert code("大.jpg", b"\xff\xd8\xff" + bytes(33 * 2**20)) == (413, "evidence_too_large")
    missing = officer.post(
        path, data={"kind": "photo"}, files={"other": ("a.jpg", photo(), "image/jpeg")}, headers={"idempotency-key": str(uuid4())}
    )
    assert (missing.status_code, missing.json()["code"]) == (422, "body_invalid")
    unkeyed = officer.post(path, files={"file": ("a.jpg", photo(), "image/jpeg")})
    assert (unkeyed.status_code, unkeyed.json()["code"]) == (428, "precondition_required")
    assert files() == kept
    assert signed_in("planner").get(f"/api/cases/{known.case['id']}").json()["evidence"] == known.case["evidence"]


def test_a_key_used_for_another_body_is_refused(signed_in: Clients) -> None:
    planner, key = signed_in("planner"), str(uuid4())
    said = post(planner, "/api/keys", {"label": "一"})
    assert said.is_success
    first = planner.post("/api/keys", json={"label": "二"}, headers={"idempotency-key": key})
    other = planner.post("/api/keys", json={"label": "三"}, headers={"idempotency-key": key})
    assert (first.status_code, other.status_code, other.json()["code"]) == (201, 409, "idempotency_key_reused")
