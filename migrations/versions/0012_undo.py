"""which import recorded and which ended a version or another number of a parcel: undo takes back exactly that"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

OPENED = "import that recorded this row: its own, or what it left of an older one"
CLOSED = "import that ended the record; undo takes back exactly its rows"
COMMENTS = {"import_id": "import that brought it", "ended_import_id": "import that ended it"}


def upgrade() -> None:
    op.alter_column("parcel_version", "import_id", comment="import that delivered it")
    op.add_column("parcel_version", sa.Column("opened_import_id", sa.BigInteger(), nullable=True, comment=OPENED))
    op.add_column("parcel_version", sa.Column("closed_import_id", sa.BigInteger(), nullable=True, comment=CLOSED))
    for name, comment in COMMENTS.items():
        op.add_column("parcel_alias", sa.Column(name, sa.BigInteger(), nullable=True, comment=comment))
    # an import's versions carry the moment of its transaction, as its job does
    op.execute("CREATE INDEX tmp_import_job_at ON import_job (county_code, applied_at)")
    for column, bound in (("opened_import_id", "lower"), ("closed_import_id", "upper")):
        op.execute(
            f"UPDATE parcel_version v SET {column} = j.id FROM import_job j"
            f" WHERE j.county_code = v.county_code AND j.applied_at = {bound}(v.recorded) AND j.kind = 'parcels'"
        )
    op.execute("DROP INDEX tmp_import_job_at")
    op.create_index("ix_parcel_version_opened", "parcel_version", ["opened_import_id"])
    op.create_index(
        "ix_parcel_version_closed", "parcel_version", ["closed_import_id"], postgresql_where=sa.text("closed_import_id IS NOT NULL")
    )


def downgrade() -> None:
    for name in COMMENTS:
        op.drop_column("parcel_alias", name)
    for name in ("closed", "opened"):
        op.drop_index(f"ix_parcel_version_{name}")
        op.drop_column("parcel_version", f"{name}_import_id")
