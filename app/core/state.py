"""Milestones of the installation itself: whether the demo county is applied, when facts were last republished."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base


class Milestone(Base):
    """One named fact about the installation."""

    __tablename__ = "milestone"
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    value: Mapped[Any] = mapped_column(JSONB)
    reached_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


async def reach(conn: AsyncConnection, key: str, value: dict[str, Any]) -> None:
    """Record a milestone, replacing an earlier one."""
    sql = (
        "INSERT INTO milestone (key, value) VALUES (:k, CAST(:v AS jsonb))"
        " ON CONFLICT (key) DO UPDATE SET value = excluded.value, reached_at = now()"
    )
    await conn.execute(text(sql), {"k": key, "v": json.dumps(value, ensure_ascii=False, default=str)})


async def reached(conn: AsyncConnection, key: str) -> dict[str, Any] | None:
    """Value of a milestone, None when it was not reached."""
    row = (await conn.execute(text("SELECT value FROM milestone WHERE key = :k"), {"k": key})).one_or_none()
    return row.value if row else None
