"""shapes of the map beside its texts: an extent reads as many pages as its texts fill"""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

from app.maps.models import Box

revision = "0009"
down_revision = "0008"

PAGED = ["responsible_body", "display_class", "inefficient", "idle", "standard_land", "grade"]
SHAPES = """
INSERT INTO map_shape (county_code, id, responsible_body, display_class, land_code, grade, geom, geom_3857)
SELECT county_code, id, responsible_body, display_class, land_code, grade, geom, ST_ForcePolygonCW(geom_3857)
FROM map_parcel
ORDER BY county_code, id
"""
TEXTS = """
INSERT INTO map_parcel (county_code, id, responsible_body, display_class, land_code, cadastral_code, grade, inefficient, idle,
                        standard_land, area_used_mu, box, is_single, head, feature)
SELECT county_code, id, responsible_body, display_class, land_code, cadastral_code, grade, inefficient, idle, standard_land,
       area_used_mu, box, ST_NumGeometries(geom) = 1, octet_length(outline) - octet_length(json_build_object('land_code', land_code)::text) - 1, feature
FROM map_parcel_wide
ORDER BY county_code, id
"""


def upgrade() -> None:
    plain = {"spatial_index": False, "dimension": 2, "nullable": False, "from_text": "ST_GeomFromEWKT", "name": "geometry"}
    op.create_geospatial_table(
        "map_shape",
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("responsible_body", sa.String(length=9), nullable=False),
        sa.Column("display_class", sa.Text(), nullable=False),
        sa.Column("land_code", sa.String(length=17), nullable=False),
        sa.Column("grade", sa.Text(), nullable=True),
        sa.Column("geom", Geometry(geometry_type="MULTIPOLYGON", srid=4490, **plain), nullable=False),
        sa.Column("geom_3857", Geometry(geometry_type="MULTIPOLYGON", srid=3857, **plain), nullable=False, comment="outer rings clockwise"),
        sa.PrimaryKeyConstraint("county_code", "id", name=op.f("pk_map_shape")),
    )
    op.execute(SHAPES)
    op.create_geospatial_index(
        "ix_map_shape_geom_3857", "map_shape", ["geom_3857"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.execute("ALTER TABLE map_parcel RENAME TO map_parcel_wide")
    op.execute("ALTER TABLE map_parcel_wide DROP CONSTRAINT pk_map_parcel")
    for name in ("box", "geom_3857", "land_code", "page"):
        op.execute(f"DROP INDEX ix_map_parcel_{name}")
    op.create_table(
        "map_parcel",
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("responsible_body", sa.String(length=9), nullable=False),
        sa.Column("display_class", sa.Text(), nullable=False),
        sa.Column("land_code", sa.String(length=17), nullable=False),
        sa.Column("cadastral_code", sa.Text(), nullable=True),
        sa.Column("grade", sa.Text(), nullable=True),
        sa.Column("inefficient", sa.Text(), nullable=True),
        sa.Column("idle", sa.Text(), nullable=True),
        sa.Column("standard_land", sa.Text(), nullable=True),
        sa.Column("area_used_mu", sa.Numeric(precision=14, scale=4), nullable=False),
        sa.Column("box", Box(), nullable=False, comment="extent of geom in degrees"),
        sa.Column("is_single", sa.Boolean(), nullable=False, comment="one polygon, so it reaches from edge to edge of its box"),
        sa.Column("head", sa.Integer(), nullable=False, comment="octets of feature before its properties"),
        sa.Column("feature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("county_code", "id", name=op.f("pk_map_parcel"), postgresql_include=PAGED),
    )
    op.execute("ALTER TABLE map_parcel ALTER COLUMN feature SET STORAGE EXTERNAL")
    op.execute("ALTER TABLE map_parcel SET (toast_tuple_target = 8160)")
    op.execute(TEXTS)
    op.execute("DROP TABLE map_parcel_wide")
    op.create_index(
        "ix_map_parcel_box", "map_parcel", ["box"], unique=False, postgresql_using="gist", postgresql_include=["id", "county_code", *PAGED]
    )
    op.create_index("ix_map_parcel_land_code", "map_parcel", ["county_code", "land_code"], unique=False)
    op.create_index(
        "ix_map_parcel_page", "map_parcel", ["id", "box"], unique=False, postgresql_using="gist", postgresql_include=["county_code", *PAGED]
    )
    for table in ("map_parcel", "map_shape"):
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO yima_app")
        op.execute(f"GRANT SELECT ON {table} TO yima_map")
        op.execute(f"ANALYZE {table}")


def downgrade() -> None:
    raise NotImplementedError("map rows are derived: publish anew after going back by hand")
