"""Tables of the remediation room."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import BigInteger, CheckConstraint, Date, DateTime, ForeignKey, Identity, Index, Integer, Numeric, String, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base

AREA = Numeric(14, 2)


class Case(Base):
    """整治项目: parcels (whole or part) and enterprises carried from 入库 to 销号; claimed and accepted areas apart."""

    __tablename__ = "remediation_case"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, comment="county code × 10⁹ + number")
    county_code: Mapped[str] = mapped_column(String(6))
    code: Mapped[str] = mapped_column(Text, comment="printed number, e.g. ZZ-2025-000001")
    name: Mapped[str] = mapped_column(Text)
    responsible_body: Mapped[str] = mapped_column(String(9))
    list_kind: Mapped[str] = mapped_column(Text, comment="which 清单 it came from", server_default=text("'inefficient_land'"))
    category: Mapped[str | None] = mapped_column(Text, comment="四个一批 / local category code of the pack")
    method: Mapped[str | None] = mapped_column(Text, comment="腾出方式 code of the pack")
    state: Mapped[str] = mapped_column(Text)
    campaign: Mapped[str] = mapped_column(Text)
    deadline_on: Mapped[date | None] = mapped_column(Date)
    person_in_charge: Mapped[str | None] = mapped_column(Text)
    plan_text: Mapped[str | None] = mapped_column(Text)
    submitted_by: Mapped[int | None] = mapped_column(Integer, comment="account that applied; may not accept")
    accepted_on: Mapped[date | None] = mapped_column(Date)
    created_on: Mapped[date] = mapped_column(Date)
    state_since: Mapped[date] = mapped_column(Date)
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    __table_args__ = (
        Index("uq_remediation_case_county_code", "county_code", "code", unique=True),
        Index(None, "county_code", "responsible_body", "state"),
    )


class CaseParcel(Base):
    """A parcel of a case, whole (part null) or part; claimed 申报 and accepted 核定 area in m²."""

    __tablename__ = "case_parcel"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    county_code: Mapped[str] = mapped_column(String(6))
    case_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("remediation_case.id"))
    parcel_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("parcel.id"))
    part: Mapped[Any | None] = mapped_column(Geometry("MULTIPOLYGON", 4490, spatial_index=False), comment="null = the whole parcel")
    claimed_m2: Mapped[Decimal | None] = mapped_column(AREA)
    accepted_m2: Mapped[Decimal | None] = mapped_column(AREA)
    __table_args__ = (
        Index("uq_case_parcel", "county_code", "case_id", "parcel_id", unique=True),
        Index("ix_case_parcel_parcel", "parcel_id"),
        CheckConstraint("claimed_m2 > 0", name="claimed_positive"),
        CheckConstraint("accepted_m2 >= 0", name="accepted_not_negative"),
    )


class CaseEnterprise(Base):
    """An enterprise named in a case."""

    __tablename__ = "case_enterprise"
    county_code: Mapped[str] = mapped_column(String(6), primary_key=True)
    case_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("remediation_case.id"), primary_key=True)
    enterprise_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("enterprise.id"), primary_key=True)


class CaseEvent(Base):
    """办理记录: append-only. Every transition with actor, department, day, reason, document."""

    __tablename__ = "case_event"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    county_code: Mapped[str] = mapped_column(String(6))
    case_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("remediation_case.id"))
    step: Mapped[str] = mapped_column(Text)
    from_state: Mapped[str | None] = mapped_column(Text)
    to_state: Mapped[str] = mapped_column(Text)
    actor_id: Mapped[int] = mapped_column(Integer)
    actor_name: Mapped[str] = mapped_column(Text)
    actor_role: Mapped[str] = mapped_column(Text)
    department_code: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    document: Mapped[str | None] = mapped_column(Text)
    detail: Mapped[Any] = mapped_column(JSONB, server_default=text("'{}'"))
    happened_on: Mapped[date] = mapped_column(Date)
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    __table_args__ = (Index(None, "case_id", "id"),)


class Evidence(Base):
    """佐证材料 by SHA-256; the file is in place before commit. coord_source says whose coordinates the photo carries."""

    __tablename__ = "evidence"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    county_code: Mapped[str] = mapped_column(String(6))
    case_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("remediation_case.id"))
    sha256: Mapped[str] = mapped_column(String(64))
    filename: Mapped[str] = mapped_column(Text)
    media_type: Mapped[str] = mapped_column(Text)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(Text, server_default=text("'photo'"))
    lon: Mapped[Decimal | None] = mapped_column(Numeric(10, 7))
    lat: Mapped[Decimal | None] = mapped_column(Numeric(10, 7))
    coord_source: Mapped[str | None] = mapped_column(Text, comment="exif | device_gcj02 | drawn | null = none; absence is no fault")
    uploaded_by: Mapped[int] = mapped_column(Integer)
    uploaded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    __table_args__ = (Index("uq_evidence_case_sha", "county_code", "case_id", "sha256", unique=True),)
