"""overview cells of the map, filled from what is published"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

GRIDS = """
CROSS JOIN LATERAL (VALUES
    ('WebMercatorQuad', floor((1 - asinh(tan(radians((@@ m.box)[1]))) / pi()) / 2 * 131072)::int, floor(((@@ m.box)[0] + 180) / 360 * 131072)::int),
    ('CGCS2000Quad', floor((90 - (@@ m.box)[1]) / 360 * 131072)::int, floor(((@@ m.box)[0] + 180) / 360 * 131072)::int)
) g (grid, row, col)
"""
FULL = f"""
SELECT m.county_code, g.grid, t.theme, 12, g.row, g.col, m.responsible_body, coalesce(t.value, ''), count(*), sum(m.area_used_mu)
FROM map_parcel m
JOIN map_filter f ON f.county_code = m.county_code AND f.id = m.id
{GRIDS}
CROSS JOIN LATERAL (VALUES
    ('display_class', m.display_class),
    ('grade', m.grade),
    ('tax_band', f.tax_band),
    ('far_band', CASE WHEN f.far < 0.5 THEN 'lt0.5' WHEN f.far < 1.0 THEN '0.5-1.0' WHEN f.far < 1.5 THEN '1.0-1.5'
                      WHEN f.far < 2.0 THEN '1.5-2.0' WHEN f.far >= 2.0 THEN 'ge2.0' END),
    ('industry_division', f.industry_division)
) t (theme, value)
GROUP BY 1, 2, 3, 5, 6, 7, 8
ORDER BY 1, 2, 3, 5, 6, 7, 8
"""
PUBLIC = f"""
SELECT m.county_code, g.grid, t.theme, 12, g.row, g.col, m.responsible_body, coalesce(t.value, ''), count(*), sum(round(f.area_planar_m2 * 0.0015, 4))
FROM map_parcel_public m
JOIN map_filter f ON f.county_code = m.county_code AND f.id = m.id
{GRIDS}
CROSS JOIN LATERAL (VALUES ('grade', m.grade), ('standard_land', m.standard_land)) t (theme, value)
GROUP BY 1, 2, 3, 5, 6, 7, 8
ORDER BY 1, 2, 3, 5, 6, 7, 8
"""
COARSER = """
INSERT INTO {table} (county_code, grid, theme, z, row, col, responsible_body, value, n, mu)
SELECT county_code, grid, theme, {z} - 1, row >> 1, col >> 1, responsible_body, value, sum(n), sum(mu)
FROM {table}
WHERE z = {z}
GROUP BY 1, 2, 3, 5, 6, 7, 8
ORDER BY 1, 2, 3, 5, 6, 7, 8
"""


def upgrade() -> None:
    for table, source in (("map_cell", FULL), ("map_cell_public", PUBLIC)):
        op.create_table(
            table,
            sa.Column("county_code", sa.String(length=6), nullable=False),
            sa.Column("grid", sa.Text(), nullable=False, comment="WebMercatorQuad or CGCS2000Quad"),
            sa.Column("theme", sa.Text(), nullable=False),
            sa.Column("z", sa.SmallInteger(), autoincrement=False, nullable=False, comment="zoom of the tile, 0 to 12"),
            sa.Column("row", sa.Integer(), autoincrement=False, nullable=False, comment="cell, from the north"),
            sa.Column("col", sa.Integer(), autoincrement=False, nullable=False, comment="cell, from 180° west"),
            sa.Column("responsible_body", sa.Text(), nullable=False),
            sa.Column("value", sa.Text(), nullable=False, comment="of the theme; empty where unknown"),
            sa.Column("n", sa.Integer(), nullable=False),
            sa.Column("mu", sa.Numeric(precision=16, scale=4), nullable=False),
            sa.CheckConstraint("n > 0", name=op.f(f"ck_{table}_n_positive")),
            sa.PrimaryKeyConstraint(
                "county_code", "grid", "theme", "z", "row", "col", "responsible_body", "value", name=op.f(f"pk_{table}")
            ),
        )
        op.execute(f"ALTER TABLE {table} SET (fillfactor = 90)")  # room for the counts that change in place
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO yima_app")
        op.execute(f"GRANT SELECT ON {table} TO yima_map")
        op.execute(f"INSERT INTO {table} (county_code, grid, theme, z, row, col, responsible_body, value, n, mu) {source}")
        for z in range(12, 0, -1):
            op.execute(COARSER.format(table=table, z=z))
        op.execute(f"ANALYZE {table}")


def downgrade() -> None:
    op.drop_table("map_cell_public")
    op.drop_table("map_cell")
