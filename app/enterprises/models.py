"""Tables of the enterprises room. null is unknown, never 0."""

from datetime import date
from decimal import Decimal

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Identity, Index, Integer, Numeric, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base

WAN = Numeric(16, 4)


class Enterprise(Base):
    """企业 (经营主体) with a checked 统一社会信用代码 (GB 32100-2015)."""

    __tablename__ = "enterprise"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    county_code: Mapped[str] = mapped_column(String(6))
    uscc: Mapped[str] = mapped_column(String(18))
    name: Mapped[str] = mapped_column(Text)
    former_names: Mapped[str | None] = mapped_column(Text)
    industry_code: Mapped[str | None] = mapped_column(String(4), comment="GB/T 4754-2017")
    scale: Mapped[str | None] = mapped_column(Text, comment="above_scale 规上 | below_scale 规下")
    status: Mapped[str | None] = mapped_column(Text, comment="active|suspended|cancelled|revoked")
    status_on: Mapped[date | None] = mapped_column(Date)
    data_on: Mapped[date | None] = mapped_column(Date)
    import_id: Mapped[int | None] = mapped_column(BigInteger)
    __table_args__ = (
        Index("uq_enterprise_county_uscc", "county_code", "uscc", unique=True),
        CheckConstraint("status IN ('active','suspended','cancelled','revoked')", name="status"),
    )


class EnterpriseName(Base):
    """Names over time."""

    __tablename__ = "enterprise_name"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    county_code: Mapped[str] = mapped_column(String(6))
    enterprise_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("enterprise.id"))
    name: Mapped[str] = mapped_column(Text)
    seen_on: Mapped[date | None] = mapped_column(Date)
    __table_args__ = (Index("uq_enterprise_name", "county_code", "enterprise_id", "name", unique=True),)


class Occupancy(Base):
    """用地关系 of an enterprise on a parcel: own 自有, rent_in 承租, rent_out 出租; area m², half-open period."""

    __tablename__ = "occupancy"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    county_code: Mapped[str] = mapped_column(String(6))
    enterprise_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("enterprise.id"))
    parcel_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("parcel.id"))
    relation: Mapped[str] = mapped_column(Text)
    area_m2: Mapped[Decimal | None] = mapped_column(Numeric(14, 2))
    counterparty_uscc: Mapped[str | None] = mapped_column(String(18))
    start_on: Mapped[date | None] = mapped_column(Date)
    end_on: Mapped[date | None] = mapped_column(Date)
    data_on: Mapped[date | None] = mapped_column(Date)
    import_id: Mapped[int | None] = mapped_column(BigInteger)
    __table_args__ = (
        Index(None, "county_code", "enterprise_id"),
        Index(None, "parcel_id"),
        CheckConstraint("relation IN ('own','rent_in','rent_out')", name="relation"),
    )


class Indicator(Base):
    """Yearly figures of an enterprise with unit in the name, source department and data date."""

    __tablename__ = "enterprise_indicator"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    county_code: Mapped[str] = mapped_column(String(6))
    enterprise_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("enterprise.id"))
    year: Mapped[int] = mapped_column(Integer)
    tax_wan: Mapped[Decimal | None] = mapped_column(WAN, comment="税收实际贡献 万元")
    value_added_wan: Mapped[Decimal | None] = mapped_column(WAN)
    revenue_wan: Mapped[Decimal | None] = mapped_column(WAN)
    energy_tce: Mapped[Decimal | None] = mapped_column(WAN)
    electricity_wan_kwh: Mapped[Decimal | None] = mapped_column(WAN)
    staff: Mapped[Decimal | None] = mapped_column(WAN)
    rd_wan: Mapped[Decimal | None] = mapped_column(WAN)
    emission_t: Mapped[Decimal | None] = mapped_column(WAN)
    source_department: Mapped[str | None] = mapped_column(Text)
    data_on: Mapped[date | None] = mapped_column(Date)
    import_id: Mapped[int | None] = mapped_column(BigInteger)
    __table_args__ = (Index("uq_enterprise_indicator_year", "county_code", "enterprise_id", "year", unique=True),)


class Grade(Base):
    """亩均效益综合评价 grade as published, by population 评价群体; 未参评 is N."""

    __tablename__ = "enterprise_grade"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    county_code: Mapped[str] = mapped_column(String(6))
    enterprise_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("enterprise.id"))
    year: Mapped[int] = mapped_column(Integer)
    population: Mapped[str | None] = mapped_column(Text, comment="above_scale|below_scale_ge3mu|below_scale_lt3mu|tenant")
    grade: Mapped[str] = mapped_column(Text)
    published_on: Mapped[date | None] = mapped_column(Date)
    document: Mapped[str | None] = mapped_column(Text)
    import_id: Mapped[int | None] = mapped_column(BigInteger)
    __table_args__ = (Index("uq_enterprise_grade_year", "county_code", "enterprise_id", "year", unique=True),)


class ListMembership(Base):
    """清单 membership (高耗低效, 散乱污, 落后产能), its own record with entry and exit."""

    __tablename__ = "list_membership"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    county_code: Mapped[str] = mapped_column(String(6))
    list_kind: Mapped[str] = mapped_column(Text, comment="high_consumption_low_efficiency|scattered_disordered_polluting|obsolete_capacity")
    enterprise_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("enterprise.id"))
    entered_on: Mapped[date | None] = mapped_column(Date)
    basis: Mapped[str | None] = mapped_column(Text)
    exit_on: Mapped[date | None] = mapped_column(Date)
    import_id: Mapped[int | None] = mapped_column(BigInteger)
    __table_args__ = (Index("ix_list_membership_enterprise", "county_code", "enterprise_id"),)


class ListCheck(Base):
    """Negative evidence: the list was delivered as of a day, who is not on it is not on it."""

    __tablename__ = "list_check"
    county_code: Mapped[str] = mapped_column(String(6), primary_key=True)
    list_kind: Mapped[str] = mapped_column(Text, primary_key=True)
    data_on: Mapped[date] = mapped_column(Date, primary_key=True)
    import_id: Mapped[int | None] = mapped_column(BigInteger)
