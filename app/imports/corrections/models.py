"""Table of the corrections."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Identity, Index, Integer, String, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base


class Correction(Base):
    """更正: (parcel, field, old, new) with reason and document, who proposed it and who decided. Values as texts, null is unknown."""

    __tablename__ = "correction"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    county_code: Mapped[str] = mapped_column(String(6))
    parcel_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("parcel.id"))
    field: Mapped[str] = mapped_column(Text, comment="column of parcel_version")
    old_value: Mapped[str | None] = mapped_column(Text)
    new_value: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    document: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default="proposed", comment="proposed | approved | rejected")
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    import_id: Mapped[int | None] = mapped_column(BigInteger)
    proposed_by: Mapped[str] = mapped_column(Text)
    proposed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    decided_by: Mapped[str | None] = mapped_column(Text)
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    __table_args__ = (
        Index("uq_correction_proposed", "county_code", "parcel_id", "field", unique=True, postgresql_where=text("state = 'proposed'")),
        Index("ix_correction_parcel", "parcel_id"),
        CheckConstraint("state IN ('proposed','approved','rejected')", name="state"),
    )
