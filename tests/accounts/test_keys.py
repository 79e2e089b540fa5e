"""API keys: scopes, rates, lists and revocation, against the app (in-process) and a real database."""

import subprocess
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.accounts import demo, rates, scopes
from app.accounts.errors import KeyScope, TooManyRequests
from app.core import db
from app.core.errors import Problem
from app.main import create_app, lifespan
from tests.accounts.test_sign_in import bearer, person
from tests.conftest import ROOT

COUNTY, OTHER = "330382", "330383"
TILE = "/collections/parcels/tiles/WebMercatorQuad/10/420/856"
Client = httpx.AsyncClient


@pytest.fixture(scope="module")
async def accounts(seeded: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict]]:
    made = {}
    async with db.engine().begin() as conn:
        for county, prefix in ((COUNTY, "rb-"), (OTHER, "rc-")):
            path: Path = tmp_path_factory.mktemp("accounts") / "demo-accounts.json"
            made[county] = await demo.ensure(conn, county_code=county, path=path, prefix=prefix)
    return made


@pytest.fixture
async def client(accounts: dict) -> AsyncIterator[Client]:
    app = create_app()
    async with lifespan(app), Client(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
        yield client


async def signed(client: Client, accounts: dict, role: str, county: str = COUNTY) -> dict[str, str]:
    return await bearer(client, person(accounts[county], role))


async def make(client: Client, headers: dict[str, str], **terms: Any) -> httpx.Response:
    return await client.post("/api/keys", json={"label": "试验", **terms}, headers=headers | {"idempotency-key": str(uuid4())})


def passes(given: list[str] | None, path: str) -> bool:
    try:
        scopes.check(given, path)
    except KeyScope:
        return False
    return True


PATHS = {
    "items": "/collections/parcels/items", "one": "/collections/towns/items/7", "tile": TILE, "style": "/collections/towns/styles/default",
    "grids": "/tileMatrixSets", "combined": "/styles/grade", "about": "/collections/cases", "fields": "/collections/parcels/queryables", "list": "/collections",
    "landing": "/", "meta": "/api/meta", "stats": "/api/stats", "numbers": "/api/stats/parcels", "overlay": "/api/analysis/overlay",
    "feed": "/api/changes", "export": "/api/exports", "file": "/api/exports/7/file", "archive": "/api/parcels/x", "cases": "/api/cases",
    "audit": "/api/audit", "qr": "/c/x", "session": "/api/session", "keys": "/api/keys", "revoke": "/api/keys/7/revoke",
}  # fmt: skip
ALWAYS = {"list", "landing", "meta", "session"}
MAP = {"items", "one", "tile", "style", "grids"}
DOCUMENTS = {"about", "fields"}


@pytest.mark.parametrize(
    ("given", "opens"),
    [
        (None, set(PATHS)),
        (["items"], ALWAYS | DOCUMENTS | {"items", "one"}),
        (["tiles"], ALWAYS | DOCUMENTS | {"tile", "style", "grids", "combined"}),
        (["stats", "analysis"], ALWAYS | DOCUMENTS | {"stats", "numbers", "overlay"}),
        (["changes", "exports"], ALWAYS | DOCUMENTS | {"feed", "export", "file"}),
        (["registers"], ALWAYS | DOCUMENTS | {"archive", "cases", "audit", "qr", "keys", "revoke"}),
        (["parcels"], ALWAYS | {"items", "tile", "grids", "fields"}),
        (["towns", "tiles"], ALWAYS | {"style", "grids"}),
        (["parcels", "exports", "stats"], ALWAYS | {"fields", "stats", "numbers"}),
    ],
)  # fmt: skip
def test_what_a_scope_opens(given: list[str] | None, opens: set[str]) -> None:
    assert {name for name, path in PATHS.items() if passes(given, path)} == opens


def test_a_scope_is_not_fooled_by_the_way_a_path_is_written() -> None:
    for path in (
        "/collections/parcels/tiles/../items",
        "/collections//items",
        "/api/statsx",
        "/api/stats-parcels",
        "/collectionsx",
        "/api/metax",
    ):
        assert not passes(["tiles", "towns"], path), path


async def test_a_key_reads_its_scope_only(client: Client, accounts: dict) -> None:
    headers = await signed(client, accounts, "planner")
    key = {"x-api-key": (await make(client, headers, scopes=["tiles", "parcels"])).json()["key"]}
    assert (await client.get(TILE, headers=key)).status_code in (200, 204)
    for path in ("/collections/parcels/items", "/collections/towns", "/api/cases", "/api/stats"):
        answer = await client.get(path, headers=key)
        assert (answer.status_code, answer.json()["code"]) == (403, "key_scope"), path
        assert answer.json()["scopes"] == ["tiles", "parcels"]
    page = await client.get("/collections/parcels/items", headers=key | {"accept": "text/html"})
    assert page.status_code == 403, "nor as a page"


@pytest.mark.parametrize("wrong", [{"scopes": ["everything"]}, {"scopes": []}, {"rate_per_minute": 0}, {"rate_per_minute": 10**9}])
async def test_unknown_scopes_and_rates_are_refused(client: Client, accounts: dict, wrong: dict) -> None:
    answer = await make(client, await signed(client, accounts, "planner"), **wrong)
    assert (answer.status_code, answer.json()["code"]) == (422, "body_invalid")


async def test_a_rate_refuses_with_the_seconds_to_wait(client: Client, accounts: dict) -> None:
    headers = await signed(client, accounts, "planner")
    key = {"x-api-key": (await make(client, headers, rate_per_minute=20)).json()["key"]}
    answers = [await client.get("/api/meta", headers=key) for _ in range(24)]
    assert [a.status_code for a in answers[:20]] == [200] * 20, "a minute's requests may come at once"
    refused = answers[-1]
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert refused.headers["content-type"] == "application/problem+json"
    assert 1 <= int(refused.headers["retry-after"]) <= 3
    assert refused.headers["ratelimit-policy"] == '"key";q=20;w=60'
    assert refused.headers["ratelimit"].startswith('"key";r=0;t=')


async def test_a_key_without_a_rate_bears_a_burst_of_tiles(client: Client, accounts: dict) -> None:
    key = {"x-api-key": (await make(client, await signed(client, accounts, "planner"))).json()["key"]}
    found = {(await client.get(TILE, headers=key)).status_code for _ in range(250)}
    assert found <= {200, 204}


def test_a_bucket_fills_evenly_and_never_over(monkeypatch: pytest.MonkeyPatch) -> None:
    assert rates.filled(0, 100, 130, 60) == 30
    assert rates.filled(50, 100, 130, 60) == 60
    assert rates.filled(5, 100, 90, 60) == 5, "a clock set back"


def test_workers_share_a_bucket(tmp_path: Path) -> None:
    """Several processes, one key: together as many as its rate, no request counted twice or lost."""
    code = (
        "import os, sys\nfrom app.accounts import rates\nfrom app.core.errors import Problem\nwent = 0\n"
        "for _ in range(200):\n    try:\n        rates.take(7, 300)\n        went += 1\n    except Problem:\n        pass\nprint(went)"
    )
    env = {"PATH": "/usr/bin:/bin", "YIMA_STATE_DIR": str(tmp_path)}
    with ThreadPoolExecutor() as pool:
        done = list(
            pool.map(lambda _: subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True), range(4))
        )
    assert all(one.returncode == 0 for one in done), done[0].stderr
    total = sum(int(one.stdout) for one in done)
    assert 300 <= total <= 300 + 5 * 60, "a minute's worth, and what flowed in meanwhile"


def test_each_key_has_its_own_bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "_file", lambda _: __import__("os").open(tmp_path / "rates", 66, 0o600))
    rates.take(1, 1)
    rates.take(2, 1)
    with pytest.raises(TooManyRequests) as refused:
        rates.take(1, 1)
    assert 55 <= int(refused.value.headers["Retry-After"]) <= 60
    assert isinstance(refused.value, Problem)


async def test_keys_are_listed_and_ended_by_their_owner_or_the_administrator(client: Client, accounts: dict) -> None:
    planner, leader = await signed(client, accounts, "planner"), await signed(client, accounts, "leader")
    admin, elsewhere = await signed(client, accounts, "admin"), await signed(client, accounts, "admin", OTHER)
    made = (await make(client, planner, label="大屏", scopes=["tiles"], rate_per_minute=900, origins=["http://a.example"])).json()
    listed = (await client.get("/api/keys", headers=planner)).json()["items"]
    row = next(one for one in listed if one["id"] == made["id"])
    assert (row["label"], row["scopes"], row["rate_per_minute"], row["revoked_at"]) == ("大屏", ["tiles"], 900, None)
    assert made["key"] not in str(listed)
    assert made["id"] not in [one["id"] for one in (await client.get("/api/keys", headers=leader)).json()["items"]]
    assert made["id"] in [one["id"] for one in (await client.get("/api/keys", headers=admin)).json()["items"]]
    assert made["id"] not in [one["id"] for one in (await client.get("/api/keys", headers=elsewhere)).json()["items"]]

    async def revoke(headers: dict[str, str]) -> httpx.Response:
        return await client.post(f"/api/keys/{made['id']}/revoke", headers=headers | {"idempotency-key": str(uuid4())})

    for stranger in (leader, elsewhere):
        assert (await revoke(stranger)).json()["code"] == "key_unknown"
    assert (await client.get("/api/meta", headers={"x-api-key": made["key"]})).status_code == 200
    ended = await revoke(admin)
    assert (ended.status_code, ended.json()["id"]) == (200, made["id"])
    assert (await client.get("/api/meta", headers={"x-api-key": made["key"]})).status_code == 401
    assert (await revoke(planner)).status_code == 404, "only once"
