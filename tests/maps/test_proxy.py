"""Below a sub-path: a real reverse proxy on a port of its own in front of the real app; every link from `/` stays below it and answers."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.accounts.deps import signed
from app.core import db
from app.core.principal import Role
from app.main import CONSOLE, create_app
from app.settings import settings
from tests.conftest import _free_port as free_port
from tests.maps.conftest import person

HOP = {"connection", "transfer-encoding", "content-length", "host", "date", "server"}
MODES = ("forwarded headers", "root path, stripped", "root path, kept", "public URL")
BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def proxy(port: int, own: int, mode: str) -> Starlette:
    """/yima/… → the service, as nginx does it: Host rewritten, prefix stripped (or left), X-Forwarded-* where the mode has them."""
    client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60)

    async def forward(request: Request) -> Response:
        path = request.url.path if mode == "root path, kept" else request.url.path.removeprefix("/yima") or "/"
        headers = {k: v for k, v in request.headers.items() if k not in HOP}
        if mode != "public URL":
            headers |= {"x-forwarded-host": f"127.0.0.1:{own}", "x-forwarded-proto": "http"}
        if mode == "forwarded headers":
            headers["x-forwarded-prefix"] = "/yima"
        query = f"?{request.url.query}" if request.url.query else ""
        answer = await client.request(request.method, path + query, headers={**headers, "accept-encoding": "identity"})
        return Response(answer.content, answer.status_code, {k: v for k, v in answer.headers.items() if k not in HOP})

    return Starlette(routes=[Route("/yima{rest:path}", forward, methods=["GET", "HEAD", "OPTIONS", "POST"])])


@asynccontextmanager
async def serving(app: Any, port: int) -> AsyncIterator[None]:
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", lifespan="off"))
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield
    server.should_exit = True
    await task


@pytest.fixture(params=MODES)
async def site(request: pytest.FixtureRequest, county: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """Address of the proxied service, signed in as a planner."""
    port, own = free_port(), free_port()
    here = f"http://127.0.0.1:{own}/yima"
    if request.param.startswith("root path"):
        monkeypatch.setenv("YIMA_ROOT_PATH", "/yima")
    if request.param == "public URL":
        monkeypatch.setenv("YIMA_PUBLIC_URL", here)
    settings.cache_clear()
    app = create_app()
    app.dependency_overrides[signed] = lambda: person(Role.planner)
    app.state.map_pool = await db.map_pool(size=2)
    async with serving(app, port), serving(proxy(port, own, request.param), own):
        yield here
    await app.state.map_pool.close()
    monkeypatch.undo()
    settings.cache_clear()


def addresses(answer: httpx.Response) -> Iterator[str]:
    """Every address an answer leads to."""
    if "location" in answer.headers:
        yield answer.headers["location"]
    yield from re.findall(r"<([^>]+)>; *rel=", answer.headers.get("link", ""))
    kind = answer.headers.get("content-type", "")
    if "html" in kind:
        for found in re.findall(r'(?:href|src|action)="([^"]*)"', re.sub(r"<pre>.*?</pre>", "", answer.text, flags=re.DOTALL)):
            yield unescape(found)
    elif "json" in kind and "seq" not in kind:
        yield from _members(json.loads(answer.text))


def _members(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for part in value:
            yield from _members(part)
    elif isinstance(value, dict):
        for name, part in value.items():
            if name in ("href", "url", "$id") and isinstance(part, str):
                yield part
            elif name == "tiles" and isinstance(part, list):
                yield from part
            else:
                yield from _members(part)


def fill(address: str) -> str:
    """The north-eastern tile of a templated address: on both grids it holds the county."""
    places = {"z": "1", "y": "0", "x": "1", "tileMatrix": "1", "tileRow": "0", "tileCol": "1"}
    return re.sub(r"\{(\w+)\}", lambda m: places[m[1]], address)


async def test_no_link_leaves_the_sub_path_and_every_link_answers(site: str) -> None:
    wrong, seen, kinds = [], set(), {}
    todo = [f"{site}/", f"{site}/?f=html", f"{site}/clients", f"{site}/console", f"{site}/api/docs", f"{site}/collections/"]
    async with httpx.AsyncClient(timeout=60) as client:
        while todo:
            at = fill(todo.pop().partition("#")[0])
            shape = re.sub(r"/items/\d+", "/items/N", re.sub(r"(cursor|trail)=[^&]*", r"\1", at))
            kinds[shape] = kinds.get(shape, 0) + 1
            if at in seen or kinds[shape] > 3:
                continue
            seen.add(at)
            if not at.startswith(f"{site}/") and at != site:
                wrong.append(f"{at} leaves {site}")
                continue
            answer = await client.get(at)
            if answer.status_code >= 400:
                wrong.append(f"{answer.status_code} {at}")
                continue
            todo += [urljoin(at, found) for found in addresses(answer) if not found.startswith("data:")]
    assert not wrong, "\n".join(wrong[:40])
    paths = {urlsplit(at).path for at in seen}
    for part in ("/collections/parcels/items", "/collections/parcels/tiles/WebMercatorQuad/tilejson.json", "/api", "/conformance",
                 "/collections/parcels/styles/display_class", "/tileMatrixSets/WebMercatorQuad", "/clients/guide.md"):  # fmt: skip
        assert f"/yima{part}" in paths, part
    assert any(re.fullmatch(r"/yima/collections/parcels/tiles/WebMercatorQuad/\d+/\d+/\d+", path) for path in paths)
    if CONSOLE.is_dir():
        assert any(path.startswith("/yima/console/assets/") for path in paths)
        assert "/yima/console/swagger/swagger-ui-bundle.js" in paths
    assert len(seen) > 100


async def test_descriptions_redirects_and_problems_know_the_sub_path(site: str) -> None:
    async with httpx.AsyncClient(timeout=60) as client:
        slash = await client.get(f"{site}/collections/parcels/")
        assert (slash.status_code, slash.headers["location"]) == (307, f"{site}/collections/parcels")
        problem = (await client.get(f"{site}/collections/nothing")).json()
        assert (await client.get(urljoin(site, problem["type"]))).json()["code"] == "not_found"
        page = (await client.get(f"{site}/collections/nothing", headers=BROWSER)).text
        assert f'href="{site}/api/errors/not_found"' in page
        assert (await client.head(f"{site}/collections/parcels/items")).status_code == 200
        assert "GET" in (await client.options(f"{site}/collections")).headers["allow"]
        example = (await client.get(f"{site}/clients/leaflet.html")).text
        assert f'const YIMA = "{site}"' in example
        servers = (await client.get(f"{site}/api")).json().get("servers", [])
        assert all(urljoin(f"{site}/", one["url"]).rstrip("/") == site for one in servers)
