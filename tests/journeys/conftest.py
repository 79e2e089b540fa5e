"""What the journeys share: the planner, the generator's figures, rows of the running service's database, all pages of an address."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import asyncpg
import httpx
import pytest

COUNTY = "330282"
Clients = Callable[..., httpx.Client]


@pytest.fixture(scope="module")
def planner(signed_in: Clients) -> httpx.Client:
    return signed_in("planner")


@pytest.fixture(scope="module")
def figures(live_server: Any) -> dict[str, Any]:
    return json.loads((live_server.state / "demo" / COUNTY / "key" / "figures.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def fetch(live_server: Any) -> Callable[..., list[asyncpg.Record]]:
    """Rows of the running service's database."""

    def ask(sql: str, *values: object) -> list[asyncpg.Record]:
        async def read() -> list[asyncpg.Record]:
            conn = await asyncpg.connect(live_server.dsn())
            try:
                return await conn.fetch(sql, *values)
            finally:
                await conn.close()

        return asyncio.run(read())

    return ask


def pages(client: httpx.Client, url: str, key: str = "items") -> list[dict[str, Any]]:
    """All rows behind an address, `next` after `next`."""
    found: list[dict[str, Any]] = []
    seen: set[str] = set()
    while url not in seen:
        seen.add(url)
        answer = client.get(url)
        assert answer.status_code == 200, f"{url}: {answer.text}"
        body = answer.json()
        found += body[key]
        following = [link["href"] for link in body.get("links", []) if link["rel"] == "next"]
        if not following:
            return found
        url = (
            str(httpx.URL(f"http://x{url}").join(following[0])).removeprefix("http://x")
            if not following[0].startswith("http")
            else following[0]
        )
    raise AssertionError(f"a page follows itself: {url}")
