"""the house: every table, roles and append-only guards"""

from alembic import op

from app import tables
from app.core import db

revision = "0001"
down_revision = None


def upgrade() -> None:
    tables.metadata.create_all(op.get_bind(), checkfirst=False)
    grant()


def grant() -> None:
    """What each role may do; append-only tables are guarded against everybody."""
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {db.APP}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {db.APP}")
    op.execute(f"GRANT SELECT ON {', '.join(tables.MAP_READS)} TO {db.MAP}")
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$"
    )
    for table in tables.APPEND_ONLY:
        op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {db.APP}")
        op.execute(f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()")
    op.execute("ALTER TABLE map_parcel ALTER COLUMN feature SET STORAGE EXTERNAL, ALTER COLUMN outline SET STORAGE EXTERNAL")
    op.execute("ALTER TABLE map_parcel SET (toast_tuple_target = 8160)")
    op.execute("ALTER TABLE map_parcel_public ALTER COLUMN feature SET STORAGE EXTERNAL")


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
