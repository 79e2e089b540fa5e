"""OGC API Features Part 1 (17-069r4) over every collection of the running service: the abstract tests, asked with real data."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.conformance.conftest import GEOJSON

pytestmark = pytest.mark.serial
REL = "http://www.opengis.net/def/rel/ogc/1.0/"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"


def rels(links: list[dict[str, Any]]) -> set[str]:
    assert all(one["href"] and one["rel"] and one["type"] for one in links)
    return {one["rel"] for one in links}


def items(planner: httpx.Client, collection: dict[str, Any], **params: Any) -> httpx.Response:
    return planner.get(f"/collections/{collection['id']}/items", params=params)


def test_landing_page_conformance_and_collections(planner: httpx.Client, collections: list[dict[str, Any]]) -> None:
    landing = planner.get("/").json()
    assert rels(landing["links"]) >= {"self", "service-desc", "service-doc", "conformance", "data"}
    for link in landing["links"]:
        assert planner.get(link["href"]).status_code == 200, link
    said = planner.get("/conformance").json()["conformsTo"]
    assert len(said) == len(set(said))
    assert {f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{name}" for name in ("core", "geojson", "oas30")} <= set(said)
    assert {c["id"] for c in collections} >= {"parcels", "control-lines", "towns", "blocks", "cases", "freed-land"}
    for collection in collections:
        assert collection["crs"][0] == CRS84
        assert rels(collection["links"]) >= {"self", "items", f"{REL}queryables", f"{REL}schema", f"{REL}sortables"}
        alone = planner.get(f"/collections/{collection['id']}").json()
        assert {k: alone[k] for k in ("id", "title", "description", "extent")} == {
            k: collection[k] for k in ("id", "title", "description", "extent")
        }


def test_a_page_says_what_it_is(planner: httpx.Client, collections: list[dict[str, Any]]) -> None:
    for collection in collections:
        before = datetime.now(UTC) - timedelta(seconds=2)
        answer = items(planner, collection, limit=2)
        body = answer.json()
        assert (answer.status_code, answer.headers["content-type"]) == (200, GEOJSON)
        assert rels(body["links"]) >= {"self", "collection"} | ({"next"} if body.get("numberMatched", 0) > 2 else set())
        assert len(body["features"]) == body["numberReturned"] == int(answer.headers["ogc-numberreturned"]) <= 2
        assert before <= datetime.fromisoformat(body["timeStamp"]) <= datetime.now(UTC) + timedelta(seconds=2)
        assert answer.headers["content-crs"] == f"<{CRS84}>"
        assert 'rel="self"' in answer.headers["link"]


def test_next_links_lead_through_all_features_once(planner: httpx.Client, collections: list[dict[str, Any]]) -> None:
    for collection in collections:
        whole = items(planner, collection, limit=10_000).json()
        seen, url, pages = [], f"/collections/{collection['id']}/items?limit={max(1, len(whole['features']) // 4)}", 0
        while url:
            answer = planner.get(url)
            body, pages = answer.json(), pages + 1
            seen += [f["id"] for f in body["features"]]
            url = next((one["href"] for one in body["links"] if one["rel"] == "next"), "")
            assert ('rel="next"' in answer.headers["link"]) == bool(url)
        assert seen == [f["id"] for f in whole["features"]]
        assert len(set(seen)) == len(seen)
        assert whole["numberMatched"] == len(seen)
        assert pages >= 4 or len(seen) < 4


def test_limit_is_clamped_at_the_maximum_the_document_tells(
    planner: httpx.Client, collections: list[dict[str, Any]], openapi: dict[str, Any]
) -> None:
    for collection in collections:
        told = openapi["paths"][f"/collections/{collection['id']}/items"]["get"]["parameters"]
        limit = next(p for p in told if p["name"] == "limit")
        assert (limit["schema"]["type"], limit["style"], limit["explode"]) == ("integer", "form", False)
        assert limit["schema"]["minimum"] == 1 <= limit["schema"]["default"] <= limit["schema"]["maximum"]
        answer = items(planner, collection, limit=limit["schema"]["maximum"] * 10)
        assert answer.status_code == 200
        assert len(answer.json()["features"]) <= limit["schema"]["maximum"]
        assert items(planner, collection, limit=0).status_code == 400
    assert openapi["components"]["parameters"]["limit"]["schema"]["maximum"] == 10_000


def test_an_extent_in_four_and_six_numbers(planner: httpx.Client, collections: list[dict[str, Any]]) -> None:
    for collection in collections:
        w, s, e, n = collection["extent"]["spatial"]["bbox"][0]
        middle = [(w + e) / 2, s, e, n]
        flat = items(planner, collection, bbox=",".join(map(str, middle)), limit=500).json()
        high = items(planner, collection, bbox=",".join(map(str, (*middle[:2], -50, *middle[2:], 9_000))), limit=500).json()
        assert [f["id"] for f in flat["features"]] == [f["id"] for f in high["features"]]
        assert not items(planner, collection, bbox="0,0,1,1").json()["features"]


INTERVALS = ("2025-09-30", "2025-09-30T00:00:00Z", "2025-01-01/2025-09-30", "../2025-09-30", "2025-09-30/..", "/2025-09-30", "2025-09-30/",
             "2025-09-30T08:00:00+08:00/..")  # fmt: skip


@pytest.mark.parametrize("interval", INTERVALS)
def test_datetime_on_every_collection(planner: httpx.Client, collections: list[dict[str, Any]], interval: str) -> None:
    for collection in collections:
        answer = items(planner, collection, datetime=interval, limit=3)
        assert answer.status_code == 200, (collection["id"], answer.text[:200])
        for broken in ("..", "2025-09-30/2025-09-01", "2025-9-30", "heute", ""):
            assert items(planner, collection, datetime=broken).status_code == 400, (collection["id"], broken)


def test_datetime_selects_by_the_time_of_the_features(planner: httpx.Client) -> None:
    def count(name: str, interval: str) -> int:
        return len(planner.get(f"/collections/{name}/items", params={"datetime": interval, "limit": 10_000}).json()["features"])

    posted = planner.get("/collections/freed-land/items", params={"limit": 10_000}).json()["features"]
    days = sorted(f["properties"]["posted_on"] for f in posted)
    middle = days[len(days) // 2]
    assert count("freed-land", f"../{middle}") == sum(day <= middle for day in days) < len(days)
    assert count("freed-land", "../1990-01-01") == 0
    assert count("control-lines", "1990-01-01/1995-01-01") == 0
    assert count("control-lines", "../..") >= count("control-lines", "2025-09-30") > 0


def test_a_feature_alone_is_the_feature_of_the_page(planner: httpx.Client, collections: list[dict[str, Any]]) -> None:
    for collection in collections:
        for feature in items(planner, collection, limit=3).json()["features"]:
            answer = planner.get(f"/collections/{collection['id']}/items/{feature['id']}")
            alone = answer.json()
            assert answer.headers["content-type"] == GEOJSON
            assert rels(alone.pop("links")) >= {"self", "collection"}
            assert alone == feature
        assert planner.get(f"/collections/{collection['id']}/items/999999999999999").status_code == 404
        assert planner.get(f"/collections/{collection['id']}/items/none").status_code == 404


def test_features_are_what_the_schema_says(planner: httpx.Client, collections: list[dict[str, Any]]) -> None:
    kinds = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list}
    for collection in collections:
        told = planner.get(f"/collections/{collection['id']}/schema").json()
        shape = told["properties"].pop("geom")
        for feature in items(planner, collection, limit=50).json()["features"]:
            assert set(feature["properties"]) <= set(told["properties"]), collection["id"]
            form = None if feature["geometry"] is None else f"geometry-{feature['geometry']['type'].lower()}"
            assert form in (None, shape["format"]) or (shape["format"] == "geometry-any" and collection["id"] == "control-lines")
            for name, value in feature["properties"].items():
                said = told["properties"][name]
                assert value is None or isinstance(value, kinds[said["type"]]), (name, value, said)
                assert value is None or "enum" not in said or value in said["enum"], (name, value, said)


def test_head_options_and_wrong_methods(planner: httpx.Client, collections: list[dict[str, Any]]) -> None:
    for collection in collections:
        path = f"/collections/{collection['id']}/items"
        got, head = planner.get(path, params={"limit": 1}), planner.head(path, params={"limit": 1})
        assert (head.status_code, head.content) == (200, b"")
        for name in ("etag", "content-type", "link", "ogc-numberreturned"):
            assert head.headers[name] == got.headers[name]
        options = planner.options(path)
        assert (options.status_code, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS")
        for method in ("PUT", "PATCH", "DELETE", "POST"):
            wrong = planner.request(method, path)
            assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
            assert wrong.json()["code"] == "method_not_allowed"
    assert planner.options("/nowhere").status_code == 404
    assert planner.options("/api/cases").headers["allow"] == "GET, HEAD, OPTIONS, POST"


def test_counts_and_links_stand_in_headers_of_every_format(planner: httpx.Client) -> None:
    counts = set()
    for form, media in (("json", GEOJSON), ("csv", "text/csv"), ("geojsonseq", "application/geo+json-seq")):
        answer = planner.get("/collections/parcels/items", params={"f": form, "limit": 5})
        assert answer.headers["content-type"].startswith(media)
        assert 'rel="next"' in answer.headers["link"]
        counts.add((answer.headers["ogc-numbermatched"], answer.headers["ogc-numberreturned"]))
    assert counts == {("8000", "5")}


def test_compressed_answers_carry_the_same_content(planner: httpx.Client) -> None:
    path, params = "/collections/parcels/items", {"limit": 50}
    plain = planner.get(path, params=params, headers={"accept-encoding": "identity"})
    packed = planner.get(path, params=params, headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["vary"]
    assert plain.json()["features"] == packed.json()["features"]
    again = planner.get(path, params=params, headers={"if-none-match": packed.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_unknown_and_repeated_parameters_are_refused_everywhere(planner: httpx.Client, collections: list[dict[str, Any]]) -> None:
    paths = ["/", "/conformance", "/collections", "/api", "/api/meta", "/healthz"]
    for collection in collections:
        here = f"/collections/{collection['id']}"
        paths += [here, f"{here}/items", f"{here}/items/1", f"{here}/queryables", f"{here}/sortables", f"{here}/schema"]
    for path in paths:
        for query, code in (("ooga=booga", "parameter_unknown"), ("f=json&f=json", "parameter_repeated")):
            answer = planner.get(f"{path}?{query}")
            if code == "parameter_repeated" and answer.status_code == 400 and answer.json()["code"] == "parameter_unknown":
                continue  # the route has no f
            assert (answer.status_code, answer.json()["code"]) == (400, code), (path, query)
