"""notes of what changed on the map's layers, for the change feed"""

import sqlalchemy as sa
from alembic import op

from app.core.layers import Xid8

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "map_change",
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("tx", Xid8(), server_default=sa.text("pg_current_xact_id()"), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default=sa.text("0"), nullable=False, comment="0 until the end of the transaction"),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("responsible_body", sa.String(length=9), nullable=True),
        sa.Column("ids", sa.ARRAY(sa.BigInteger()), nullable=True, comment="null: the whole layer"),
        sa.Column(
            "boxes",
            sa.ARRAY(sa.Float(precision=53)),
            nullable=True,
            comment="west, south, east, north in degrees, before and after; null: anywhere",
        ),
        sa.PrimaryKeyConstraint("county_code", "tx", "seq", name=op.f("pk_map_change")),
    )
    op.create_index("ix_map_change_version", "map_change", ["county_code", "layer", "version", "seq"], unique=False)
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON map_change TO yima_app")
    op.execute("GRANT USAGE ON SEQUENCE map_change_seq_seq TO yima_app")
    op.execute("GRANT SELECT ON map_change TO yima_map")


def downgrade() -> None:
    op.drop_table("map_change")
