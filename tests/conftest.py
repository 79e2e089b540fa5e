"""Fixtures: a migrated PostGIS database per worker, the running service of the session, signed-in clients."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import hypothesis
import pytest
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncConnection

from app import territories
from app.core import db
from app.settings import settings

ROOT = Path(__file__).parents[1]
hypothesis.settings.register_profile("ci", derandomize=True)  # a landing must not hang on the draw; at the desk examples stay random
if os.environ.get("CI"):
    hypothesis.settings.load_profile("ci")
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of real deliveries; tests that need it are skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("../shared with the real deliveries is not here")
    return SHARED


def dsn_of(name: str) -> str:
    return make_url(settings().dsn).set(database=name).render_as_string(hide_password=False)


async def recreate(admin: str, name: str) -> None:
    conn = await asyncpg.connect(db.plain_dsn(admin))
    try:
        await conn.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        template = "template_yima" if await conn.fetchval("SELECT 1 FROM pg_database WHERE datname = 'template_yima'") else "template1"
        await conn.execute(f'CREATE DATABASE "{name}" TEMPLATE {template}')
    finally:
        await conn.close()


@pytest.fixture(scope="session")
def database(worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of this worker's database, built by the real migrations, with the territories loaded."""
    admin, name = settings().dsn, f"yima_test_{worker_id}"
    asyncio.run(recreate(admin, name))
    url = dsn_of(name)
    before = {key: os.environ.get(key) for key in ("YIMA_DATABASE_URL", "YIMA_TODAY", "YIMA_STATE_DIR")}
    os.environ |= {"YIMA_DATABASE_URL": url, "YIMA_TODAY": "2025-09-30", "YIMA_STATE_DIR": str(tmp_path_factory.mktemp("state"))}
    settings.cache_clear()
    subprocess.run([sys.executable, "-m", "alembic", "upgrade", "head"], cwd=ROOT, check=True)
    yield url
    for key, value in before.items():
        os.environ.pop(key, None)
        if value is not None:
            os.environ[key] = value
    settings.cache_clear()


@pytest.fixture(scope="session")
async def seeded(database: str) -> AsyncIterator[None]:
    """Reference territories are in."""
    async with db.engine().begin() as conn:
        await territories.seed(conn)
    yield
    await db.dispose()


@pytest.fixture
async def conn(seeded: None) -> AsyncIterator[AsyncConnection]:
    """A connection whose work is rolled back."""
    async with db.engine().connect() as connection:
        yield connection
        await connection.rollback()


@pytest.fixture(scope="session")
def worker_id(request: pytest.FixtureRequest) -> str:
    """Name of the xdist worker; 'main' without xdist."""
    return getattr(request.config, "workerinput", {}).get("workerid", "main")


# --- the service that ./scripts/run started -----------------------------------------------------------------------


@dataclass
class Running:
    """A supervisor that was started elsewhere."""

    pid: int

    def poll(self) -> int | None:
        return None if Path(f"/proc/{self.pid}").exists() else 1


@dataclass
class Live:
    """The running service: its URL, its supervisor, how to kill and wait."""

    url: str
    process: "subprocess.Popen[bytes] | Running"
    state: Path
    log: Path

    def wait_ready(self, seconds: float = 900) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            try:
                if httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.5)
        raise RuntimeError("the service did not get ready:\n" + self.log.read_text()[-3000:])

    def server_pids(self) -> list[int]:
        """Pids of the web workers."""
        children = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True, check=True).stdout.split()
        return [int(p) for p in children if "--web-fd" in Path(f"/proc/{p}/cmdline").read_text()]

    def dsn(self) -> str:
        return (self.state / "postgres.url").read_text().strip()


def _free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@pytest.fixture(scope="session")
def live_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """./scripts/run with the demo county on a private state folder: two workers, the real thing.

    YIMA_LIVE="PORT STATE_DIR" uses a service that somebody started already, for trying one test again quickly.
    """
    if os.environ.get("YIMA_LIVE"):
        port, folder = os.environ["YIMA_LIVE"].split()
        pid = int((Path(folder) / "run.lock").read_text())
        yield Live(f"http://127.0.0.1:{port}", Running(pid), Path(folder), Path(folder) / "run.log")
        return
    state = tmp_path_factory.mktemp("live")
    for folder in (state, *state.parents):  # the database's unprivileged user must pass through
        if folder.stat().st_uid == os.getuid() and "pytest" in str(folder):
            folder.chmod(0o711 | folder.stat().st_mode)
    port = _free_port()
    env = {k: v for k, v in os.environ.items() if not k.startswith("YIMA_")} | {"YIMA_STATE_DIR": str(state), "YIMA_TODAY": "2025-09-30"}
    log = state / "run.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [str(ROOT / "scripts" / "run"), "--port", str(port)], cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
    live = Live(f"http://127.0.0.1:{port}", process, state, log)
    try:
        live.wait_ready()
        yield live
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


@pytest.fixture(scope="session")
def demo_accounts(live_server: Live) -> list[dict[str, Any]]:
    """What .local/demo-accounts.json holds."""
    return json.loads((live_server.state / "demo-accounts.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def signed_in(live_server: Live, demo_accounts: list[dict[str, Any]]) -> Iterator[Callable[..., httpx.Client]]:
    """signed_in("officer", body="330282107") → a client with that account's token, one per account."""
    clients: dict[str, httpx.Client] = {}

    def get(role: str, *, body: str | None = None, nth: int = 0) -> httpx.Client:
        people = [a for a in demo_accounts if a["role"] == role and (body is None or a["responsible_body"] == body)]
        person = people[nth]
        if person["username"] not in clients:
            client = httpx.Client(base_url=live_server.url, timeout=60)
            answer = client.post("/api/session", json={"username": person["username"], "password": person["password"]})
            answer.raise_for_status()
            client.headers["authorization"] = f"Bearer {answer.json()['token']}"
            client.cookies.clear()
            clients[person["username"]] = client
        return clients[person["username"]]

    yield get
    for client in clients.values():
        client.close()
