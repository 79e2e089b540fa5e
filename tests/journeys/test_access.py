"""Every route with every role, with no sign-in, with a key, and with another body's and another county's ids.

The samples must name every route of the OpenAPI description: a new route without a sample fails here.
"""

import asyncio
import io
import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import openpyxl
import pytest

from tests.journeys.test_story import attach, free_inefficient_parcel, open_case, post

pytestmark = pytest.mark.serial
ROLES = ("planner", "officer", "acceptor", "reviewer", "leader", "admin", "auditor", "viewer")
OPEN = {"/", "/healthz", "/readyz", "/conformance", "/api/errors", "/api/errors/{code}", "/c/{land_code}"}
GRADES = "统一社会信用代码,年度,等级\n".encode()
STRANGER = "330681001P0000017"
FOREIGN_ID = 330681000000001


@dataclass
class World:
    """Ids the samples speak of: of the officer's own body and of another one."""

    own: dict[str, Any]
    other: dict[str, Any]
    own_case: dict[str, Any]
    other_case: dict[str, Any]
    uscc: str
    other_uscc: str
    opening: str
    evidence: str
    export: int
    import_id: int


@dataclass
class Sample:
    """How to call a route: its ids in my body and in another's, who may write, what to send."""

    own: dict[str, Any] = field(default_factory=dict)
    other: dict[str, Any] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    body: Any = None
    writers: frozenset[str] | None = None
    readers: frozenset[str] | None = None
    is_reading: bool = False
    """A POST that asks for an answer and writes nothing: open to read-only keys, no audit record."""
    owner: str | None = None
    """The one account role that may read it at all; to the others it does not exist."""
    officer_sees_other: bool = True
    """Whether an officer gets 200 (outline or totals) for another body's id rather than 404."""


def samples(w: World) -> dict[tuple[str, str], Sample]:
    box = {"bbox": "121.0,30.0,121.7,30.4", "limit": 3}
    parcel = ({"land_code": w.own["land_code"]}, {"land_code": w.other["land_code"]})
    case, other_case = {"case": w.own_case["id"]}, {"case": w.other_case["id"]}
    listers, jx = frozenset({"planner", "officer", "acceptor"}), frozenset({"acceptor"})
    body = {"name": "权限试验", "responsible_body": w.own["responsible_body"], "parcels": [{"land_code": w.own["land_code"]}]}
    tiles = {"collection_id": "parcels", "tms": "WebMercatorQuad"}
    importers = frozenset({"planner", "admin"})
    job = {"import_id": w.import_id}
    found = {(("get"), path): Sample() for path in OPEN if "{" not in path}
    found |= {("get", p): Sample() for p in ("/collections", "/api/meta", "/api/policy", "/api/policy/targets", "/api/targets",
                                             "/api/classification/runs", "/api/session")}  # fmt: skip
    for layer in ("parcels", "control-lines", "towns", "blocks", "cases", "freed-land"):
        found["get", f"/collections/{layer}/items"] = Sample(query=box)
    found |= {
        ("get", "/collections/{collection_id}"): Sample({"collection_id": "parcels"}),
        ("get", "/collections/{collection_id}/queryables"): Sample({"collection_id": "parcels"}),
        ("get", "/collections/{collection_id}/sortables"): Sample({"collection_id": "parcels"}),
        ("get", "/collections/{collection_id}/schema"): Sample({"collection_id": "parcels"}),
        ("get", "/collections/parcels/items/{feature_id}"): Sample({"feature_id": w.own["id"]}, {"feature_id": w.other["id"]}),
        ("get", "/collections/control-lines/items/{feature_id}"): Sample({"feature_id": 330282000000001}),
        ("get", "/collections/towns/items/{feature_id}"): Sample({"feature_id": 1}),
        ("get", "/collections/blocks/items/{feature_id}"): Sample({"feature_id": 330282000000001}),
        ("get", "/collections/cases/items/{feature_id}"): Sample({"feature_id": w.own_case["id"]}, {"feature_id": w.other_case["id"]}, officer_sees_other=False),
        ("get", "/collections/freed-land/items/{feature_id}"): Sample({"feature_id": 1}),
        ("get", "/collections/{collection_id}/tiles"): Sample({"collection_id": "parcels"}),
        ("get", "/collections/{collection_id}/tiles/{tms}"): Sample(tiles),
        ("get", "/collections/{collection_id}/tiles/{tms}/tilejson.json"): Sample(tiles),
        ("get", "/collections/{collection_id}/tiles/{tms}/{z}/{row}/{col}"): Sample(tiles | {"z": 10, "row": 421, "col": 856}),
        ("get", "/collections/{collection_id}/styles"): Sample({"collection_id": "parcels"}),
        ("get", "/collections/{collection_id}/styles/{style_id}"): Sample({"collection_id": "parcels", "style_id": "grade"}),
        ("get", "/styles"): Sample(),
        ("get", "/styles/{style_id}"): Sample({"style_id": "grade"}),
        ("get", "/tileMatrixSets"): Sample(),
        ("get", "/tileMatrixSets/{tms}"): Sample({"tms": "CGCS2000Quad"}),
        ("get", "/api/errors/{code}"): Sample({"code": "not_found"}),
        ("get", "/c/{land_code}"): Sample(*parcel),
        ("get", "/api/parcels/{land_code}"): Sample(*parcel),
        ("get", "/api/parcels/{land_code}/verdicts"): Sample(*parcel, officer_sees_other=False),
        ("get", "/api/enterprises/{uscc}"): Sample({"uscc": w.uscc}, {"uscc": w.other_uscc}, officer_sees_other=False),
        ("get", "/api/changes"): Sample(query={"limit": 3}),
        ("get", "/api/classification/summary"): Sample(),
        ("get", "/api/classification/parcels"): Sample(),
        ("get", "/api/cases"): Sample(),
        ("get", "/api/cases/summary"): Sample(),
        ("get", "/api/cases/{case}"): Sample(case, other_case, officer_sees_other=False),
        ("get", "/api/cases/{case}/evidence/{sha256}"): Sample(case | {"sha256": w.evidence}, other_case | {"sha256": w.evidence}, officer_sees_other=False),
        ("get", "/api/ledger/postings"): Sample(),
        ("get", "/api/targets/{target_id}/progress"): Sample({"target_id": "CX-008"}),
        ("get", "/api/ranking"): Sample(query={"target": "CX-008"}),
        ("get", "/api/stats"): Sample(query={"bbox": box["bbox"]}),
        ("get", "/api/stats/parcels"): Sample(query={"limit": 3}),
        ("post", "/api/analysis/overlay"): Sample(
            body={"geometry": w.own["geometry"]}, writers=frozenset(ROLES) - {"viewer"}, is_reading=True
        ),
        ("post", "/api/exports"): Sample(
            body={"collection": "parcels", "format": "csv", "bbox": "121.25,30.17,121.26,30.18"}, writers=frozenset(ROLES), is_reading=True
        ),
        ("get", "/api/exports"): Sample(),
        ("get", "/api/exports/{export_id}"): Sample({"export_id": w.export}, owner="planner"),
        ("get", "/api/exports/{export_id}/file"): Sample({"export_id": w.export}, owner="planner"),
        ("delete", "/api/exports/{export_id}"): Sample({"export_id": w.export}, writers=frozenset(ROLES)),
        ("get", "/api/imports/template"): Sample(query={"kind": "indicators"}, readers=frozenset({"planner", "admin", "officer"})),
        ("get", "/api/imports/corrections"): Sample(readers=frozenset({"planner", "admin"})),
        ("get", "/api/imports/corrections/fields"): Sample(query={"land_code": w.own["land_code"]}, readers=frozenset({"planner", "admin"})),
        ("post", "/api/imports/corrections"): Sample(
            body={"land_code": w.own["land_code"], "field": "name", "old": "没有这个名称", "new": "一号地", "reason": "试验"},
            writers=frozenset({"planner", "admin"}),
        ),
        ("get", "/api/imports/{import_id}/files/{number}/returned"): Sample(
            job | {"number": 1}, job | {"number": 1}, readers=frozenset({"planner", "admin"}), officer_sees_other=False
        ),
        ("post", "/api/imports/corrections/{correction_id}/decision"): Sample(
            {"correction_id": 1}, body={"decision": "reject"}, writers=frozenset({"planner", "admin"})
        ),
        ("get", "/api/settings/shifted-crs"): Sample(),
        ("put", "/api/settings/shifted-crs"): Sample(body={"is_enabled": False}, writers=frozenset({"admin"})),
        ("get", "/api/audit"): Sample(readers=frozenset({"auditor", "admin"})),
        ("get", "/api/audit/verify"): Sample(readers=frozenset({"auditor", "admin"})),
        ("post", "/api/session"): Sample(),
        ("delete", "/api/session"): Sample(),
        ("post", "/api/keys"): Sample(body={"label": "权限试验"}, writers=frozenset(ROLES)),
        ("get", "/api/keys"): Sample(),
        ("post", "/api/keys/{key_id}/revoke"): Sample({"key_id": 0}, writers=frozenset(ROLES)),
        ("post", "/api/cases"): Sample(body=body, writers=listers),
        ("post", "/api/cases/{case}/transitions"): Sample(case, other_case, body={"step": "assign", "detail": {"deadline_on": "2025-12-01"}}, writers=jx),
        ("post", "/api/cases/{case}/evidence"): Sample(case, other_case, writers=frozenset({"officer", "acceptor", "planner", "reviewer"})),
        ("post", "/api/ledger/openings/{opening_key}/map"): Sample({"opening_key": w.opening}, body={"geometry": w.own["geometry"]}, writers=jx | {"planner", "officer"}),
        ("post", "/api/determinations"): Sample(
            body={"land_code": w.own["land_code"], "kind": "inefficient", "document": "试验〔2025〕1号", "decided_on": "2025-09-01", "decided_by": "专班"}, writers=jx
        ),
        ("post", "/api/determinations/{determination_id}/revoke"): Sample({"determination_id": 1}, body={"document": "x", "revoked_on": "2025-09-02"}, writers=jx),
    }  # fmt: skip
    for way in ("", "/events", "/issues", "/diff", "/manifest"):
        found["get", f"/api/imports/{{import_id}}{way}"] = Sample(job, job, readers=importers, officer_sees_other=False)
    for way, asked in (("decisions", {"crs": "EPSG:4549"}), ("apply", {}), ("cancel", {}), ("undo", {"reason": "试验"})):
        found["post", f"/api/imports/{{import_id}}/{way}"] = Sample(job, job, body=asked, writers=importers, officer_sees_other=False)
    found |= {
        ("post", "/api/imports"): Sample(writers=importers),
        ("get", "/api/imports"): Sample(readers=importers),
        ("get", "/api/imports/suppliers"): Sample(readers=importers),
        ("get", "/api/imports/words"): Sample(readers=importers),
    }
    return found


def call(client: httpx.Client, method: str, path: str, sample: Sample, ids: dict[str, Any]) -> httpx.Response:
    for name in [part[1:-1].removesuffix(":path") for part in path.split("/") if part.startswith("{")]:
        path = path.replace("{" + name + "}", str(ids.get(name, sample.own.get(name))))
    headers = {} if method == "get" else {"idempotency-key": str(uuid4()), "if-match": '"1"'}
    if path.endswith("/evidence") and method == "post":
        return client.post(
            path, files={"file": ("a.jpg", b"\xff\xd8\xff\xe0" + uuid4().bytes * 8 + b"\xff\xd9", "image/jpeg")}, headers=headers
        )
    if path == "/api/imports" and method == "post":
        return client.post(path, data={"kind": "grades"}, files={"file": ("grades.csv", GRADES)}, headers=headers)
    return client.request(method, path, params=sample.query, json=sample.body, headers=headers)


@pytest.fixture(scope="module")
def world(live_server: Any, signed_in: Callable[..., httpx.Client]) -> World:
    planner, acceptor = signed_in("planner"), signed_in("acceptor")
    box = tuple(planner.get("/api/session").json()["county"]["bbox"])
    first = free_inefficient_parcel(planner, box)
    body = first["properties"]["responsible_body"]
    second = first
    while second["properties"]["responsible_body"] == body:
        second = free_inefficient_parcel(planner, box)
    cases = [open_case(planner, feature) for feature in (first, second)]
    officer = signed_in("officer", body=body)
    attach(officer, cases[0])
    evidence = officer.get(f"/api/cases/{cases[0]['id']}").json()["evidence"][0]["sha256"]
    postings = acceptor.get("/api/ledger/postings", params={"geometry_status": "unmapped", "limit": 1}).json()["items"]

    def uscc(feature: dict[str, Any]) -> str:
        return planner.get(f"/api/parcels/{feature['properties']['land_code']}").json()["occupants"][0]["uscc"]

    flat = [{**f["properties"], "id": f["id"], "geometry": f["geometry"]} for f in (first, second)]
    return World(
        *flat, *cases, uscc(first), uscc(second), postings[0]["opening_key"], evidence, finished_export(planner), waiting_import(planner)
    )


def finished_export(client: httpx.Client) -> int:
    """A small export of this account, its file in place."""
    asked = {"collection": "parcels", "format": "csv", "bbox": "121.25,30.17,121.26,30.18"}
    job = client.post("/api/exports", json=asked).json()["id"]
    end = time.monotonic() + 60
    while (said := client.get(f"/api/exports/{job}").json())["state"] in ("queued", "running") and time.monotonic() < end:
        time.sleep(0.2)
    assert said["state"] == "done", said
    return int(job)


def workbook() -> bytes:
    book = openpyxl.Workbook()
    book.active.append(GRADES.decode().strip().split(","))
    book.save(out := io.BytesIO())
    return out.getvalue()


def waiting_import(client: httpx.Client) -> int:
    """A delivery that was read and waits for somebody to say apply."""
    files, headers = {"file": ("grades.xlsx", workbook())}, {"idempotency-key": str(uuid4())}
    job = client.post("/api/imports", data={"kind": "grades"}, files=files, headers=headers).json()["id"]
    end = time.monotonic() + 60
    while (said := client.get(f"/api/imports/{job}").json())["state"] in ("queued", "staging") and time.monotonic() < end:
        time.sleep(0.2)
    assert said["state"] == "staged", said
    return int(job)


def readable(sample: Sample, role: str, path: str) -> set[int]:
    """What a GET may answer this role."""
    if sample.owner not in (None, role):
        return {404}
    if sample.readers is not None and role not in sample.readers:
        return {403}
    if role == "viewer":
        return {200, 204, 400, 403, 404}
    return {200, 204, 302, 404 if path.endswith("/freed-land/items/{feature_id}") else 200}


def audit_count(live: Any) -> Counter[str]:
    """Records by action; those of exports come from the worker, in its own time."""

    async def read() -> list[asyncpg.Record]:
        conn = await asyncpg.connect(live.dsn())
        try:
            return await conn.fetch(
                "SELECT action, count(*) AS n FROM audit_record WHERE county_code = '330282' AND action <> 'export.make' GROUP BY 1"
            )
        finally:
            await conn.close()

    return Counter({row["action"]: row["n"] for row in asyncio.run(read())})


def test_every_route_with_every_role(live_server: Any, signed_in: Callable[..., httpx.Client], world: World, capsys: Any) -> None:
    described = httpx.get(f"{live_server.url}/api").json()["paths"]
    routes = {(method, path) for path, item in described.items() for method in item}
    table = samples(world)
    assert routes == set(table), f"routes without a sample or samples without a route: {routes ^ set(table)}"

    body = world.own["responsible_body"]
    clients = {role: signed_in(role, body=body if role == "officer" else None) for role in ROLES}
    key = post(clients["planner"], "/api/keys", {"label": "试验"}).json()["key"]
    wrong: list[str] = []
    count = 0

    def expect(said: httpx.Response, allowed: set[int], who: str, method: str, path: str) -> None:
        nonlocal count
        count += 1
        if said.status_code not in allowed:
            wrong.append(f"{method} {path} as {who}: {said.status_code}, expected {sorted(allowed)}: {said.text[:160]}")

    with httpx.Client(base_url=live_server.url) as anonymous, httpx.Client(base_url=live_server.url, headers={"x-api-key": key}) as keyed:
        for (method, path), sample in sorted(table.items()):
            if path == "/api/session" and method != "get":
                continue
            fine = {200, 201, 204, 302, 307}
            expect(call(anonymous, method, path, sample, sample.own), fine if path in OPEN else {401}, "anonymous", method, path)
            if method != "get" and not sample.is_reading:
                expect(call(keyed, method, path, sample, sample.own), {403}, "a read-only key", method, path)
            for role, client in clients.items():
                before = audit_count(live_server) if method != "get" else None
                answer = call(client, method, path, sample, sample.own)
                if method == "get":
                    expect(answer, readable(sample, role, path), role, method, path)
                else:
                    assert sample.writers is not None
                    allowed = {200, 201, 202, 404, 409, 412, 422} if role in sample.writers else {403, 404}
                    expect(answer, allowed, role, method, path)
                    grown = sum((audit_count(live_server) - before).values())
                    if answer.is_success and grown != (not sample.is_reading):
                        wrong.append(f"{method} {path} as {role}: {grown} audit records")
                if sample.other:
                    foreign = {
                        k: (FOREIGN_ID if isinstance(v, int) else STRANGER if k == "land_code" else v) for k, v in sample.other.items()
                    }
                    if path not in OPEN and foreign != sample.other:
                        expect(call(client, method, path, sample, foreign), {404, 403, 400, 422}, f"{role}, another county", method, path)
                    if role == "officer" and not sample.officer_sees_other:
                        expect(call(client, method, path, sample, sample.other), {404, 403}, "officer, another body", method, path)
    with capsys.disabled():
        sys.stdout.write(f"\n{count} calls: {len(routes)} routes × {len(ROLES)} roles, no sign-in, a key, another body, another county\n")
    assert not wrong, "\n".join(wrong)


def test_officer_sees_outline_only_of_other_bodies(signed_in: Callable[..., httpx.Client], world: World) -> None:
    officer = signed_in("officer", body=world.own["responsible_body"])
    mine = officer.get(f"/collections/parcels/items/{world.own['id']}").json()["properties"]
    theirs = officer.get(f"/collections/parcels/items/{world.other['id']}").json()["properties"]
    assert "inefficient" in mine
    assert "area_registered_m2" in mine
    assert not {"inefficient", "grade", "tax_band", "display_class", "criteria_true"} & set(theirs), theirs


TAXED = """
SELECT e.uscc FROM enterprise e JOIN enterprise_indicator i ON i.enterprise_id = e.id
WHERE e.county_code = $1 AND i.tax_wan IS NOT NULL ORDER BY e.uscc LIMIT 1
"""
READS = "SELECT count(*) FROM read_log WHERE county_code = $1 AND object_id = $2"


async def told(live: Any, statement: str, *values: Any) -> Any:
    """One value of the running service's database."""
    conn = await asyncpg.connect(live.dsn())
    try:
        return await conn.fetchval(statement, *values)
    finally:
        await conn.close()


def test_no_exact_tax_on_the_map_and_exact_reads_are_logged(live_server: Any, signed_in: Callable[..., httpx.Client], world: World) -> None:
    planner, viewer = signed_in("planner"), signed_in("viewer")
    text = json.dumps(planner.get(f"/collections/parcels/items/{world.own['id']}").json())
    assert "tax_per_mu" not in text
    taxed = asyncio.run(told(live_server, TAXED, "330282"))
    portrait = planner.get(f"/api/enterprises/{taxed}").json()
    assert any(year.get("tax_wan") is not None for year in portrait["indicators"])
    seen = viewer.get(f"/api/enterprises/{taxed}")
    assert seen.status_code in (403, 404) or "tax_wan" not in seen.text
    assert asyncio.run(told(live_server, READS, "330282", taxed)) >= 1
