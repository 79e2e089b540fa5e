"""layer_version: one row per (county, layer); an answer may be newer than its ETag, never older."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Integer, String, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base

LAYERS = ("parcels", "control-lines", "towns", "blocks", "cases", "freed-land")


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


async def bump(conn: AsyncConnection, county_code: str, layer: str) -> None:
    """New version of the layer; takes its row lock."""
    await conn.execute(
        text(
            "INSERT INTO layer_version (county_code, layer, version) VALUES (:c, :l, 1) ON CONFLICT (county_code, layer)"
            " DO UPDATE SET version = layer_version.version + 1, changed_at = now()"
        ),
        {"c": county_code, "l": layer},
    )


__all__ = ["LAYERS", "IdempotencyKey", "LayerVersion", "bump"]
