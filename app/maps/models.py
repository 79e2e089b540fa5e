"""Tables the map reads: narrow, derived, rebuilt from the register and the facts; nothing else reads them."""

from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

from app.core.db import Base
from app.maps import fields


class Box(UserDefinedType[str]):
    """PostgreSQL's own box: unlike a geometry it can be read from an index alone."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "box"


ischema_names["box"] = Box

PAGED = ["county_code", "responsible_body", "display_class", "inefficient", "idle", "standard_land", "grade"]
PAGED_PUBLIC = ["county_code", "responsible_body", "standard_land", "grade"]
"""Columns that choose a page, carried by the three indexes that choose ids, so that choosing never touches the wide rows.

The primary key pages without an extent; `…_box` finds the few parcels of a small extent; `…_page` walks a large one in id
order (nearest first) and skips what lies outside.
"""
PLACE = "point(({id} % 1000000000), 0)"
"""A parcel's number within its county as a place on a line: unlike a bare number GiST sorts it, and is built in a fifth of the time."""


class MapParcel(Base):
    """One current parcel ready to send: `feature` is its GeoJSON text (classes L1–L2 and bands), its first `head` octets the shape alone.

    What the text shows stands beside it typed (`SEEN`), so that a filter on it reads no second table: a look-up by key costs more
    than the text. Nothing else that is wide stands here: an extent reads as many pages as its texts fill. Shapes are in map_shape.
    What an extent reads of every row comes first: what stands before a column is stepped over to find it.
    """

    __tablename__ = "map_parcel"
    county_code: Mapped[str] = mapped_column(String(6), primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    box: Mapped[Any] = mapped_column(Box, comment="extent of geom in degrees")
    is_single: Mapped[bool] = mapped_column(Boolean, comment="one polygon, so it reaches from edge to edge of its box")
    head: Mapped[int] = mapped_column(Integer, comment="octets of feature before its properties")
    feature: Mapped[bytes] = mapped_column(LargeBinary)
    responsible_body: Mapped[str] = mapped_column(String(9))
    display_class: Mapped[str] = mapped_column(Text)
    land_code: Mapped[str] = mapped_column(String(17))
    cadastral_code: Mapped[str | None] = mapped_column(Text)
    grade: Mapped[str | None] = mapped_column(Text)
    inefficient: Mapped[str | None] = mapped_column(Text)
    idle: Mapped[str | None] = mapped_column(Text)
    standard_land: Mapped[str | None] = mapped_column(Text)
    mu: Mapped[Any] = mapped_column(Numeric(14, 4), comment="亩 that counts show: used, else planar")
    town_code: Mapped[str | None] = mapped_column(Text)
    block_code: Mapped[str | None] = mapped_column(Text)
    ownership: Mapped[str | None] = mapped_column(Text)
    area_registered_m2: Mapped[Any | None] = mapped_column(Numeric)
    area_contract_m2: Mapped[Any | None] = mapped_column(Numeric)
    area_planar_m2: Mapped[Any | None] = mapped_column(Numeric)
    area_geodesic_m2: Mapped[Any | None] = mapped_column(Numeric)
    area_used_mu: Mapped[Any | None] = mapped_column(Numeric)
    tax_band: Mapped[str | None] = mapped_column(Text)
    far: Mapped[Any | None] = mapped_column(Numeric)
    supply_mode: Mapped[str | None] = mapped_column(Text)
    industry_division: Mapped[str | None] = mapped_column(Text)
    case_state: Mapped[str | None] = mapped_column(Text)
    inside_ratio: Mapped[Any | None] = mapped_column(Numeric)
    __table_args__ = (
        PrimaryKeyConstraint("county_code", "id", postgresql_include=PAGED[1:]),
        Index("ix_map_parcel_page", text(PLACE.format(id="id")), "box", postgresql_using="gist", postgresql_include=["id", *PAGED]),
        Index("ix_map_parcel_box", "box", postgresql_using="gist", postgresql_include=["id", *PAGED]),
        Index("ix_map_parcel_land_code", "county_code", "land_code"),
    )


class MapShape(Base):
    """Shapes of the current parcels and what a tile tells of each: read by tiles and where a box alone can't decide."""

    __tablename__ = "map_shape"
    county_code: Mapped[str] = mapped_column(String(6), primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    responsible_body: Mapped[str] = mapped_column(String(9))
    display_class: Mapped[str] = mapped_column(Text)
    land_code: Mapped[str] = mapped_column(String(17))
    grade: Mapped[str | None] = mapped_column(Text)
    geom: Mapped[Any] = mapped_column(Geometry("MULTIPOLYGON", 4490, spatial_index=False))
    geom_3857: Mapped[Any] = mapped_column(Geometry("MULTIPOLYGON", 3857, spatial_index=False), comment="outer rings clockwise")
    __table_args__ = (Index("ix_map_shape_geom_3857", "geom_3857", postgresql_using="gist"),)


class MapParcelPublic(Base):
    """Public form for viewers: a point at 3 decimals and L1 properties; its own table, so no side channel."""

    __tablename__ = "map_parcel_public"
    county_code: Mapped[str] = mapped_column(String(6), primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    land_code: Mapped[str] = mapped_column(String(17))
    responsible_body: Mapped[str] = mapped_column(String(9))
    standard_land: Mapped[str | None] = mapped_column(Text)
    grade: Mapped[str | None] = mapped_column(Text)
    box: Mapped[Any] = mapped_column(Box, comment="extent of geom in degrees")
    geom: Mapped[Any] = mapped_column(Geometry("POINT", 4490, spatial_index=False))
    geom_3857: Mapped[Any] = mapped_column(Geometry("POINT", 3857, spatial_index=False))
    feature: Mapped[bytes] = mapped_column(LargeBinary)
    __table_args__ = (
        PrimaryKeyConstraint("county_code", "id", postgresql_include=PAGED_PUBLIC[1:]),
        Index(
            "ix_map_parcel_public_page",
            text(PLACE.format(id="id")),
            "box",
            postgresql_using="gist",
            postgresql_include=["id", *PAGED_PUBLIC],
        ),
        Index("ix_map_parcel_public_box", "box", postgresql_using="gist", postgresql_include=["id", *PAGED_PUBLIC]),
        Index("ix_map_parcel_public_geom_3857", "geom_3857", postgresql_using="gist"),
        Index("ix_map_parcel_public_land_code", "county_code", "land_code"),
    )


_TYPES: dict[str, Any] = {"text[]": ARRAY(Text), "text": Text, "numeric": Numeric, "integer": Integer, "boolean": Boolean, "date": Date}
map_filter = Table(
    "map_filter",
    Base.metadata,
    Column("county_code", String(6), primary_key=True),
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    *(Column(column.name, _TYPES[column.type]) for column in fields.STORED.values()),
)
"""What filters and sorting read of a parcel: narrow, so that a filter never drags the wide texts through memory."""


class Cell:
    """Parcels counted on one cell of an overview grid: 32·2^z columns over 360°, 32 × 32 cells a tile of zoom z.

    A parcel is in the cell of the centre of its box, once a theme: Σ n of the bodies over one grid, theme and z is the number of parcels.
    At some zooms (cells.TOGETHER) all bodies added up stand there as well, as the body cells.ALL.
    The key's order makes a tile 32 short ranges: `row = ANY(its 32 rows) AND col BETWEEN its first AND its last`.
    """

    county_code: Mapped[str] = mapped_column(String(6), primary_key=True)
    grid: Mapped[str] = mapped_column(Text, primary_key=True, comment="WebMercatorQuad or CGCS2000Quad")
    theme: Mapped[str] = mapped_column(Text, primary_key=True)
    z: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False, comment="zoom of the tile, 0 to 12")
    row: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False, comment="cell, from the north")
    col: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False, comment="cell, from 180° west")
    responsible_body: Mapped[str] = mapped_column(Text, primary_key=True)
    value: Mapped[str] = mapped_column(Text, primary_key=True, comment="of the theme; empty where unknown")
    n: Mapped[int] = mapped_column(Integer)
    mu4: Mapped[int] = mapped_column(BigInteger, comment="亩 × 10,000, a whole number: added without rounding, and fast")
    __table_args__: Any = (CheckConstraint("n > 0", name="n_positive"),)


class MapCell(Cell, Base):
    """Overview by display_class, grade, tax_band, far_band and industry_division; 亩 used, else planar."""

    __tablename__ = "map_cell"


class MapCellPublic(Cell, Base):
    """Overview for viewers: from the public points, by grade and standard_land; planar 亩, because used 亩 is not public."""

    __tablename__ = "map_cell_public"
