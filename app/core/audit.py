"""操作日志: one record a write, in one hash chain per county; sensitive reads and refusals apart.

The chain's head row is locked last in a transaction: unlocked chains fork, a head locked first makes writers queue.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Index, Integer, Row, String, Text, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Base
from app.core.principal import Principal

GENESIS = "0" * 64


class AuditRecord(Base):
    """操作日志 record; append-only. `payload` is the canonical JSON that `hash` covers with `prev_hash`."""

    __tablename__ = "audit_record"
    county_code: Mapped[str] = mapped_column(String(6), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    actor_id: Mapped[int] = mapped_column(Integer)
    action: Mapped[str] = mapped_column(Text)
    object_kind: Mapped[str] = mapped_column(Text)
    object_id: Mapped[str] = mapped_column(Text)
    payload: Mapped[str] = mapped_column(Text)
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
    __table_args__ = (Index(None, "county_code", "object_kind", "object_id"),)


class AuditHead(Base):
    """The end of each county's chain; its row lock makes the chain one."""

    __tablename__ = "audit_head"
    county_code: Mapped[str] = mapped_column(String(6), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, default=0)
    hash: Mapped[str] = mapped_column(String(64), default=GENESIS)


class ReadLog(Base):
    """Reads of secret figures: one row per principal, layer, minute and field set."""

    __tablename__ = "read_log"
    county_code: Mapped[str] = mapped_column(String(6), primary_key=True)
    actor_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    layer: Mapped[str] = mapped_column(Text, primary_key=True)
    minute: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    fields: Mapped[str] = mapped_column(Text, primary_key=True)
    object_id: Mapped[str] = mapped_column(Text, primary_key=True)


@dataclass(frozen=True)
class Entry:
    """What a write says of itself."""

    action: str
    object_kind: str
    object_id: str
    detail: dict[str, Any]


def digest(prev_hash: str, payload: str) -> str:
    """Hash of one link."""
    return hashlib.sha256(f"{prev_hash}\n{payload}".encode()).hexdigest()


_BEGIN = text("INSERT INTO audit_head (county_code, seq, hash) VALUES (:c, 0, :g) ON CONFLICT DO NOTHING")
_APPEND = text("""
WITH head AS MATERIALIZED (
    SELECT seq + 1 AS seq, hash AS prev_hash FROM audit_head WHERE county_code = :c FOR UPDATE
),
said AS MATERIALIZED (
    SELECT seq, prev_hash, CAST(:p AS text) || seq || '}' AS payload FROM head
),
link AS MATERIALIZED (
    SELECT *, encode(sha256(convert_to(prev_hash || chr(10) || payload, 'UTF8')), 'hex') AS hash FROM said
),
moved AS (
    UPDATE audit_head h SET seq = l.seq, hash = l.hash FROM link l WHERE h.county_code = :c
)
INSERT INTO audit_record (county_code, seq, at, actor_id, action, object_kind, object_id, payload, prev_hash, hash)
SELECT :c, l.seq, :at, :who, :a, :k, :o, l.payload, l.prev_hash, l.hash
FROM link l
RETURNING seq
""")
"""The number, which only the locked head tells, is the payload's last word; so reading the head and writing the link are one round trip."""


async def append(conn: AsyncConnection, principal: Principal, entry: Entry) -> int:
    """Append one record; call it last before COMMIT. Returns its number."""
    county, at = principal.county_code, clock.now()
    payload = json.dumps(
        {
            "at": at.isoformat(),
            "actor": {"id": principal.id, "name": principal.name, "role": principal.role, "department": principal.department_code,
                      "body": principal.responsible_body, "via": principal.via},
            "action": entry.action,
            "object": [entry.object_kind, entry.object_id],
            "detail": entry.detail,
        },
        ensure_ascii=False, sort_keys=True, default=str,
    )  # fmt: skip
    values = {"c": county, "at": at, "who": principal.id, "a": entry.action, "k": entry.object_kind, "o": entry.object_id}
    values |= {"p": f'{payload[:-1]}, "seq": '}
    seq = (await conn.execute(_APPEND, values)).scalar()
    if seq is None:  # the county's first record
        await conn.execute(_BEGIN, {"c": county, "g": GENESIS})
        seq = (await conn.execute(_APPEND, values)).scalar_one()
    return int(seq)


async def log_read(conn: AsyncConnection, principal: Principal, *, layer: str, fields: str, object_id: str = "") -> None:
    """Record a read of secret figures; the same read within a minute is one row."""
    await conn.execute(
        text(
            "INSERT INTO read_log (county_code, actor_id, layer, minute, fields, object_id)"
            " VALUES (:c, :a, :l, date_trunc('minute', now()), :f, :o) ON CONFLICT DO NOTHING"
        ),
        {"c": principal.county_code, "a": principal.id, "l": layer, "f": fields, "o": object_id},
    )


async def records(
    conn: AsyncConnection, county_code: str, *, before: int | None, object_kind: str | None, object_id: str | None, limit: int
) -> Sequence[Row[Any]]:
    """Records of a county, newest first."""
    sql = (
        "SELECT seq, at, action, object_kind, object_id, payload, hash FROM audit_record WHERE county_code = :c"
        " AND (CAST(:b AS bigint) IS NULL OR seq < :b) AND (CAST(:k AS text) IS NULL OR object_kind = :k)"
        " AND (CAST(:o AS text) IS NULL OR object_id = :o) ORDER BY seq DESC LIMIT :n"
    )
    values = {"c": county_code, "b": before, "k": object_kind, "o": object_id, "n": limit}
    return (await conn.execute(text(sql), values)).all()


@dataclass(frozen=True)
class ChainReport:
    """Result of walking a chain: `broken_at` is the first record that does not fit, None when all do."""

    county_code: str
    records: int
    broken_at: int | None
    reason: str | None


async def verify(conn: AsyncConnection, county_code: str) -> ChainReport:
    """Walk the county's chain: numbers without gaps, links, payload hashes, columns equal to the payload, head equal to the last."""
    prev, expected = GENESIS, 0
    rows = await conn.stream(text("SELECT * FROM audit_record WHERE county_code = :c ORDER BY seq"), {"c": county_code})
    async for row in rows:
        expected += 1
        said = json.loads(row.payload)
        if row.seq != expected:
            return ChainReport(county_code, expected - 1, expected, "缺号")
        if row.prev_hash != prev or row.hash != digest(prev, row.payload):
            return ChainReport(county_code, expected - 1, row.seq, "内容或链接被改动")
        if [row.action, [row.object_kind, row.object_id], row.actor_id] != [said["action"], said["object"], said["actor"]["id"]]:
            return ChainReport(county_code, expected - 1, row.seq, "列与正文不符")
        prev = row.hash
    head = (await conn.execute(text("SELECT seq, hash FROM audit_head WHERE county_code = :c"), {"c": county_code})).one_or_none()
    if head is not None and (head.seq, head.hash) != (expected, prev):
        return ChainReport(county_code, expected, expected + 1, "链尾被截断")
    return ChainReport(county_code, expected, None, None)
