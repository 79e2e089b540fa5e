"""Demo accounts: one person for each role and an officer for each responsible body; random passwords, loopback only."""

import json
import os
import secrets
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts import queries
from app.accounts.service import HASHER

PEOPLE = (
    ("planner", "规划管理 (资规局)", "planner", "zg"),
    ("acceptor", "验收人甲 (经信局)", "acceptor", "jx"),
    ("acceptor2", "验收人乙 (经信局)", "acceptor", "jx"),
    ("reviewer", "会签 (资规局)", "reviewer", "zg"),
    ("leader", "领导", "leader", None),
    ("admin", "系统管理员", "admin", None),
    ("auditor", "审计员", "auditor", None),
    ("viewer", "只读", "viewer", None),
)


async def ensure(conn: AsyncConnection, *, county_code: str, path: Path, prefix: str = "") -> list[dict[str, Any]]:
    """Make the county's demo accounts unless the file and the database already agree; returns what the file holds."""
    bodies = await conn.execute(
        text("SELECT code, name FROM responsible_body WHERE county_code = :c AND kind <> 'unassigned' ORDER BY code"), {"c": county_code}
    )
    people = [
        {"username": prefix + u, "display_name": n, "role": r, "department_code": d, "responsible_body": None} for u, n, r, d in PEOPLE
    ]
    people += [
        {"username": f"{prefix}officer-{b.code}", "display_name": f"{b.name}专管员", "role": "officer", "department_code": None,
         "responsible_body": b.code} for b in bodies
    ]  # fmt: skip
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    have = {row.username for row in await conn.execute(text("SELECT username FROM account WHERE county_code = :c"), {"c": county_code})}
    if have >= {p["username"] for p in people} and {k["username"] for k in known} >= {p["username"] for p in people}:
        return list(known)
    for person in people:
        password = secrets.token_urlsafe(12)
        await queries.add_account(conn, person | {"county_code": county_code, "password_hash": HASHER.hash(password)})
        person["password"] = password
    fields = ("role", "username", "password", "department_code", "responsible_body")
    _keep_private(path, [{field: person[field] for field in fields} for person in people])
    return list(json.loads(path.read_text(encoding="utf-8")))


def _keep_private(path: Path, people: list[dict[str, Any]]) -> None:
    """Written whole, readable by the owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".tmp")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(people, file, ensure_ascii=False, indent=1)
    aside.replace(path)
