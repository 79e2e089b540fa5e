"""Tables of the imports room."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Date, DateTime, ForeignKey, Identity, Index, Integer, String, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base


class ImportJob(Base):
    """数据导入: one delivery (one or more files) with hashes, what was detected and why, counts, who, when."""

    __tablename__ = "import_job"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    county_code: Mapped[str] = mapped_column(String(6))
    kind: Mapped[str] = mapped_column(Text)
    files: Mapped[Any] = mapped_column(JSONB, comment="[{name, sha256, layer, encoding, crs, rows, why}]")
    delivery_hash: Mapped[str] = mapped_column(String(64), comment="SHA-256 over the files' hashes, kind and options")
    data_on: Mapped[date] = mapped_column(Date)
    counts: Mapped[Any] = mapped_column(JSONB, server_default=text("'{}'"))
    by: Mapped[str] = mapped_column("applied_by", Text)
    applied_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    __table_args__ = (Index(None, "county_code", "delivery_hash"),)


class ImportIssue(Base):
    """One finding about one row: code, severity, field, value, hint."""

    __tablename__ = "import_issue"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    county_code: Mapped[str] = mapped_column(String(6))
    import_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("import_job.id"))
    file: Mapped[str] = mapped_column(Text)
    layer: Mapped[str | None] = mapped_column(Text)
    row: Mapped[int | None] = mapped_column("row_no", Integer)
    code: Mapped[str] = mapped_column(Text)
    severity: Mapped[str] = mapped_column(Text)
    field: Mapped[str | None] = mapped_column(Text)
    value: Mapped[str | None] = mapped_column(Text)
    hint: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (Index(None, "import_id", "code"),)
