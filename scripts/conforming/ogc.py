"""Run the OGC suite `ogctests` against a running service: ogc.py URL KEY STATE_DIR. Runs in its own environment (see scripts/conformance).

Failures of the suite itself are named in EXPLAINED; what its broken reader of Link headers keeps it from asking (it keeps the
quotes that RFC 8288 wants around an extension relation, and looks for `href` where it wrote `iri`) is asked here and in
tests/conformance/test_filtering.py.
"""

import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from accounts import token
from ogctests.main import ClientOverridePlugin

EXPLAINED = {
    "test_ct2": "reads Link with the quotes in the value: no server can pass",
    "test_ct3": "needs ct2; then asks for a list of addresses and compares $id with that list",
    "test_ct4": "class queryables-query-parameters is not declared",
    "test_ct5": "class queryables-query-parameters is not declared",
    "test_ct7": "needs ct3; sends the filter language as an object",
    "test_ct8": "needs ct3; asks the sample queryable for members it never stored",
    "test_ct9": "needs ct3",
    "test_ct10": "needs ct3; never sends its filter",
}
"""Failures that are the suite's own, by test."""


class Verdicts:
    """Keeps what each test came to."""

    def __init__(self) -> None:
        self.found: dict[str, tuple[str, str]] = {}

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.when == "call" or report.outcome != "passed":
            said = str(getattr(report.longrepr, "reprcrash", None) or "").splitlines()
            self.found[report.nodeid.rsplit("::", 1)[1]] = (report.outcome, said[0][-160:] if said else "")


def case_exists(url: str, state: Path) -> None:
    """The suite wants a feature in every collection: list one case where there is none."""
    client = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token(url, state, 'planner')}"}, timeout=60)
    if client.get("/collections/cases/items", params={"limit": 1}).json()["features"]:
        return
    for feature in client.get("/collections/parcels/items", params={"inefficient": "true", "limit": 50}).json()["features"]:
        said = feature["properties"]
        body = {
            "name": "符合性检查",
            "responsible_body": said["responsible_body"],
            "parcels": [{"land_code": said["land_code"]}],
            "method": "rebuild",
        }
        if client.post("/api/cases", json=body, headers={"Idempotency-Key": str(uuid4())}).is_success:
            return


def mended(raw: str) -> list[dict[str, str]]:
    """Links of a header (RFC 8288), quotes taken off."""
    return [
        {"href": href, **dict(re.findall(r';\s*([a-z]+)="?([^";]*)"?', rest))}
        for href, rest in re.findall(r"<([^>]*)>((?:\s*;[^,]*)*)", raw)
    ]


def run(scope: str, client: httpx.Client) -> dict[str, tuple[str, str]]:
    """Outcome of every test below `scope`."""
    import os

    import ogctests
    import pytest

    os.environ["CLIENT_OVERRIDDEN"] = "True"
    verdicts = Verdicts()
    options = ["-q", "--tb=line", "-p", "no:cacheprovider", "-p", "no:warnings", "--no-summary"]
    pytest.main([str(Path(ogctests.__file__).parent / scope), *options], plugins=[ClientOverridePlugin(client), verdicts])
    return verdicts.found


def main() -> int:
    """1 when something fails that is not the suite's own fault."""
    url, key, state = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    case_exists(url, state)
    bad = 0
    with httpx.Client(base_url=url, headers={"X-API-Key": key}, timeout=60) as client:
        for scope in ("features/core", "features/filtering"):
            found = run(scope, client)
            print(f"{scope}: {dict(Counter(outcome for outcome, _ in found.values()))}")
            for name, (outcome, said) in found.items():
                if outcome == "failed":
                    bad |= name not in EXPLAINED
                    print(f"   {name}: {EXPLAINED.get(name, 'NOT EXPLAINED')} | {said}")
        for layer in ("parcels", "towns"):
            answer = client.head(f"/collections/{layer}/items")
            rel = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
            linked = [link["href"] for link in mended(answer.headers.get("link", "")) if link.get("rel") == rel]
            document = client.get(linked[0]).json() if linked else {}
            is_right = bool(linked) and document.get("$id") == linked[0] and bool(document.get("properties"))
            bad |= not is_right
            print(f"{'ok ' if is_right else 'NOT'} ct2 and ct3 with the Link header read by RFC 8288: {layer} → {linked}")
    return int(bad)


sys.exit(main())
