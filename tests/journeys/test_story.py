"""The story, over HTTP, against the processes that ./scripts/run started: a random officer, parcel and town."""

import io
import os
import random
import signal
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx
import pytest
import shapely
from PIL import Image

pytestmark = pytest.mark.serial
HEADLINE = "CX-008"
Clients = Callable[..., httpx.Client]


def photo() -> bytes:
    """A small JPEG of random pixels, so that each has its own hash."""
    out = io.BytesIO()
    Image.frombytes("RGB", (16, 16), random.randbytes(768)).save(out, "JPEG")
    return out.getvalue()


def post(client: httpx.Client, path: str, body: dict[str, Any], *, version: int | None = None, ok: bool = True) -> httpx.Response:
    headers = {"idempotency-key": str(uuid4())} | ({"if-match": f'"{version}"'} if version is not None else {})
    answer = client.post(path, json=body, headers=headers)
    assert not ok or answer.is_success, answer.text
    return answer


def step(client: httpx.Client, case: dict[str, Any], name: str, **body: Any) -> dict[str, Any]:
    return case | post(client, f"/api/cases/{case['id']}/transitions", {"step": name, **body}, version=case["version"]).json()


def done_m2(client: httpx.Client) -> Decimal:
    return Decimal(str(client.get(f"/api/targets/{HEADLINE}/progress").json()["done"]["m2"]))


def attach(client: httpx.Client, case: dict[str, Any]) -> None:
    answer = client.post(
        f"/api/cases/{case['id']}/evidence", files={"file": ("现场.jpg", photo(), "image/jpeg")}, headers={"idempotency-key": str(uuid4())}
    )
    assert answer.is_success, answer.text


def free_inefficient_parcel(planner: httpx.Client, box: tuple[float, ...]) -> dict[str, Any]:
    """A low-efficiency parcel in the extent that no case has and no ledger row covers, large enough to cut."""
    found = planner.get(
        "/collections/parcels/items", params={"bbox": ",".join(map(str, box)), "limit": 5000, "inefficient": "true"}
    ).json()["features"]
    random.shuffle(found)
    for feature in found:
        properties = feature["properties"]
        if properties["case_state"] or properties["area_used_mu"] < 3 or properties["display_class"] != "yellow":
            continue
        archive = planner.get(f"/api/parcels/{properties['land_code']}").json()
        if not archive["postings"] and not archive["cases"] and not covered(planner, feature):
            return feature
    raise AssertionError("no free low-efficiency parcel in the extent")


def covered(planner: httpx.Client, feature: dict[str, Any]) -> bool:
    """Whether freed land of the ledger touches the parcel."""
    shape = shapely.geometry.shape(feature["geometry"])
    params = {"bbox": ",".join(map(str, shape.bounds)), "limit": 1000}
    freed = planner.get("/collections/freed-land/items", params=params).json()["features"]
    return any(shapely.geometry.shape(f["geometry"]).intersects(shape) for f in freed if f["geometry"])


def open_case(planner: httpx.Client, feature: dict[str, Any], *, part: dict[str, Any] | None = None) -> dict[str, Any]:
    parcel = {"land_code": feature["properties"]["land_code"]} | ({"part": part} if part else {})
    body = {"name": f"整治 {feature['properties']['land_code']}", "responsible_body": feature["properties"]["responsible_body"],
            "parcels": [parcel], "enterprises": [], "method": "rebuild"}  # fmt: skip
    return post(planner, "/api/cases", body).json()


def category(client: httpx.Client) -> str:
    """A remediation category of the county's pack."""
    return next(iter(client.get("/api/meta").json()["categories"]))


def carry_to_submitted(planner: httpx.Client, acceptor: httpx.Client, officer: httpx.Client, case: dict[str, Any]) -> dict[str, Any]:
    case = step(acceptor, case, "assign", detail={"deadline_on": "2025-12-01"})
    case = step(officer, case, "plan", detail={"plan_text": "整体拆除重建", "method": "rebuild", "category": category(officer)})
    case = step(officer, case, "remediate")
    early = post(officer, f"/api/cases/{case['id']}/transitions", {"step": "submit"}, version=case["version"], ok=False)
    assert early.status_code in (409, 422), "申请验收 without evidence is refused"
    attach(officer, case)
    return step(officer, officer.get(f"/api/cases/{case['id']}").json(), "submit")


@pytest.mark.parametrize("killed", [False, True], ids=["running", "kill -9 in between"])
def test_from_extent_to_target(live_server: Any, signed_in: Clients, killed: bool) -> None:
    planner, acceptor = signed_in("planner"), signed_in("acceptor")
    west, south, east, north = planner.get("/api/session").json()["county"]["bbox"]
    feature = free_inefficient_parcel(planner, (west, south, east, north))
    body = feature["properties"]["responsible_body"]
    officer = signed_in("officer", body=body)
    before = done_m2(planner)

    case = open_case(planner, feature)
    case = carry_to_submitted(planner, acceptor, officer, case)
    refused = post(officer, f"/api/cases/{case['id']}/transitions", {"step": "accept"}, version=case["version"], ok=False)
    assert refused.status_code == 403, "the applicant can't accept"
    assert done_m2(planner) == before, "a submitted case counts nothing"

    if killed:
        for pid in live_server.server_pids():
            os.kill(pid, signal.SIGKILL)
        time.sleep(1)
        live_server.wait_ready(60)

    case = step(acceptor, case, "accept", document="慈经信验〔2025〕1号")
    detail = planner.get(f"/api/cases/{case['id']}").json()
    accepted = sum(Decimal(str(p["accepted_m2"])) for p in detail["parcels"])
    assert done_m2(planner) - before == accepted
    rows = planner.get(f"/api/targets/{HEADLINE}/progress").json()
    assert Decimal(str(rows["done"]["mu"])) == (Decimal(str(rows["done"]["m2"])) * Decimal("0.0015")).quantize(
        Decimal("0.01"), "ROUND_HALF_UP"
    )
    assert sum(Decimal(str(r["done_m2"])) for r in rows["rows"]) == Decimal(str(rows["done"]["m2"]))

    second = overlapping_case(planner, acceptor, feature)
    second = carry_to_submitted(planner, acceptor, officer, second)
    between = done_m2(planner)
    second = step(acceptor, second, "accept", document="慈经信验〔2025〕2号")
    assert done_m2(planner) == between, "ground counted once already is not counted again"

    step(acceptor, planner.get(f"/api/cases/{case['id']}").json(), "reverse", reason="验收资料不实", document="慈经信核〔2025〕1号")
    left = done_m2(planner) - before
    part = Decimal(str(planner.get(f"/api/cases/{second['id']}").json()["parcels"][0]["accepted_m2"]))
    assert abs(left - part) <= Decimal("0.01"), "exactly the second's ground is left"

    history = planner.get(f"/api/cases/{case['id']}").json()["events"]
    assert [e["step"] for e in history] == ["list", "assign", "plan", "remediate", "submit", "accept", "reverse"]
    actors = {e["step"]: e["actor_name"] for e in history}
    assert actors["submit"] != actors["accept"]


def overlapping_case(planner: httpx.Client, acceptor: httpx.Client, feature: dict[str, Any]) -> dict[str, Any]:
    """A second project on the western half of the same parcel."""
    shape = shapely.geometry.shape(feature["geometry"])
    west, south, east, north = shape.bounds
    half = shapely.intersection(shape, shapely.box(west, south, (west + east) / 2, north))
    part = shapely.geometry.mapping(shapely.MultiPolygon([p for p in shapely.get_parts(half) if p.geom_type == "Polygon"]))
    return open_case(planner, feature, part=part)
