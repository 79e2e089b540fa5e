"""Tables of the zoning room."""

from datetime import date
from decimal import Decimal
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Identity, Index, Numeric, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base


class PlanningLayer(Base):
    """One version of a planning family (工业区块控制线, 城镇开发边界, …) with its approval."""

    __tablename__ = "planning_layer"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    county_code: Mapped[str] = mapped_column(String(6))
    family: Mapped[str] = mapped_column(Text)
    version: Mapped[str] = mapped_column(Text)
    approved_by: Mapped[str | None] = mapped_column(Text)
    approved_on: Mapped[date | None] = mapped_column(Date)
    document: Mapped[str | None] = mapped_column(Text)
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    import_id: Mapped[int | None] = mapped_column(BigInteger)
    __table_args__ = (Index("uq_planning_layer_version", "county_code", "family", "version", unique=True),)


FORM = "GeometryType(geom) IN ('MULTIPOLYGON', 'MULTILINESTRING', 'MULTIPOINT') AND (ST_Dimension(geom) = 2) = (area_planar_m2 IS NOT NULL)"


class PlanningZone(Base):
    """One area of a planning layer, or a line or points of it; id = county code × 10⁹ + number (its own count).

    Only what has an area takes part in 压盖比例, 线内/线外 and sums: lines and points (`area_planar_m2` is null) are only shown.
    """

    __tablename__ = "planning_zone"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    county_code: Mapped[str] = mapped_column(String(6))
    layer_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("planning_layer.id"))
    code: Mapped[str] = mapped_column(Text)
    name: Mapped[str | None] = mapped_column(Text)
    level: Mapped[str | None] = mapped_column(Text)
    area_planar_m2: Mapped[Decimal | None] = mapped_column(Numeric(16, 2), comment="null: a line or points")
    geom: Mapped[Any] = mapped_column(Geometry("GEOMETRY", 4490, spatial_index=True))
    __table_args__ = (
        CheckConstraint(FORM, name="form"),
        Index("uq_planning_zone_layer_code", "county_code", "layer_id", "code", unique=True),
    )


class ParcelOverlay(Base):
    """Share of a parcel inside a planning layer version; 0 is stored too: checked, none. A version without any area has no rows."""

    __tablename__ = "parcel_overlay"
    county_code: Mapped[str] = mapped_column(String(6), primary_key=True)
    parcel_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("parcel.id"), primary_key=True)
    layer_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("planning_layer.id"), primary_key=True)
    ratio: Mapped[Decimal] = mapped_column(Numeric(7, 6))
    area_m2: Mapped[Decimal] = mapped_column(Numeric(14, 2))
    __table_args__ = (Index(None, "layer_id"),)
