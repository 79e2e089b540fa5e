"""imports as jobs: state, decisions, questions, progress; what each does to the register; columns as suppliers name them"""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects.postgresql import JSONB

revision = "0013"
down_revision = "0012"

STATES = "'queued', 'staging', 'asking', 'refused', 'staged', 'applying', 'applied', 'undoing', 'undone', 'cancelled', 'failed'"
ISSUE_COUNTS = """
UPDATE import_job j SET issue_counts = n.counts
FROM (
    SELECT import_id, jsonb_agg(jsonb_build_object('code', code, 'severity', severity, 'count', count) ORDER BY code, severity) AS counts
    FROM (SELECT import_id, code, severity, count(*) AS count FROM import_issue GROUP BY 1, 2, 3) s
    GROUP BY import_id
) n
WHERE n.import_id = j.id
"""


def upgrade() -> None:
    moment, empty_list, empty = sa.DateTime(timezone=True), sa.text("'[]'"), sa.text("'{}'")
    for column in (
        sa.Column("state", sa.Text(), server_default="applied", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("uploads", JSONB(), server_default=empty_list, nullable=False, comment="what was handed in: [{name, sha256, size}]"),
        sa.Column("options", JSONB(), server_default=empty, nullable=False, comment="decisions: layer, crs, encoding, family, mapping"),
        sa.Column("supplier", sa.Text()),
        sa.Column("questions", JSONB(), server_default=empty_list, nullable=False),
        sa.Column("problem", JSONB()),
        sa.Column("issue_counts", JSONB(), server_default=empty_list, nullable=False, comment="[{code, severity, count}]"),
        sa.Column(
            "outcome_hash",
            sa.String(length=64),
            comment="SHA-256 of what applying was shown to do; another one now means the register has changed",
        ),
        sa.Column("accepted", JSONB(), comment="who said apply, and what he left out: {by, except_classes, except_rows}"),
        sa.Column("step", sa.Text()),
        sa.Column("rows_done", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("rows_total", sa.BigInteger()),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("message", sa.Text()),
        sa.Column("owner_id", sa.Integer()),
        sa.Column("owner_role", sa.Text()),
        sa.Column("made_by", sa.Text()),
        sa.Column("made_at", moment, server_default=sa.text("now()"), nullable=False),
        sa.Column("beat_at", moment, comment="sign of life of the worker that has it"),
        sa.Column("staged_at", moment),
        sa.Column("undone_by", sa.Text()),
        sa.Column("undone_at", moment),
    ):
        op.add_column("import_job", column)
    op.execute("UPDATE import_job SET made_by = applied_by, made_at = applied_at")
    op.execute(ISSUE_COUNTS)
    op.alter_column("import_job", "state", server_default="queued")
    op.alter_column("import_job", "applied_by", nullable=True)
    op.alter_column("import_job", "applied_at", nullable=True, server_default=None)
    op.alter_column(
        "import_job", "files", existing_type=JSONB(), existing_nullable=False,
        comment="what was read: [{name, sha256, layer, encoding, crs, rows, why, mapping}]",
    )  # fmt: skip
    op.create_check_constraint(op.f("ck_import_job_state"), "import_job", f"state IN ({STATES})")
    op.create_index("ix_import_job_newest", "import_job", ["county_code", "id"])
    op.create_index(
        "ix_import_job_waiting", "import_job", ["id"], postgresql_where=sa.text("state IN ('queued', 'staging', 'applying', 'undoing')")
    )
    op.create_table(
        "import_row",
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("import_id", sa.BigInteger(), nullable=False),
        sa.Column("row_id", sa.Text(), nullable=False, comment="r… a row of the delivery, p… a parcel that it does not name"),
        sa.Column("n", sa.BigInteger(), nullable=False, comment="order of display"),
        sa.Column("class", sa.Text(), nullable=False),
        sa.Column("file", sa.Text()),
        sa.Column("row_no", sa.Integer()),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("parcel_id", sa.BigInteger()),
        sa.Column("changes", JSONB(), server_default=empty_list, nullable=False, comment="[{field, label, old, new}]"),
        sa.Column("geom", Geometry("GEOMETRY", 4490, spatial_index=False)),
        sa.ForeignKeyConstraint(["import_id"], ["import_job.id"], name=op.f("fk_import_row_import_id")),
        sa.PrimaryKeyConstraint("county_code", "import_id", "row_id", name=op.f("pk_import_row")),
    )
    op.create_index(op.f("ix_import_row_import_id_n"), "import_row", ["import_id", "n"])
    op.create_index(op.f("ix_import_row_import_id_class_n"), "import_row", ["import_id", "class", "n"])
    op.create_table(
        "import_mapping",
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("supplier", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("headers_hash", sa.String(length=64), nullable=False),
        sa.Column("mapping", JSONB(), nullable=False, comment="{canonical: {header, unit}}"),
        sa.Column("import_id", sa.BigInteger(), nullable=False),
        sa.Column("saved_at", moment, server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("county_code", "supplier", "kind", "headers_hash", name=op.f("pk_import_mapping")),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON import_row, import_mapping TO yima_app")


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
