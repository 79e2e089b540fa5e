"""typed columns beside the texts of the map: a filter on what a parcel shows reads no second table"""

import sqlalchemy as sa
from alembic import op

from app.maps.models import Box

revision = "0010"
down_revision = "0009"

PAGED = ["responsible_body", "display_class", "inefficient", "idle", "standard_land", "grade"]
NUMBERS = ("area_registered_m2", "area_contract_m2", "area_planar_m2", "area_geodesic_m2", "area_used_mu", "far", "inside_ratio")
SEEN = (
    "town_code", "block_code", "ownership", "area_registered_m2", "area_contract_m2", "area_planar_m2", "area_geodesic_m2", "area_used_mu",
    "tax_band", "far", "supply_mode", "industry_division", "case_state", "inside_ratio",
)  # fmt: skip
ROWS = f"""
INSERT INTO map_parcel (county_code, id, box, is_single, head, feature, responsible_body, display_class, land_code, cadastral_code, grade,
                        inefficient, idle, standard_land, mu, {", ".join(SEEN)})
SELECT m.county_code, m.id, m.box, m.is_single, m.head, m.feature, m.responsible_body, m.display_class, m.land_code, m.cadastral_code,
       m.grade, m.inefficient, m.idle, m.standard_land, m.area_used_mu, {", ".join(f"f.{name}" for name in SEEN)}
FROM map_parcel_before m
JOIN map_filter f USING (county_code, id)
ORDER BY m.county_code, m.id
"""


def upgrade() -> None:
    op.execute("ALTER TABLE map_parcel RENAME TO map_parcel_before")
    op.execute("ALTER TABLE map_parcel_before DROP CONSTRAINT pk_map_parcel")
    for name in ("box", "land_code", "page"):
        op.execute(f"DROP INDEX ix_map_parcel_{name}")
    op.create_table(
        "map_parcel",
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("box", Box(), nullable=False, comment="extent of geom in degrees"),
        sa.Column("is_single", sa.Boolean(), nullable=False, comment="one polygon, so it reaches from edge to edge of its box"),
        sa.Column("head", sa.Integer(), nullable=False, comment="octets of feature before its properties"),
        sa.Column("feature", sa.LargeBinary(), nullable=False),
        sa.Column("responsible_body", sa.String(length=9), nullable=False),
        sa.Column("display_class", sa.Text(), nullable=False),
        sa.Column("land_code", sa.String(length=17), nullable=False),
        sa.Column("cadastral_code", sa.Text(), nullable=True),
        sa.Column("grade", sa.Text(), nullable=True),
        sa.Column("inefficient", sa.Text(), nullable=True),
        sa.Column("idle", sa.Text(), nullable=True),
        sa.Column("standard_land", sa.Text(), nullable=True),
        sa.Column("mu", sa.Numeric(precision=14, scale=4), nullable=False, comment="亩 that counts show: used, else planar"),
        *(sa.Column(name, sa.Numeric() if name in NUMBERS else sa.Text(), nullable=True) for name in SEEN),
    )
    op.execute("ALTER TABLE map_parcel ALTER COLUMN feature SET STORAGE EXTERNAL")
    op.execute("ALTER TABLE map_parcel SET (toast_tuple_target = 8160)")
    op.execute(ROWS)
    op.execute("DROP TABLE map_parcel_before")
    op.execute(f"ALTER TABLE map_parcel ADD CONSTRAINT pk_map_parcel PRIMARY KEY (county_code, id) INCLUDE ({', '.join(PAGED)})")
    op.create_index(
        "ix_map_parcel_box", "map_parcel", ["box"], unique=False, postgresql_using="gist", postgresql_include=["id", "county_code", *PAGED]
    )
    op.create_index("ix_map_parcel_land_code", "map_parcel", ["county_code", "land_code"], unique=False)
    op.create_index(
        "ix_map_parcel_page", "map_parcel", ["id", "box"], unique=False, postgresql_using="gist", postgresql_include=["county_code", *PAGED]
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON map_parcel TO yima_app")
    op.execute("GRANT SELECT ON map_parcel TO yima_map")
    op.execute("ANALYZE map_parcel")


def downgrade() -> None:
    raise NotImplementedError("map rows are derived: publish anew after going back by hand")
