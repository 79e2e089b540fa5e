"""亩 of overview cells as whole numbers of their fourth decimal: a tile adds them without decoding numerics"""

from alembic import op

revision = "0011"
down_revision = "0010"

TABLES = ("map_cell", "map_cell_public")
COMMENT = "亩 × 10,000, a whole number: added without rounding, and fast"


def upgrade() -> None:
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} RENAME COLUMN mu TO mu4")
        op.execute(f"ALTER TABLE {table} ALTER COLUMN mu4 TYPE bigint USING (mu4 * 10000)::bigint")
        op.execute(f"COMMENT ON COLUMN {table}.mu4 IS '{COMMENT}'")
        op.execute(f"ANALYZE {table}")


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ALTER COLUMN mu4 TYPE numeric(16, 4) USING mu4 / 10000.0")
        op.execute(f"ALTER TABLE {table} RENAME COLUMN mu4 TO mu")
        op.execute(f"COMMENT ON COLUMN {table}.mu IS NULL")
