"""what each role may do, append-only guards, storage of the map's texts"""

from alembic import op

APP, MAP = "yima_app", "yima_map"
APPEND_ONLY = ("audit_record", "case_event", "ledger_posting", "read_log")
MAP_READS = (
    "county", "town", "responsible_body", "calibre", "block", "parcel", "parcel_version", "planning_layer", "planning_zone",
    "map_parcel", "map_parcel_public", "layer_version", "remediation_case", "case_parcel", "ledger_posting", "ledger_ground",
    "classification_run",
)  # fmt: skip

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {APP}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {APP}")
    op.execute(f"GRANT SELECT ON {', '.join(MAP_READS)} TO {MAP}")
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$"
    )
    for table in APPEND_ONLY:
        op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {APP}")
        op.execute(f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()")
    # ANALYZE needs the owner; without fresh statistics the first run after a large import plans nested loops (52 s instead of 6)
    op.execute(
        "CREATE FUNCTION refresh_statistics(VARIADIC names text[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS"
        " $$ DECLARE name text; BEGIN FOREACH name IN ARRAY names LOOP EXECUTE format('ANALYZE %I', name); END LOOP; END $$"
    )
    op.execute("REVOKE ALL ON FUNCTION refresh_statistics(text[]) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION refresh_statistics(text[]) TO {APP}")
    op.execute("ALTER TABLE map_parcel ALTER COLUMN feature SET STORAGE EXTERNAL, ALTER COLUMN outline SET STORAGE EXTERNAL")
    op.execute("ALTER TABLE map_parcel SET (toast_tuple_target = 8160)")
    op.execute("ALTER TABLE map_parcel_public ALTER COLUMN feature SET STORAGE EXTERNAL")
    op.execute("ALTER TABLE map_parcel_public SET (toast_tuple_target = 8160)")


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
