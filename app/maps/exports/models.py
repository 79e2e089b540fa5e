"""Tables of exports: the jobs, and the counties that switched shifted coordinates on."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Date, DateTime, Identity, Index, Integer, String, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base


class ExportJob(Base):
    """One export: the frozen request, how far it is, what it made. Files live a day, rows a week."""

    __tablename__ = "export_job"
    county_code: Mapped[str] = mapped_column(String(6), primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    owner_id: Mapped[int] = mapped_column(Integer)
    owner_role: Mapped[str] = mapped_column(Text, comment="a file is for its owner in the role he had")
    owner_body: Mapped[str | None] = mapped_column(String(9))
    spec: Mapped[Any] = mapped_column(JSONB)
    file_name: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default="queued")
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    rows_done: Mapped[int] = mapped_column(BigInteger, server_default="0")
    rows_total: Mapped[int | None] = mapped_column(BigInteger)
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(String(64))
    layer_version: Mapped[int | None] = mapped_column(BigInteger)
    facts_as_of: Mapped[date | None] = mapped_column(Date)
    message: Mapped[str | None] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    beat_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), comment="sign of life of the worker that has it")
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    __table_args__ = (
        CheckConstraint("state IN ('queued', 'running', 'done', 'failed', 'deleted', 'expired')", name="state"),
        Index("ix_export_job_owner", "county_code", "owner_id", "id"),
        Index("ix_export_job_waiting", "made_at", postgresql_where=text("state IN ('queued', 'running')")),
    )


class ShiftedCrs(Base):
    """A county's switch for GCJ-02 and BD-09; no row means off, version 0."""

    __tablename__ = "shifted_crs"
    county_code: Mapped[str] = mapped_column(String(6), primary_key=True)
    is_enabled: Mapped[bool] = mapped_column(Boolean)
    version: Mapped[int] = mapped_column(Integer)
    changed_by: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
