"""Sign in to a running service with its demo accounts."""

import json
from pathlib import Path

import httpx


def token(url: str, state: Path, role: str) -> str:
    """Bearer token of the first demo account with that role."""
    people = json.loads((state / "demo-accounts.json").read_text(encoding="utf-8"))
    person = next(p for p in people if p["role"] == role)
    answer = httpx.post(f"{url}/api/session", json={"username": person["username"], "password": person["password"]}, timeout=60)
    answer.raise_for_status()
    found: str = answer.json()["token"]
    return found
