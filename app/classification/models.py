"""Tables of the classification room."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

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
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base


class RuleVersion(Base):
    """A published rule set: immutable content of the pack's rules and parameters."""

    __tablename__ = "rule_version"
    id: Mapped[str] = mapped_column(Text, primary_key=True)
    county_code: Mapped[str] = mapped_column(String(6))
    content: Mapped[Any] = mapped_column(JSONB)
    published_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class ClassificationRun(Base):
    """研判 run: as_of, data year, rule version, counts, hash of its inputs."""

    __tablename__ = "classification_run"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    county_code: Mapped[str] = mapped_column(String(6))
    as_of: Mapped[date] = mapped_column(Date)
    data_year: Mapped[int] = mapped_column(Integer)
    rule_version: Mapped[str] = mapped_column(Text, ForeignKey("rule_version.id"))
    counts: Mapped[Any] = mapped_column(JSONB, server_default=text("'{}'"))
    input_hash: Mapped[str | None] = mapped_column(String(64))
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    by: Mapped[str] = mapped_column("made_by", Text)
    __table_args__ = (Index(None, "county_code", "id"),)


class ParcelFact(Base):
    """One row a parcel: the columns of app.policy.registry at (as_of, data_year) of the published run.

    Ratios say their denominator: far by parcel area (registered, else contract, else planar), tax in 万元/亩.
    """

    __tablename__ = "parcel_fact"
    county_code: Mapped[str] = mapped_column(String(6), primary_key=True)
    parcel_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    run_id: Mapped[int] = mapped_column(BigInteger)
    land_code: Mapped[str] = mapped_column(String(17))
    cadastral_code: Mapped[str | None] = mapped_column(Text)
    town_code: Mapped[str] = mapped_column(String(9))
    responsible_body: Mapped[str] = mapped_column(String(9))
    ownership: Mapped[str | None] = mapped_column(String(1))
    legality: Mapped[str | None] = mapped_column(Text)
    block_code: Mapped[str | None] = mapped_column(Text)
    land_use_code: Mapped[str | None] = mapped_column(Text)
    area_registered_m2: Mapped[Decimal | None] = mapped_column(Numeric(14, 2))
    area_contract_m2: Mapped[Decimal | None] = mapped_column(Numeric(14, 2))
    area_planar_m2: Mapped[Decimal] = mapped_column(Numeric(14, 2))
    area_geodesic_m2: Mapped[Decimal] = mapped_column(Numeric(14, 2))
    area_used_m2: Mapped[Decimal] = mapped_column(Numeric(14, 2))
    area_used_mu: Mapped[Decimal] = mapped_column(Numeric(14, 4))
    area_basis: Mapped[str] = mapped_column(Text, comment="registered | contract | planar")
    inside_ratio: Mapped[Decimal | None] = mapped_column(Numeric(7, 6))
    control_line_relation: Mapped[str | None] = mapped_column(Text, comment="inside | outside | crossing")
    industry_code: Mapped[str | None] = mapped_column(Text)
    industry_division: Mapped[str | None] = mapped_column(Text)
    user_count: Mapped[int] = mapped_column(Integer)
    main_uscc: Mapped[str | None] = mapped_column(Text)
    tax_per_mu: Mapped[Decimal | None] = mapped_column(Numeric(16, 4), comment="万元/亩 of area its users use on it")
    tax_per_mu_min: Mapped[Decimal | None] = mapped_column(Numeric(16, 4))
    tax_band: Mapped[str | None] = mapped_column(Text)
    tax_year: Mapped[int | None] = mapped_column(Integer)
    tax_data_on: Mapped[date | None] = mapped_column(Date)
    tax_unknown_users: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    grade: Mapped[str | None] = mapped_column(Text)
    grade_prev: Mapped[str | None] = mapped_column(Text)
    grade_year: Mapped[int | None] = mapped_column(Integer)
    grade_data_on: Mapped[date | None] = mapped_column(Date)
    far: Mapped[Decimal | None] = mapped_column(Numeric(10, 4))
    gross_floor_area_m2: Mapped[Decimal | None] = mapped_column(Numeric(14, 2))
    far_floor_area_m2: Mapped[Decimal | None] = mapped_column(Numeric(14, 2))
    far_data_on: Mapped[date | None] = mapped_column(Date)
    vacant_floor_ratio: Mapped[Decimal | None] = mapped_column(Numeric(10, 4))
    vacant_months: Mapped[int | None] = mapped_column(Integer)
    vacancy_data_on: Mapped[date | None] = mapped_column(Date)
    on_list: Mapped[bool | None] = mapped_column(Boolean)
    list_names: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    list_data_on: Mapped[date | None] = mapped_column(Date)
    tenant_closed: Mapped[bool | None] = mapped_column(Boolean)
    tenant_data_on: Mapped[date | None] = mapped_column(Date)
    capacity_gate_failed: Mapped[bool | None] = mapped_column(Boolean)
    gate_data_on: Mapped[date | None] = mapped_column(Date)
    supply_mode: Mapped[str | None] = mapped_column(Text)
    supply_electronic_no: Mapped[str | None] = mapped_column(Text)
    agreed_start_on: Mapped[date | None] = mapped_column(Date)
    inefficient: Mapped[str | None] = mapped_column(Text, comment="true | false | unknown")
    idle: Mapped[str | None] = mapped_column(Text, comment="suspected | not_idle | insufficient_data")
    standard_land: Mapped[str | None] = mapped_column(Text, comment="true | false | unknown")
    __table_args__ = (Index(None, "county_code", "responsible_body"), Index(None, "county_code", "inefficient"))


class Verdict(Base):
    """初判 of parcel × kind; a row per change: stands from from_run until to_run (null: stands)."""

    __tablename__ = "verdict"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    county_code: Mapped[str] = mapped_column(String(6))
    parcel_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("parcel.id"))
    kind: Mapped[str] = mapped_column(Text)
    result: Mapped[str] = mapped_column(Text)
    criteria_true: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    criteria_unknown: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    detail: Mapped[Any] = mapped_column(JSONB, server_default=text("'{}'"), comment="idle: limb … dates; standard_land: status, gates")
    inputs: Mapped[Any] = mapped_column(JSONB, server_default=text("'{}'"), comment="values and data dates the rules used")
    as_of: Mapped[date] = mapped_column(Date)
    rule_version: Mapped[str] = mapped_column(Text)
    from_run: Mapped[int] = mapped_column(BigInteger)
    to_run: Mapped[int | None] = mapped_column(BigInteger)
    __table_args__ = (
        Index("uq_verdict_standing", "county_code", "parcel_id", "kind", unique=True, postgresql_where=text("to_run IS NULL")),
        Index("ix_verdict_parcel", "parcel_id", "kind"),
        CheckConstraint("kind IN ('inefficient','idle','standard_land')", name="kind"),
    )


class Determination(Base):
    """认定: the formal decision of an authority with its document number; never made by a computation."""

    __tablename__ = "determination"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    county_code: Mapped[str] = mapped_column(String(6))
    parcel_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("parcel.id"))
    kind: Mapped[str] = mapped_column(Text, comment="inefficient 低效认定 | idle 闲置认定")
    document: Mapped[str] = mapped_column(Text)
    decided_on: Mapped[date] = mapped_column(Date)
    decided_by: Mapped[str] = mapped_column(Text)
    verdict_id: Mapped[int | None] = mapped_column(BigInteger)
    revoked_on: Mapped[date | None] = mapped_column(Date)
    revoked_document: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    __table_args__ = (
        Index("uq_determination_document", "county_code", "parcel_id", "kind", "document", unique=True),
        CheckConstraint("kind IN ('inefficient','idle')", name="kind"),
    )
