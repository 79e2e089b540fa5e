"""Tables of the territories room."""

from datetime import date
from decimal import Decimal
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import BigInteger, Boolean, CheckConstraint, Date, Identity, Index, Integer, Numeric, String, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base


class County(Base):
    """县(市、区): code GB/T 2260, one central meridian for planar areas, outline in 4490 (may be unknown)."""

    __tablename__ = "county"
    code: Mapped[str] = mapped_column(String(6), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    prefecture_code: Mapped[str | None] = mapped_column(String(6))
    meridian_epsg: Mapped[int] = mapped_column(Integer, default=4549, comment="EPSG of the county's one 3° Gauss–Krüger plane")
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    is_test: Mapped[bool] = mapped_column(Boolean, default=False)
    geom: Mapped[Any | None] = mapped_column(Geometry("MULTIPOLYGON", 4490, spatial_index=False))


class Town(Base):
    """乡镇街道 in one code scheme with validity; geom may be unknown or marked synthetic."""

    __tablename__ = "town"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    county_code: Mapped[str] = mapped_column(String(6))
    code: Mapped[str] = mapped_column(String(9), comment="county 6 + suffix 3")
    scheme: Mapped[str] = mapped_column(Text, default="NBS2023", comment="NBS2023 | MCA | import")
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text, comment="street 街道 | town 镇 | township 乡")
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    is_synthetic: Mapped[bool] = mapped_column(Boolean, default=False)
    geom: Mapped[Any | None] = mapped_column(Geometry("MULTIPOLYGON", 4490, spatial_index=True))
    __table_args__ = (
        Index("uq_town_code_from", "county_code", "scheme", "code", "valid_from", unique=True, postgresql_nulls_not_distinct=True),
    )


class ResponsibleBody(Base):
    """责任主体: a town, a street or a functional area; every parcel has exactly one."""

    __tablename__ = "responsible_body"
    county_code: Mapped[str] = mapped_column(String(6), primary_key=True)
    code: Mapped[str] = mapped_column(String(9), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text, comment="town | functional_area | unassigned")
    town_code: Mapped[str | None] = mapped_column(String(9), comment="town whose parcels it takes by default")
    sort: Mapped[int] = mapped_column(Integer, default=0)
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    __table_args__ = (CheckConstraint("kind IN ('town','functional_area','county','unassigned')", name="kind"),)


class Calibre(Base):
    """口径: a named set of responsible bodies (全市 / 市级)."""

    __tablename__ = "calibre"
    county_code: Mapped[str] = mapped_column(String(6), primary_key=True)
    code: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    bodies: Mapped[list[str]] = mapped_column(ARRAY(Text))
    note: Mapped[str | None] = mapped_column(Text)


class Block(Base):
    """工业区块 / 集聚区: a named cluster of parcels."""

    __tablename__ = "block"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    county_code: Mapped[str] = mapped_column(String(6))
    code: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    responsible_body: Mapped[str | None] = mapped_column(String(9))
    area_planar_m2: Mapped[Decimal | None] = mapped_column(Numeric(16, 2))
    geom: Mapped[Any | None] = mapped_column(Geometry("MULTIPOLYGON", 4490, spatial_index=True))
    __table_args__ = (Index("uq_block_county_code", "county_code", "code", unique=True),)
