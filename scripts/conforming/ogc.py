"""Run the OGC suite `ogctests` against a running service: ogc.py URL KEY. Runs in its own environment (see scripts/conformance)."""

import sys

import httpx
from ogctests.main import run_ogctests

url, key = sys.argv[1:3]
with httpx.Client(base_url=url, headers={"X-API-Key": key}, timeout=60) as client:
    found = [
        run_ogctests(scope, url, ["-q", "--tb=line", "-p", "no:cacheprovider", "-rN"], client)
        for scope in ("features/core", "features/filtering")
    ]
sys.exit(max(found))
