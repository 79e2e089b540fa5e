"""One write: one transaction, one audit record; committed, then answered.

Lock order everywhere: the thing's row → ledger lock → publication → layer version → audit head. The last three are a whole county's,
so all else is written before them: they are held for four round trips.
"""

import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import aside, audit, db, events
from app.core.db import text
from app.core.errors import CommitFailed, Conflict, Forbidden, Problem
from app.core.layers import bump
from app.core.principal import Principal

_OPENED = "opened"


class Replay(Exception):
    """The same Idempotency-Key came again: the stored answer is sent once more."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__("replay")
        self.status, self.body = status, body


class IdempotencyReused(Problem):
    code, status, title = "idempotency_key_reused", 409, "同一 Idempotency-Key 用于不同内容"


class Work:
    """A write in progress: its connection, who writes, what it will say of itself."""

    def __init__(self, conn: AsyncConnection, principal: Principal) -> None:
        self.conn, self.principal = conn, principal
        self.entry: audit.Entry | None = None
        self.layers: set[str] = set()
        self.words: list[Any] = []
        self._key: str | None = None

    def audited(self, action: str, object_kind: str, object_id: object, **detail: Any) -> None:
        """Say what this write is; exactly once."""
        if self.entry is not None:
            raise RuntimeError(f"a second audit entry {action} after {self.entry.action}")
        self.entry = audit.Entry(action, object_kind, str(object_id), detail)

    def touch(self, *layers: str) -> None:
        """These map layers change with this write: their versions are bumped before the audit head."""
        self.layers.update(layers)

    def tell(self, event: Any) -> None:
        """Say this at the very end: what publishes the map for it locks the county's map to the commit."""
        self.words.append(event)

    async def claim_key(self, key: str, body: bytes) -> None:
        """Claim an Idempotency-Key; a key seen before replays its answer (same body) or is refused (another body)."""
        digest = hashlib.sha256(body).hexdigest()
        values = {"c": self.principal.county_code, "a": self.principal.id, "k": key, "h": digest}
        made = await self.conn.execute(
            text(
                "INSERT INTO idempotency_key (county_code, actor_id, key, body_hash) VALUES (:c, :a, :k, :h)"
                " ON CONFLICT DO NOTHING RETURNING 1"
            ),
            values,
        )
        self._key = key
        if made.first():
            return
        seen = (
            await self.conn.execute(
                text("SELECT body_hash, status, answer FROM idempotency_key WHERE county_code = :c AND actor_id = :a AND key = :k"), values
            )
        ).one()
        if seen.body_hash != digest:
            raise IdempotencyReused(pointer="header:Idempotency-Key")
        raise Replay(seen.status or 200, seen.answer)

    async def reply(self, body: Any, status: int = 200) -> Any:
        """Keep the answer for a repeated Idempotency-Key and hand it on."""
        if self._key is not None:
            await self.conn.execute(
                text(
                    "UPDATE idempotency_key SET status = :s, answer = CAST(:b AS jsonb)"
                    " WHERE county_code = :c AND actor_id = :a AND key = :k"
                ),
                {"s": status, "b": json.dumps(body, ensure_ascii=False, default=str), "c": self.principal.county_code,
                 "a": self.principal.id, "k": self._key},
            )  # fmt: skip
        return body

    async def finish(self) -> None:
        """Say what is left to say, then give the touched layers their versions."""
        for event in self.words:
            await events.publish(self.conn, event)
        if self.layers:
            await bump(self.conn, self.principal.county_code, *self.layers)


@asynccontextmanager
async def writing(principal: Principal) -> AsyncIterator[Work]:
    """Begin, let the caller write, publish, bump layers, append the audit record, commit. A refusal is recorded apart.

    Errors: CommitFailed when COMMIT itself fails; whatever the caller raises, after ROLLBACK.
    """
    async with db.engine().connect() as conn:
        work = Work(conn, principal)
        try:
            await conn.begin()
            if _OPENED not in conn.info:
                await events.publish(conn, events.ConnectionOpened(principal.county_code))
                conn.info[_OPENED] = True
            yield work
            if work.entry is None:
                raise RuntimeError("a write without an audit entry")
            await work.finish()
            await audit.append(conn, principal, work.entry)
        except BaseException as error:
            await conn.rollback()
            await aside.clear_after(conn)
            if isinstance(error, (Forbidden, Conflict)):
                await refused(principal, error)
            raise
        try:
            await conn.commit()
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) in ("40001", "40P01"):
                raise
            raise CommitFailed(str(error.orig)[:200]) from error


async def refused(principal: Principal, problem: Problem) -> None:
    """Record a refusal in its own short transaction."""
    entry = audit.Entry("refused", "problem", problem.code, {"detail": problem.detail, **{k: str(v) for k, v in problem.extra.items()}})
    async with db.engine().begin() as conn:
        await audit.append(conn, principal, entry)
