"""OGC API Features Part 3 (19-079r2), the abstract tests of queryables and filter, over every collection of the running service."""

import re
from typing import Any

import httpx
import pytest

from tests.conformance.conftest import GEOJSON

pytestmark = pytest.mark.serial
QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"


def ask(planner: httpx.Client, collection: dict[str, Any], text: str, **more: Any) -> httpx.Response:
    return planner.get(f"/collections/{collection['id']}/items", params={"filter": text, "limit": 10_000, **more})


def quoted(value: Any) -> str:
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value).lower()


@pytest.fixture(scope="module")
def queryables(planner: httpx.Client, collections: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {c["id"]: planner.get(f"/collections/{c['id']}/queryables").raise_for_status().json() for c in collections}


def test_items_link_to_their_queryables(planner: httpx.Client, collections: list[dict[str, Any]]) -> None:
    for collection in collections:
        header = planner.head(f"/collections/{collection['id']}/items").headers["link"]
        found = [href for href, rest in re.findall(r"<([^>]*)>([^<]*)", header) if f'rel="{QUERYABLES}"' in rest]
        assert found, header
        answer = planner.get(found[0], headers={"accept": "application/schema+json"})
        assert answer.headers["content-type"] == "application/schema+json"
        assert answer.json()["$id"] == found[0]


def test_queryables_are_a_schema(queryables: dict[str, dict[str, Any]]) -> None:
    for told in queryables.values():
        assert told["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert (told["type"], told["additionalProperties"]) == ("object", False)
        shapes = [name for name, said in told["properties"].items() if said.get("format", "").startswith("geometry-")]
        assert len(shapes) == 1
        assert all("type" in said or name in shapes for name, said in told["properties"].items())


def test_every_queryable_can_be_asked(
    planner: httpx.Client, collections: list[dict[str, Any]], queryables: dict[str, dict[str, Any]]
) -> None:
    for collection in collections:
        features = planner.get(f"/collections/{collection['id']}/items", params={"limit": 10_000}).json()["features"]
        for name, said in queryables[collection["id"]]["properties"].items():
            if "type" not in said or said["type"] == "array":
                continue
            shown = [f["properties"].get(name) for f in features if name in f["properties"]]
            value = next((v for v in shown if v is not None), None)
            if value is None:
                assert ask(planner, collection, f"{name} IS NULL").status_code == 200, (collection["id"], name)
                continue
            answer = ask(planner, collection, f"{name} = {quoted(value)}")
            assert (answer.status_code, answer.headers["content-type"]) == (200, GEOJSON), (collection["id"], name, answer.text[:200])
            found = answer.json()["features"]
            assert found
            assert all(f["properties"][name] == value for f in found), (collection["id"], name)
            assert len(found) == sum(v == value for v in shown), (collection["id"], name, value)


def test_text_is_the_default_language_and_mistakes_are_400(planner: httpx.Client, collections: list[dict[str, Any]]) -> None:
    for collection in collections:
        here, text = ask(planner, collection, "id > 0"), ask(planner, collection, "id > 0", **{"filter-lang": "cql2-text"})
        assert here.json()["features"] == text.json()["features"]
        as_json = ask(planner, collection, '{"op":">","args":[{"property":"id"},0]}', **{"filter-lang": "cql2-json"})
        assert as_json.json()["features"] == text.json()["features"]
        for wrong in ("this_is_not_a_queryable = 1", "id >", "id = ", "ooga=booga", "id ~ 1"):
            answer = ask(planner, collection, wrong)
            assert answer.status_code == 400, (collection["id"], wrong)
            assert answer.json()["code"].startswith("filter_"), answer.text


def test_shapes_of_a_filter_are_degrees_unless_said_otherwise(planner: httpx.Client, collections: list[dict[str, Any]]) -> None:
    for collection in collections:
        w, s, e, n = collection["extent"]["spatial"]["bbox"][0]
        whole = planner.get(f"/collections/{collection['id']}/items", params={"limit": 10_000}).json()["features"]
        found = ask(planner, collection, f"S_INTERSECTS(geom, BBOX({w - 1},{s - 1},{e + 1},{n + 1}))").json()["features"]
        assert sorted(f["id"] for f in found) == sorted(f["id"] for f in whole if f["geometry"])
        far = ask(planner, collection, "S_INTERSECTS(geom, BBOX(1000000,1000000,2000000,2000000))")
        assert far.status_code == 400, (collection["id"], far.text[:200])
