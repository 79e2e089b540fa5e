"""rows as they stood before and after an import of any kind but parcels: what undo puts back"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.create_table(
        "import_change",
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("row_key", sa.Text(), nullable=False, comment="primary key within the county"),
        sa.Column("import_id", sa.BigInteger(), nullable=False),
        sa.Column("before", JSONB(), nullable=True, comment="{column: text}; null: the import brought the row"),
        sa.Column("after", JSONB(), nullable=True, comment="{column: text}; null: the import removed the row"),
        sa.ForeignKeyConstraint(["import_id"], ["import_job.id"], name=op.f("fk_import_change_import_id_import_job")),
        sa.PrimaryKeyConstraint("county_code", "table_name", "row_key", "import_id", name=op.f("pk_import_change")),
    )
    op.create_index(op.f("ix_import_change_import_id"), "import_change", ["import_id"])
    op.add_column(
        "import_job",
        sa.Column(
            "keeps_before", sa.Boolean(), server_default=sa.false(), nullable=False, comment="import_change holds what stood before it"
        ),
    )
    op.execute("GRANT SELECT, INSERT, DELETE ON import_change TO yima_app")
    op.execute("GRANT DELETE ON correction TO yima_app")  # proposals that nobody decided on go with their import


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
