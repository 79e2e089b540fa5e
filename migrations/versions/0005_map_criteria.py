"""符合的低效情形 as a column filters can read"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

FILL = """
UPDATE map_filter m
SET criteria_true = w.criteria_true
FROM verdict w
WHERE w.county_code = m.county_code AND w.parcel_id = m.id AND w.kind = 'inefficient' AND w.to_run IS NULL
"""


def upgrade() -> None:
    op.add_column("map_filter", sa.Column("criteria_true", sa.ARRAY(sa.Text()), nullable=True))
    op.execute(FILL)


def downgrade() -> None:
    op.drop_column("map_filter", "criteria_true")
