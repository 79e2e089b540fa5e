"""Tables of the parcels room."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Computed,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    String,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import DATERANGE, TSTZRANGE
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base

AREA = Numeric(14, 2)


class CodeCounter(Base):
    """Next free numbers: per (county, birth town, kind) for codes, ('*', 'id') for integer ids. Never goes back."""

    __tablename__ = "code_counter"
    county_code: Mapped[str] = mapped_column(String(6), primary_key=True)
    town_suffix: Mapped[str] = mapped_column(String(3), primary_key=True)
    kind: Mapped[str] = mapped_column(String(2), primary_key=True)
    last: Mapped[int] = mapped_column(BigInteger, default=0)


class Parcel(Base):
    """宗地: its identity. id = county code × 10⁹ + number; land_code is the one code 一码, never reused."""

    __tablename__ = "parcel"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    county_code: Mapped[str] = mapped_column(String(6))
    land_code: Mapped[str] = mapped_column(String(17), comment="county 6 + birth town 3 + P + number 6 + check 1")
    source_key: Mapped[str] = mapped_column(Text, comment="key of the delivering party, 宗地代码 where it is valid")
    born_import_id: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    __table_args__ = (
        Index("uq_parcel_county_land_code", "county_code", "land_code", unique=True),
        Index("uq_parcel_county_source_key", "county_code", "source_key", unique=True),
    )


class ParcelVersion(Base):
    """One state of a parcel on two time axes: valid (the world) and recorded (the register), both half-open.

    Four areas, none a copy of another: registered 证载 and contract/approved 批准 are inputs, planar 图形 and
    geodesic 椭球 are computed. m².
    """

    __tablename__ = "parcel_version"
    version_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    county_code: Mapped[str] = mapped_column(String(6))
    parcel_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("parcel.id"))
    valid: Mapped[Any] = mapped_column(DATERANGE)
    recorded: Mapped[Any] = mapped_column(TSTZRANGE, server_default=text("tstzrange(now(), NULL)"))
    valid_from: Mapped[date] = mapped_column(Date, Computed("lower(valid)", persisted=True))
    is_current: Mapped[bool] = mapped_column(Boolean, Computed("upper_inf(valid) AND upper_inf(recorded)", persisted=True))
    geom: Mapped[Any] = mapped_column(Geometry("MULTIPOLYGON", 4490, spatial_index=False))
    cadastral_code: Mapped[str | None] = mapped_column(String(19), comment="宗地代码")
    unit_code: Mapped[str | None] = mapped_column(String(28), comment="不动产单元号")
    name: Mapped[str | None] = mapped_column(Text)
    location: Mapped[str | None] = mapped_column(Text, comment="坐落")
    town_code: Mapped[str] = mapped_column(String(9), comment="by geometry: largest share of area; suffix 000 = unassigned")
    town_claimed: Mapped[str | None] = mapped_column(String(9), comment="乡镇代码 as delivered")
    responsible_body: Mapped[str] = mapped_column(String(9))
    block_code: Mapped[str | None] = mapped_column(Text)
    ownership: Mapped[str | None] = mapped_column(String(1), comment="G 国家 | J 集体 | Z 未确定")
    legality: Mapped[str | None] = mapped_column(Text, comment="certified | approved_uncertified | unlawful")
    land_use_code: Mapped[str | None] = mapped_column(Text)
    area_registered_m2: Mapped[Decimal | None] = mapped_column(AREA, comment="证载面积")
    area_contract_m2: Mapped[Decimal | None] = mapped_column(AREA, comment="批准(合同)面积")
    area_planar_m2: Mapped[Decimal] = mapped_column(AREA, comment="图形面积, county's one meridian")
    area_geodesic_m2: Mapped[Decimal] = mapped_column(AREA, comment="椭球面积, GRS80")
    import_id: Mapped[int | None] = mapped_column(BigInteger, comment="import that delivered it")
    source_row: Mapped[int | None] = mapped_column(Integer)
    opened_import_id: Mapped[int | None] = mapped_column(
        BigInteger, comment="import that recorded this row: its own, or what it left of an older one"
    )
    closed_import_id: Mapped[int | None] = mapped_column(
        BigInteger, comment="import that ended the record; undo takes back exactly its rows"
    )
    __table_args__ = (
        Index(
            "uq_parcel_version_from", "county_code", "parcel_id", "valid_from", unique=True, postgresql_where=text("upper_inf(recorded)")
        ),
        Index("uq_parcel_version_current", "county_code", "parcel_id", unique=True, postgresql_where=text("is_current")),
        Index("ix_parcel_version_geom", "geom", postgresql_using="gist"),
        Index("ix_parcel_version_parcel", "parcel_id"),
        Index("ix_parcel_version_opened", "opened_import_id"),
        Index("ix_parcel_version_closed", "closed_import_id", postgresql_where=text("closed_import_id IS NOT NULL")),
        Index(None, "county_code", "cadastral_code"),
        CheckConstraint("ownership IN ('G','J','Z')", name="ownership"),
        CheckConstraint("legality IN ('certified','approved_uncertified','unlawful')", name="legality"),
        CheckConstraint("area_planar_m2 > 0 AND area_geodesic_m2 > 0", name="area_positive"),
    )


class ParcelAlias(Base):
    """Other numbers of a parcel (宗地代码, 不动产单元号, 电子监管号, legacy), 1:n with validity."""

    __tablename__ = "parcel_alias"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    county_code: Mapped[str] = mapped_column(String(6))
    parcel_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("parcel.id"))
    kind: Mapped[str] = mapped_column(Text, comment="cadastral | unit | electronic | legacy")
    value: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    import_id: Mapped[int | None] = mapped_column(BigInteger, comment="import that brought it")
    ended_import_id: Mapped[int | None] = mapped_column(BigInteger, comment="import that ended it")
    __table_args__ = (Index(None, "county_code", "kind", "value"), Index(None, "parcel_id"))


class ParcelLineage(Base):
    """Split and merge: parent → child with the day it happened and the share of the smaller covered."""

    __tablename__ = "parcel_lineage"
    county_code: Mapped[str] = mapped_column(String(6), primary_key=True)
    parent_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("parcel.id"), primary_key=True)
    child_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("parcel.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(Text, comment="split | merge")
    on: Mapped[date] = mapped_column("happened_on", Date)
    share: Mapped[Decimal] = mapped_column(Numeric(6, 4))
    import_id: Mapped[int | None] = mapped_column(BigInteger)


class Building(Base):
    """幢 on a parcel: storeys, gross and FAR-counted floor area (never inferred from each other), vacancy, letting. m²."""

    __tablename__ = "building"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    county_code: Mapped[str] = mapped_column(String(6))
    parcel_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("parcel.id"))
    number: Mapped[str] = mapped_column(Text, comment="幢号")
    storeys: Mapped[int | None] = mapped_column(Integer)
    gross_floor_area_m2: Mapped[Decimal | None] = mapped_column(AREA)
    far_floor_area_m2: Mapped[Decimal | None] = mapped_column(AREA, comment="计容建筑面积")
    vacant_floor_area_m2: Mapped[Decimal | None] = mapped_column(AREA)
    vacant_since: Mapped[date | None] = mapped_column(Date)
    let_floor_area_m2: Mapped[Decimal | None] = mapped_column(AREA)
    data_on: Mapped[date | None] = mapped_column(Date)
    import_id: Mapped[int | None] = mapped_column(BigInteger)
    __table_args__ = (Index("uq_building_county_parcel_number", "county_code", "parcel_id", "number", unique=True),)


class SupplyContract(Base):
    """供地合同 or 划拨决定 with its milestones; tri-states are null when unknown. Money 万元 without land price and taxes."""

    __tablename__ = "supply_contract"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    county_code: Mapped[str] = mapped_column(String(6))
    parcel_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("parcel.id"))
    electronic_no: Mapped[str] = mapped_column(Text, comment="电子监管号")
    supply_mode: Mapped[str | None] = mapped_column(Text, comment="standard_land|listed_grant|agreed_grant|allocation|lease|historic")
    signed_on: Mapped[date | None] = mapped_column(Date)
    price_wan: Mapped[Decimal | None] = mapped_column(Numeric(14, 2), comment="出让价款 万元")
    agreed_start_on: Mapped[date | None] = mapped_column(Date)
    agreed_complete_on: Mapped[date | None] = mapped_column(Date)
    delivered_on: Mapped[date | None] = mapped_column(Date, comment="实际交地, 令53 Art. 22")
    permit_on: Mapped[date | None] = mapped_column(Date)
    started: Mapped[bool | None] = mapped_column(Boolean, comment="动工开发 (令53 Art. 30), recorded")
    actual_start_on: Mapped[date | None] = mapped_column(Date)
    should_area_m2: Mapped[Decimal | None] = mapped_column(AREA, comment="应动工开发建设用地总面积")
    developed_area_m2: Mapped[Decimal | None] = mapped_column(AREA)
    total_investment_wan: Mapped[Decimal | None] = mapped_column(Numeric(14, 2))
    invested_wan: Mapped[Decimal | None] = mapped_column(Numeric(14, 2))
    is_suspended: Mapped[bool | None] = mapped_column(Boolean)
    suspended_from: Mapped[date | None] = mapped_column(Date)
    cause: Mapped[str | None] = mapped_column(Text, comment="holder|government|force_majeure|unverified")
    cause_document: Mapped[str | None] = mapped_column(Text, comment="原因核实文号; without it the cause counts as unverified")
    transferred_on: Mapped[date | None] = mapped_column(Date)
    obligations_assumed: Mapped[bool | None] = mapped_column(Boolean)
    data_on: Mapped[date | None] = mapped_column(Date)
    import_id: Mapped[int | None] = mapped_column(BigInteger)
    __table_args__ = (
        Index("uq_supply_contract_county_electronic_no", "county_code", "electronic_no", unique=True),
        Index("ix_supply_contract_parcel", "parcel_id"),
        CheckConstraint("cause IN ('holder','government','force_majeure','unverified')", name="cause"),
    )


class SupplySupplement(Base):
    """补充协议: restarts the idle clock; the contract itself is never overwritten."""

    __tablename__ = "supply_supplement"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    county_code: Mapped[str] = mapped_column(String(6))
    contract_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("supply_contract.id"))
    number: Mapped[str] = mapped_column(Text)
    signed_on: Mapped[date | None] = mapped_column(Date)
    new_start_on: Mapped[date | None] = mapped_column(Date)
    new_complete_on: Mapped[date | None] = mapped_column(Date)
    document: Mapped[str | None] = mapped_column(Text)
    import_id: Mapped[int | None] = mapped_column(BigInteger)
    __table_args__ = (Index("uq_supply_supplement_contract_number", "county_code", "contract_id", "number", unique=True),)


class StandardLandIndicator(Base):
    """标准地 control indicator of a contract at a gate: promised, actual, due (DB33/T 2172-2018; contract terms)."""

    __tablename__ = "standard_land_indicator"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    county_code: Mapped[str] = mapped_column(String(6))
    contract_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("supply_contract.id"))
    indicator: Mapped[str] = mapped_column(Text)
    unit: Mapped[str | None] = mapped_column(Text)
    comparator: Mapped[str] = mapped_column(Text)
    promised: Mapped[Decimal | None] = mapped_column(Numeric(16, 4))
    gate: Mapped[str] = mapped_column(Text, comment="completion 竣工 | capacity 达产")
    due_on: Mapped[date | None] = mapped_column(Date)
    actual: Mapped[Decimal | None] = mapped_column(Numeric(16, 4))
    accepted_on: Mapped[date | None] = mapped_column(Date)
    document: Mapped[str | None] = mapped_column(Text)
    import_id: Mapped[int | None] = mapped_column(BigInteger)
    __table_args__ = (
        Index("uq_standard_land_indicator", "county_code", "contract_id", "gate", "indicator", unique=True),
        CheckConstraint("gate IN ('completion','capacity')", name="gate"),
        CheckConstraint("comparator IN ('>=','<=')", name="comparator"),
    )
