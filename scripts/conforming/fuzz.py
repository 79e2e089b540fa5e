"""Schemathesis over the whole OpenAPI of a running service, as planner, officer and viewer: fuzz.py URL STATE_DIR OUT [EXAMPLES].

Counts requests and failures, and says whether a worker died. Runs in its own environment (see scripts/conformance).
"""

import json
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import httpx
from accounts import token

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance"
ROLES = ("planner", "officer", "viewer")


def workers(state: Path) -> list[int]:
    """Pids of the web workers under the supervisor."""
    parent = (state / "run.lock").read_text().strip()
    children = subprocess.run(["pgrep", "-P", parent], capture_output=True, text=True, check=True).stdout.split()
    return sorted(int(pid) for pid in children if "--web-fd" in Path(f"/proc/{pid}/cmdline").read_text())


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
        subprocess.run(command, cwd=out, stdout=text, stderr=text, check=False)
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
