"""where an issue is: the geometry of an overlap, a gap, a part outside, to be downloaded"""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.execute("ALTER TABLE import_issue ADD COLUMN geom geometry(GEOMETRY, 4490)")


def downgrade() -> None:
    op.execute("ALTER TABLE import_issue DROP COLUMN geom")
