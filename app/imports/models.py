"""Tables of the imports room."""

from datetime import date, datetime
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    String,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base

STATES = (
    "queued", "staging", "asking", "refused", "staged", "applying", "applied", "undoing", "undone", "cancelled", "failed",
)  # fmt: skip
_STATE_LIST = ", ".join(f"'{state}'" for state in STATES)


class ImportJob(Base):
    """数据导入: one delivery (one or more files) with hashes, what was detected and why, what was decided, counts, who, when.

    What the command line imports begins as `applied`; what is handed in over HTTP goes through the worker.
    """

    __tablename__ = "import_job"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    county_code: Mapped[str] = mapped_column(String(6))
    kind: Mapped[str] = mapped_column(Text)
    files: Mapped[Any] = mapped_column(JSONB, comment="what was read: [{name, sha256, layer, encoding, crs, rows, why, mapping}]")
    delivery_hash: Mapped[str] = mapped_column(String(64), comment="SHA-256 over the files' hashes, kind and options")
    data_on: Mapped[date] = mapped_column(Date)
    counts: Mapped[Any] = mapped_column(JSONB, server_default=text("'{}'"))
    state: Mapped[str] = mapped_column(Text, server_default="queued")
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    uploads: Mapped[Any] = mapped_column(JSONB, server_default=text("'[]'"), comment="what was handed in: [{name, sha256, size}]")
    options: Mapped[Any] = mapped_column(JSONB, server_default=text("'{}'"), comment="decisions: layer, crs, encoding, family, mapping")
    supplier: Mapped[str | None] = mapped_column(Text)
    questions: Mapped[Any] = mapped_column(JSONB, server_default=text("'[]'"))
    problem: Mapped[Any | None] = mapped_column(JSONB)
    issue_counts: Mapped[Any] = mapped_column(JSONB, server_default=text("'[]'"), comment="[{code, severity, count}]")
    outcome_hash: Mapped[str | None] = mapped_column(
        String(64), comment="SHA-256 of what applying was shown to do; another one now means the register has changed"
    )
    accepted: Mapped[Any | None] = mapped_column(JSONB, comment="who said apply, and what he left out: {by, except_classes, except_rows}")
    step: Mapped[str | None] = mapped_column(Text)
    rows_done: Mapped[int] = mapped_column(BigInteger, server_default="0")
    rows_total: Mapped[int | None] = mapped_column(BigInteger)
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    message: Mapped[str | None] = mapped_column(Text)
    owner_id: Mapped[int | None] = mapped_column(Integer)
    owner_role: Mapped[str | None] = mapped_column(Text)
    made_by: Mapped[str | None] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    beat_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), comment="sign of life of the worker that has it")
    staged_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    by: Mapped[str | None] = mapped_column("applied_by", Text)
    applied_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    keeps_before: Mapped[bool] = mapped_column(Boolean, server_default=text("false"), comment="import_change holds what stood before it")
    undone_by: Mapped[str | None] = mapped_column(Text)
    undone_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    __table_args__ = (
        CheckConstraint(f"state IN ({_STATE_LIST})", name="state"),
        Index(None, "county_code", "delivery_hash"),
        Index("ix_import_job_newest", "county_code", "id"),
        Index("ix_import_job_waiting", "id", postgresql_where=text("state IN ('queued', 'staging', 'applying', 'undoing')")),
    )


class ImportIssue(Base):
    """One finding about one row: code, severity, field, value, hint, and where it is (the overlap, the gap) if it can be shown."""

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
    geom: Mapped[Any | None] = mapped_column(Geometry("GEOMETRY", 4490, spatial_index=False))
    __table_args__ = (Index(None, "import_id", "code"),)


class ImportRow(Base):
    """比对: what a staged import does to one thing of the register; rows that change nothing are counted, not kept."""

    __tablename__ = "import_row"
    county_code: Mapped[str] = mapped_column(String(6), primary_key=True)
    import_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("import_job.id"), primary_key=True)
    row_id: Mapped[str] = mapped_column(Text, primary_key=True, comment="r… a row of the delivery, p… a parcel that it does not name")
    n: Mapped[int] = mapped_column(BigInteger, comment="order of display")
    kind: Mapped[str] = mapped_column("class", Text)
    file: Mapped[str | None] = mapped_column(Text)
    row: Mapped[int | None] = mapped_column("row_no", Integer)
    key: Mapped[str] = mapped_column(Text)
    parcel_id: Mapped[int | None] = mapped_column(BigInteger)
    changes: Mapped[Any] = mapped_column(JSONB, server_default=text("'[]'"), comment="[{field, label, old, new}]")
    geom: Mapped[Any | None] = mapped_column(Geometry("GEOMETRY", 4490, spatial_index=False))
    __table_args__ = (Index(None, "import_id", "n"), Index(None, "import_id", "class", "n"))


class ImportChange(Base):
    """前像: one row of the register before and after an import; undo puts back what stood before. Parcels have versions instead."""

    __tablename__ = "import_change"
    county_code: Mapped[str] = mapped_column(String(6), primary_key=True)
    table_name: Mapped[str] = mapped_column(Text, primary_key=True)
    row_key: Mapped[str] = mapped_column(Text, primary_key=True, comment="primary key within the county")
    import_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("import_job.id"), primary_key=True)
    before: Mapped[Any | None] = mapped_column(JSONB, comment="{column: text}; null: the import brought the row")
    after: Mapped[Any | None] = mapped_column(JSONB, comment="{column: text}; null: the import removed the row")
    __table_args__ = (Index(None, "import_id"),)


class ImportMapping(Base):
    """列对应 as one supplier's headers of one kind were last understood on somebody's word."""

    __tablename__ = "import_mapping"
    county_code: Mapped[str] = mapped_column(String(6), primary_key=True)
    supplier: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    headers_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    mapping: Mapped[Any] = mapped_column(JSONB, comment="{canonical: {header, unit}}")
    import_id: Mapped[int] = mapped_column(BigInteger)
    saved_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
