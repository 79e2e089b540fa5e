"""Tables of the ledger room."""

from datetime import date, datetime
from decimal import Decimal
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
    Numeric,
    String,
    Text,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base


class Ground(Base):
    """An accepted ground: the original shape of one accepted case parcel (or mapped opening row), standing until reversed.

    `plane` is the shape in the county's plane snapped to 1 mm; ground_m2 its planar area.
    """

    __tablename__ = "ledger_ground"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    county_code: Mapped[str] = mapped_column(String(6))
    measure_key: Mapped[str] = mapped_column(Text)
    campaign: Mapped[str] = mapped_column(Text)
    case_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("remediation_case.id"))
    opening_key: Mapped[str | None] = mapped_column(Text, comment="期初台账 row this ground came from")
    parcel_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("parcel.id"))
    responsible_body: Mapped[str] = mapped_column(String(9))
    accepted_on: Mapped[date] = mapped_column(Date)
    accepted_m2: Mapped[Decimal] = mapped_column(Numeric(14, 2), comment="核定面积")
    ground_m2: Mapped[Decimal] = mapped_column(Numeric(18, 6), comment="area of plane: n × 5·10⁻⁷ m² on the 1 mm grid")
    is_standing: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    plane: Mapped[Any] = mapped_column(Geometry("GEOMETRY", -1, spatial_index=False), comment="in the county's meridian, metres, 1 mm grid")
    __table_args__ = (
        Index("ix_ledger_ground_plane", "plane", postgresql_using="gist"),
        Index(None, "county_code", "measure_key", "campaign", "is_standing"),
        Index(None, "case_id"),
    )


class Posting(Base):
    """台账 posting: append-only; reversal instead of change. counted_m2 is what counts, ground_m2 the new ground it covers."""

    __tablename__ = "ledger_posting"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    county_code: Mapped[str] = mapped_column(String(6))
    measure_key: Mapped[str] = mapped_column(Text)
    campaign: Mapped[str] = mapped_column(Text)
    responsible_body: Mapped[str] = mapped_column(String(9))
    method: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text, comment="acceptance 入账 | opening 期初结转 | reversal 核减 | repost 转记 | mapping 补图")
    posted_on: Mapped[date] = mapped_column(Date, comment="day it counts: 验收日期, or the day of the reversal")
    case_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("remediation_case.id"))
    ground_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("ledger_ground.id"))
    opening_key: Mapped[str | None] = mapped_column(Text)
    project_code: Mapped[str | None] = mapped_column(Text)
    project_name: Mapped[str | None] = mapped_column(Text)
    parcel_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("parcel.id"))
    counted_m2: Mapped[Decimal] = mapped_column(Numeric(14, 2))
    ground_m2: Mapped[Decimal] = mapped_column(Numeric(18, 6), server_default=text("0"), comment="at 4 decimals Σ of 1,000 is off by 10⁻³")
    geometry_status: Mapped[str] = mapped_column(Text, comment="mapped | unmapped 未上图")
    reverses_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("ledger_posting.id"))
    firms: Mapped[int | None] = mapped_column(Integer)
    reason: Mapped[str | None] = mapped_column(Text)
    document: Mapped[str | None] = mapped_column(Text)
    by: Mapped[str] = mapped_column("posted_by", Text)
    import_id: Mapped[int | None] = mapped_column(BigInteger)
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    geom: Mapped[Any | None] = mapped_column(Geometry("MULTIPOLYGON", 4490, spatial_index=False), comment="the new ground of this posting")
    __table_args__ = (
        Index("ix_ledger_posting_measure", "county_code", "measure_key", "campaign", "posted_on"),
        Index("ix_ledger_posting_case", "case_id"),
        Index("ix_ledger_posting_ground", "ground_id"),
        Index("ix_ledger_posting_parcel", "parcel_id"),
        Index("ix_ledger_posting_reverses", "reverses_id"),
        Index("ix_ledger_posting_opening", "county_code", "opening_key"),
        Index("ix_ledger_posting_geom", "geom", postgresql_using="gist"),
        CheckConstraint("kind IN ('acceptance','opening','reversal','repost','mapping')", name="kind"),
        CheckConstraint("geometry_status IN ('mapped','unmapped')", name="geometry_status"),
    )


class Observation(Base):
    """Published statistic or event count for a target that is not computed from parcels (level, ratio, counts), with source and date."""

    __tablename__ = "target_observation"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    county_code: Mapped[str] = mapped_column(String(6))
    target_id: Mapped[str] = mapped_column(Text)
    value: Mapped[Decimal] = mapped_column(Numeric(18, 4))
    observed_on: Mapped[date] = mapped_column(Date)
    source: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    __table_args__ = (Index("uq_target_observation", "county_code", "target_id", "observed_on", unique=True),)
