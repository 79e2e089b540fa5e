"""Sign-in, sessions, keys, idempotency, against the running app (in-process) and a real database."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from app.accounts import demo
from app.core import db
from app.main import create_app, lifespan

COUNTY = "330381"


@pytest.fixture(scope="module")
async def accounts(seeded: None, tmp_path_factory: pytest.TempPathFactory) -> list[dict]:
    path: Path = tmp_path_factory.mktemp("accounts") / "demo-accounts.json"
    async with db.engine().begin() as conn:
        made = await demo.ensure(conn, county_code=COUNTY, path=path, prefix="ra-")
        again = await demo.ensure(conn, county_code=COUNTY, path=path, prefix="ra-")
    assert made == again, "a second call keeps passwords"
    assert path.stat().st_mode & 0o077 == 0
    return made


@pytest.fixture
async def client(accounts: list[dict]) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app()
    async with lifespan(app), httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
        yield client


def person(accounts: list[dict], role: str) -> dict:
    found = next(a for a in accounts if a["role"] == role)
    return {"username": found["username"], "password": found["password"]}


async def bearer(client: httpx.AsyncClient, who: dict) -> dict[str, str]:
    answer = await client.post("/api/session", json=who)
    assert answer.status_code == 200, answer.text
    client.cookies.clear()
    return {"authorization": f"Bearer {answer.json()['token']}"}


async def test_a_session_ends_at_once_when_signed_out(client: httpx.AsyncClient, accounts: list[dict]) -> None:
    headers = await bearer(client, person(accounts, "planner"))
    assert (await client.get("/api/session", headers=headers)).json()["account"]["role"] == "planner"
    assert (await client.delete("/api/session", headers=headers)).status_code == 204
    gone = await client.get("/api/session", headers=headers)
    assert (gone.status_code, gone.json()["code"]) == (401, "unauthenticated")


async def test_wrong_password_is_named_and_guessing_is_stopped(client: httpx.AsyncClient, accounts: list[dict]) -> None:
    who = person(accounts, "auditor") | {"password": "wrong"}
    codes = [(await client.post("/api/session", json=who)).json()["code"] for _ in range(11)]
    assert codes == ["bad_credentials"] * 10 + ["too_many_attempts"]


async def test_a_key_reads_and_never_writes(client: httpx.AsyncClient, accounts: list[dict]) -> None:
    headers = await bearer(client, person(accounts, "planner"))
    missing = await client.post("/api/keys", json={"label": "大屏"}, headers=headers)
    assert (missing.status_code, missing.json()["code"]) == (428, "precondition_required")
    key = (await client.post("/api/keys", json={"label": "大屏"}, headers=headers | {"idempotency-key": str(uuid4())})).json()["key"]
    with_key = {"x-api-key": key}
    assert (await client.get("/api/session", headers=with_key)).status_code == 200
    refused = await client.post("/api/keys", json={"label": "再来"}, headers=with_key | {"idempotency-key": str(uuid4())})
    assert (refused.status_code, refused.json()["code"]) == (403, "key_read_only")
    listed = await client.get("/api/keys", headers=with_key)
    assert (listed.status_code, listed.json()["code"]) == (403, "key_scope")
    in_url = await client.get("/api/session", params={"tk": key})
    assert in_url.status_code == 401, "a key in the URL stands only for the pages it was issued to"


async def test_the_same_idempotency_key_answers_once_and_is_refused_for_another_body(
    client: httpx.AsyncClient, accounts: list[dict]
) -> None:
    headers = await bearer(client, person(accounts, "planner")) | {"idempotency-key": str(uuid4())}
    first = await client.post("/api/keys", json={"label": "一次"}, headers=headers)
    again = await client.post("/api/keys", json={"label": "一次"}, headers=headers)
    assert again.json() == first.json() | {"key": None}, "the answer kept for a repetition holds no secret"
    assert again.headers["idempotency-replayed"] == "true"
    other = await client.post("/api/keys", json={"label": "别的"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    async with db.engine().connect() as conn:
        made = (await conn.execute(text("SELECT count(*) FROM api_key WHERE label = '一次'"))).scalar()
    assert made == 1


async def test_unknown_parameters_and_bad_bodies_are_named(client: httpx.AsyncClient, accounts: list[dict]) -> None:
    headers = await bearer(client, person(accounts, "planner"))
    unknown = await client.get("/api/session", params={"bogus": 1}, headers=headers)
    assert (unknown.status_code, unknown.json()["code"]) == (400, "parameter_unknown")
    shape = await client.post("/api/session", json={"username": "x", "extra": 1})
    assert (shape.status_code, shape.json()["code"]) == (422, "body_invalid")
    assert (await client.get("/api/nowhere")).json()["code"] == "not_found"


async def test_a_failing_commit_is_a_problem_for_the_caller(client: httpx.AsyncClient, accounts: list[dict]) -> None:
    """A deferred constraint trigger breaks COMMIT itself: the caller must not hear 200."""
    owner = db.make_engine(role=db.OWNER, pool_size=1)
    async with owner.begin() as conn:
        await conn.execute(text("CREATE FUNCTION break_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$"))
        await conn.execute(
            text("CREATE CONSTRAINT TRIGGER break_commit AFTER INSERT ON api_key DEFERRABLE INITIALLY DEFERRED"
                 " FOR EACH ROW WHEN (new.label = '坏') EXECUTE FUNCTION break_commit()")
        )  # fmt: skip
    headers = await bearer(client, person(accounts, "planner")) | {"idempotency-key": str(uuid4())}
    answer = await client.post("/api/keys", json={"label": "坏"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (503, "commit_failed")
    async with owner.begin() as conn:
        await conn.execute(text("DROP TRIGGER break_commit ON api_key"))
        await conn.execute(text("DROP FUNCTION break_commit"))
        assert (await conn.execute(text("SELECT count(*) FROM api_key WHERE label = '坏'"))).scalar() == 0
    await owner.dispose()


async def test_a_key_opens_its_own_origins_and_no_other(client: httpx.AsyncClient, accounts: list[dict]) -> None:
    headers = await bearer(client, person(accounts, "planner")) | {"idempotency-key": str(uuid4())}
    body = {"label": "大屏前端", "origins": ["http://map.example"]}
    key = (await client.post("/api/keys", json=body, headers=headers)).json()["key"]
    ask = {"origin": "http://map.example", "access-control-request-method": "GET", "access-control-request-headers": "x-api-key"}
    preflight = await client.options("/collections/parcels/items", headers=ask)
    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (204, "http://map.example")
    assert "X-API-Key" in preflight.headers["access-control-allow-headers"]
    own = await client.get("/api/session", headers={"origin": "http://map.example", "x-api-key": key})
    assert own.headers["access-control-allow-origin"] == "http://map.example"
    assert "ETag" in own.headers["access-control-expose-headers"]
    for said in ({"origin": "http://other.example", "x-api-key": key}, {"origin": "http://map.example"}):
        assert "access-control-allow-origin" not in (await client.get("/api/session", headers=said)).headers
    assert (await client.options("/collections/parcels/items", headers=ask | {"origin": "http://other.example"})).status_code == 403


async def test_a_body_larger_than_any_upload_is_refused(client: httpx.AsyncClient, accounts: list[dict]) -> None:
    headers = await bearer(client, person(accounts, "planner")) | {"idempotency-key": str(uuid4())}

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(45):
            yield b" " * (1 << 20)

    answer = await client.post("/api/keys", content=endless(), headers=headers | {"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
