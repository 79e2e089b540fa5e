"""layer_version: one row per (county, layer); an answer may be newer than its ETag, never older. map_change: what each version changed."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ARRAY, BigInteger, DateTime, Float, Identity, Index, Integer, String, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

from app.core.db import Base

LAYERS = ("parcels", "control-lines", "towns", "blocks", "cases", "freed-land")
KEPT = timedelta(days=30)
"""How far back the change feed reaches."""


class Xid8(UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction number."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "xid8"


ischema_names["xid8"] = Xid8


class LayerVersion(Base):
    """Version of one map layer of one county, bumped last before the audit head."""

    __tablename__ = "layer_version"
    county_code: Mapped[str] = mapped_column(String(6), primary_key=True)
    layer: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger, default=1)
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class IdempotencyKey(Base):
    """Keys of creating and appending requests, kept 7 days with the body's hash and the answer."""

    __tablename__ = "idempotency_key"
    county_code: Mapped[str] = mapped_column(String(6), primary_key=True)
    actor_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    body_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int | None] = mapped_column(Integer)
    answer: Mapped[Any | None] = mapped_column(JSONB)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class MapChange(Base):
    """One note of what a transaction changed on a layer, as one kind of reader sees it; written by the room that knows, or by `bump`.

    `form`: all (the whole layer, every reader), full, outline (code and shape, for officers of other bodies), public (viewers),
    facts (published anew, not told in itself), none (touched, but nothing is different: taken back by `bump`).
    The feed reads by layer and version: a version is given out under a lock held to the commit, so their order is that of the
    commits; that of seq and tx is not.
    """

    __tablename__ = "map_change"
    county_code: Mapped[str] = mapped_column(String(6), primary_key=True)
    tx: Mapped[int] = mapped_column(Xid8, primary_key=True, autoincrement=False, server_default=text("pg_current_xact_id()"))
    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    layer: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(BigInteger, server_default=text("0"), comment="0 until the end of the transaction")
    form: Mapped[str] = mapped_column(Text)
    responsible_body: Mapped[str | None] = mapped_column(String(9))
    ids: Mapped[list[int] | None] = mapped_column(ARRAY(BigInteger), comment="null: the whole layer")
    boxes: Mapped[list[list[float]] | None] = mapped_column(
        ARRAY(Float(53)), comment="west, south, east, north in degrees, before and after; null: anywhere"
    )
    __table_args__ = (Index("ix_map_change_version", "county_code", "layer", "version", "seq"),)


_NOTE_ALL = text("INSERT INTO map_change (county_code, layer, form) VALUES (:c, :l, 'all')")
_BUMP = text("""
WITH noted AS (
    SELECT a.layer, count(m.seq) AS n, bool_and(m.form = 'none') AS is_nothing
    FROM unnest(CAST(:l AS text[])) a (layer)
    LEFT JOIN map_change m ON m.county_code = :c AND m.layer = a.layer AND m.tx = pg_current_xact_id()
    GROUP BY a.layer
),
bumped AS (
    INSERT INTO layer_version (county_code, layer, version)
    SELECT :c, n.layer, 1 FROM noted n WHERE n.is_nothing IS NOT TRUE ORDER BY n.layer
    ON CONFLICT (county_code, layer) DO UPDATE SET version = layer_version.version + 1, changed_at = now()
    RETURNING layer, version
),
stamped AS (
    UPDATE map_change m SET version = b.version FROM bumped b
    WHERE m.county_code = :c AND m.layer = b.layer AND m.tx = pg_current_xact_id() AND m.form <> 'none'
),
cleared AS (
    DELETE FROM map_change WHERE county_code = :c AND layer = ANY(CAST(:l AS text[])) AND tx = pg_current_xact_id() AND form = 'none'
)
INSERT INTO map_change (county_code, layer, form, version)
SELECT :c, b.layer, 'all', b.version FROM bumped b JOIN noted n ON n.layer = b.layer WHERE n.n = 0
""")
_SWEEP = text("DELETE FROM map_change WHERE at < now() - CAST(:kept AS interval)")


async def note_all(conn: AsyncConnection, county_code: str, layer: str) -> None:
    """Note that anything on the layer may have changed."""
    await conn.execute(_NOTE_ALL, {"c": county_code, "l": layer})


async def bump(conn: AsyncConnection, county_code: str, *layers: str) -> None:
    """New version of the layers for what this transaction noted; takes their row locks, in the order of their names.

    Nothing noted counts as the whole layer; noted that nothing is different: no version, no change.
    """
    await conn.execute(_BUMP, {"c": county_code, "l": list(layers)})


async def sweep(conn: AsyncConnection) -> None:
    """Drop notes that no cursor may ask for any more (a day's grace for transactions that ran long)."""
    await conn.execute(_SWEEP, {"kept": KEPT + timedelta(days=1)})


__all__ = ["KEPT", "LAYERS", "IdempotencyKey", "LayerVersion", "MapChange", "bump", "note_all", "sweep"]
