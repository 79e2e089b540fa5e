"""Schemathesis over the whole OpenAPI of a running service, as planner, officer and viewer: fuzz.py URL STATE_DIR OUT [EXAMPLES].

Counts requests and failures, and says whether a worker died. Runs in its own environment (see scripts/conformance).
"""

import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from uuid import uuid4

import httpx
from accounts import token

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance"
ROLES = ("planner", "officer", "viewer")


def workers(state: Path) -> list[int]:
    """Pids of the web workers under the supervisor."""
    parent = (state / "run.lock").read_text().strip()
    children = subprocess.run(["pgrep", "-P", parent], capture_output=True, text=True, check=True).stdout.split()
    return sorted(int(pid) for pid in children if "--web-fd" in Path(f"/proc/{pid}/cmdline").read_text())


def known(url: str, state: Path) -> dict[str, list[str]]:
    """Ids by the name of their path parameter; a planner opens two cases to have some."""
    with httpx.Client(base_url=url, headers={"authorization": f"Bearer {token(url, state, 'planner')}"}, timeout=60) as client:

        def told(path: str) -> dict[str, list[dict[str, str]]]:
            found: dict[str, list[dict[str, str]]] = client.get(path).raise_for_status().json()
            return found

        parcels = [feature["properties"] for feature in told("/collections/parcels/items?limit=40")["features"]]
        for one in parcels[:2]:
            body = {"name": "试验", "responsible_body": one["responsible_body"], "parcels": [{"land_code": one["land_code"]}]}
            client.post("/api/cases", json=body, headers={"idempotency-key": str(uuid4())})  # refused where one is open
        lists = {"case": ("/api/cases", "items", "id"), "import_id": ("/api/imports?limit=100", "imports", "id")}
        layers = ("parcels", "towns", "blocks", "control-lines", "freed-land", "cases")
        found = {name: [str(row[key]) for row in told(path)[rows]] for name, (path, rows, key) in lists.items()}
        found["feature_id"] = [str(f["id"]) for layer in layers for f in told(f"/collections/{layer}/items?limit=10")["features"]]
        found |= {
            "land_code": [one["land_code"] for one in parcels],
            "collection_id": list(layers),
            "target_id": ["CX-008"],
            "number": ["1"],
        }
        found |= {"tms": ["WebMercatorQuad", "CGCS2000Quad"], "style_id": [s["id"] for s in told("/styles")["styles"]]}
        firms = client.get("/collections/parcels/items", params={"limit": 40, "filter": "grade IS NOT NULL"}).json()["features"]
        archives = [told(f"/api/parcels/{f['properties']['land_code']}") for f in firms[:5]]
        found["uscc"] = sorted(set(re.findall(r'"uscc": ?"(\w{18})"', json.dumps(archives))))
    return {name: values for name, values in found.items() if values}


def run(url: str, state: Path, out: Path, role: str, examples: str) -> tuple[int, Counter[str]]:
    """One role: number of requests and their statuses; signing out is left to the project's tests, it would end the run's own session."""
    report = out / f"fuzz-{role}.ndjson"
    command = [
        str(Path(sys.executable).with_name("st")),
        "run",
        f"{url}/api",
        "-H",
        f"Authorization: Bearer {token(url, state, role)}",
        "--exclude-path-regex",
        "^/api/session$",
        "--checks",
        CHECKS,
        "--max-examples",
        examples,
        "--phases",
        "examples,coverage,fuzzing",
        "--workers",
        "2",
        "--continue-on-failure",
        "--no-color",
        "--request-timeout",
        "60",
        "--no-shrink",
        "--report",
        "ndjson",
        "--report-ndjson-path",
        str(report),
    ]
    with (out / f"fuzz-{role}.txt").open("w") as text:
        here = {"PYTHONPATH": str(Path(__file__).parent), "SCHEMATHESIS_HOOKS": "fuzz_hooks"}
        ours = here | {"YIMA_FUZZ_KNOWN": json.dumps(known(url, state))}
        subprocess.run(command, cwd=out, stdout=text, stderr=text, check=False, env=os.environ | ours)
    return counted(report)


def counted(report: Path) -> tuple[int, Counter[str]]:
    """Requests and statuses of a report."""
    statuses: Counter[str] = Counter()
    for line in report.open(encoding="utf-8"):
        event = json.loads(line)
        for scenario in (event.get("ScenarioFinished"),):
            recorder = (scenario or {}).get("recorder") or {}
            for interaction in (recorder.get("interactions") or {}).values():
                answer = interaction.get("response")
                statuses[str(answer["status_code"]) if answer else "no answer"] += 1
    return sum(statuses.values()), statuses


def main() -> int:
    """All roles; 1 when something is wrong."""
    url, state, out, examples = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), (sys.argv[4:] or ["12"])[0]
    before, total, all_statuses, unsound = workers(state), 0, Counter[str](), False
    for role in ROLES:
        began = time.monotonic()
        number, statuses = run(url, state, out, role, examples)
        total, all_statuses = total + number, all_statuses + statuses
        print(f"{role}: {number} requests in {time.monotonic() - began:.0f} s, {dict(sorted(statuses.items()))}", flush=True)
        tail = [line.strip() for line in (out / f"fuzz-{role}.txt").read_text().splitlines() if re.match(r"\s*\d+ generated", line)]
        unsound |= not tail or "found" in tail[-1]
        print(f"   {tail[-1] if tail else 'no verdict'}", flush=True)
    after = workers(state)
    print(f"{total} requests, workers {before} → {after}, healthz {httpx.get(f'{url}/healthz').status_code}")
    is_fine = before == after and total >= 10_000 and not any(s.startswith("5") or s == "no answer" for s in all_statuses) and not unsound
    return 0 if is_fine else 1


sys.exit(main())
