"""The standard surface of the running service, asked with a planner's token."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Clients = Callable[..., httpx.Client]
GEOJSON = "application/geo+json"


@pytest.fixture(scope="module")
def planner(signed_in: Clients) -> httpx.Client:
    return signed_in("planner")


@pytest.fixture(scope="module")
def collections(planner: httpx.Client) -> list[dict[str, Any]]:
    """What /collections lists for a planner."""
    return planner.get("/collections").raise_for_status().json()["collections"]


@pytest.fixture(scope="module")
def openapi(live_server: Any) -> dict[str, Any]:
    """The document the landing page links to, read by nobody in particular."""
    landing = httpx.get(f"{live_server.url}/").json()
    link = next(one for one in landing["links"] if one["rel"] == "service-desc")
    answer = httpx.get(link["href"]).raise_for_status()
    assert answer.headers["content-type"] == link["type"] == "application/vnd.oai.openapi+json;version=3.0"
    return answer.json()
