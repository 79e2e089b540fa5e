"""exports: jobs, and the switch for shifted coordinates"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "export_job",
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("owner_role", sa.Text(), nullable=False, comment="a file is for its owner in the role he had"),
        sa.Column("owner_body", sa.String(length=9), nullable=True),
        sa.Column("spec", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="queued", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rows_done", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("rows_total", sa.BigInteger(), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("layer_version", sa.BigInteger(), nullable=True),
        sa.Column("facts_as_of", sa.Date(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=True, comment="sign of life of the worker that has it"),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('queued', 'running', 'done', 'failed', 'deleted', 'expired')", name=op.f("ck_export_job_state")),
        sa.PrimaryKeyConstraint("county_code", "id", name=op.f("pk_export_job")),
    )
    op.create_index("ix_export_job_owner", "export_job", ["county_code", "owner_id", "id"])
    op.create_index("ix_export_job_waiting", "export_job", ["made_at"], postgresql_where=sa.text("state IN ('queued', 'running')"))
    op.create_table(
        "shifted_crs",
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("county_code", name=op.f("pk_shifted_crs")),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON export_job, shifted_crs TO yima_app")
    op.execute("GRANT SELECT ON shifted_crs TO yima_map")


def downgrade() -> None:
    op.drop_table("shifted_crs")
    op.drop_table("export_job")
