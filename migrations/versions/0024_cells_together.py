"""overview cells of all bodies added up, at zooms 6 to 8: who may read all of them needs a third of the rows"""

from alembic import op

revision = "0024"
down_revision = "0023"

_TOGETHER = """
INSERT INTO {table} (county_code, grid, theme, z, row, col, responsible_body, value, n, mu4)
SELECT county_code, grid, theme, z, row, col, 'all bodies', value, sum(n), sum(mu4)::bigint
FROM {table}
WHERE z BETWEEN 6 AND 8
GROUP BY county_code, grid, theme, z, row, col, value
"""


def upgrade() -> None:
    for table in ("map_cell", "map_cell_public"):
        op.execute(_TOGETHER.format(table=table))
        op.execute(f"ANALYZE {table}")


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
