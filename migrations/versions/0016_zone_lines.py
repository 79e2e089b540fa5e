"""zones of planning layers as lines and points: shown, without an area"""

from alembic import op

revision = "0016"
down_revision = "0015"

FORM = "GeometryType(geom) IN ('MULTIPOLYGON', 'MULTILINESTRING', 'MULTIPOINT') AND (ST_Dimension(geom) = 2) = (area_planar_m2 IS NOT NULL)"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE planning_zone ALTER COLUMN geom TYPE geometry(GEOMETRY, 4490), ALTER COLUMN area_planar_m2 DROP NOT NULL,"
        f" ADD CONSTRAINT ck_planning_zone_form CHECK ({FORM})"
    )
    op.execute("COMMENT ON COLUMN planning_zone.area_planar_m2 IS 'null: a line or points'")


def downgrade() -> None:
    op.execute("DELETE FROM planning_zone WHERE area_planar_m2 IS NULL")
    op.execute("COMMENT ON COLUMN planning_zone.area_planar_m2 IS NULL")
    op.execute(
        "ALTER TABLE planning_zone DROP CONSTRAINT ck_planning_zone_form, ALTER COLUMN area_planar_m2 SET NOT NULL,"
        " ALTER COLUMN geom TYPE geometry(MULTIPOLYGON, 4490)"
    )
