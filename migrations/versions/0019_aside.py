"""first rows of the register and the map are written in the schema `aside` and swapped in; pages of an extent walk an index that is sorted"""

from alembic import op

revision = "0019"
down_revision = "0018"

PAGED = {
    "map_parcel": "responsible_body, display_class, inefficient, idle, standard_land, grade",
    "map_parcel_public": "responsible_body, standard_land, grade",
}
_BEGIN = """
CREATE FUNCTION aside_begin(VARIADIC names text[]) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    name text; said text; held record; filled boolean;
BEGIN
    IF NOT names <@ ARRAY['parcel_version', 'parcel_alias', 'map_filter', 'map_parcel', 'map_shape', 'map_parcel_public', 'map_cell', 'map_cell_public'] THEN
        RAISE EXCEPTION '% are not written aside', names;
    END IF;
    IF NOT pg_try_advisory_xact_lock(hashtext('aside')) THEN
        RETURN false;
    END IF;
    BEGIN
        -- what refers to other tables is checked when it is whole: nobody may write there meanwhile, nor number rows alike
        FOR said IN SELECT DISTINCT t.t::regclass::text FROM pg_constraint c CROSS JOIN unnest(ARRAY[c.conrelid, c.confrelid]) t
                    WHERE c.contype = 'f' AND c.conrelid = ANY(names::regclass[]) ORDER BY 1 LOOP
            EXECUTE format('LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE NOWAIT', said);
        END LOOP;
    EXCEPTION WHEN lock_not_available THEN
        RETURN false;
    END;
    FOREACH name IN ARRAY names LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %I)', name) INTO filled;
        IF filled THEN
            RETURN false;
        END IF;
    END LOOP;
    FOREACH name IN ARRAY names LOOP
        EXECUTE format('CREATE TABLE aside.%I (LIKE %I INCLUDING ALL EXCLUDING INDEXES)', name, name);
        SELECT array_to_string(reloptions, ', ') INTO said FROM pg_class WHERE oid = name::regclass;
        IF said IS NOT NULL THEN
            EXECUTE format('ALTER TABLE aside.%I SET (%s)', name, said);
        END IF;
        FOR held IN SELECT s.oid::regclass AS numbers, s.relname FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
                    WHERE d.refobjid = name::regclass AND d.deptype = 'i' LOOP
            EXECUTE format('SELECT setval(%L, last_value, is_called) FROM %s', 'aside.' || quote_ident(held.relname), held.numbers);
        END LOOP;
        FOR held IN SELECT a.privilege_type, a.grantee, c.relname, c.relkind
                    FROM pg_class c CROSS JOIN aclexplode(c.relacl) a
                    WHERE (c.oid = name::regclass OR c.oid IN (SELECT objid FROM pg_depend WHERE refobjid = name::regclass AND deptype = 'i'))
                      AND a.grantee NOT IN (0, c.relowner) LOOP
            EXECUTE format('GRANT %s ON %s aside.%I TO %s', held.privilege_type, CASE held.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
                           held.relname, held.grantee::regrole);
        END LOOP;
    END LOOP;
    RETURN true;
END $$
"""
"""Empty copies of these tables without indexes in the schema aside; false where one holds anything or somebody else is at it."""
_END = """
CREATE FUNCTION aside_end(VARIADIC names text[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public SET lock_timeout = '10s' SET maintenance_work_mem = '256MB' AS $$
DECLARE
    name text; one record; columns text;
BEGIN
    FOREACH name IN ARRAY names LOOP
        FOR one IN SELECT pg_get_indexdef(i.indexrelid) AS made FROM pg_index i
                   WHERE i.indrelid = name::regclass AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.conrelid = i.indrelid) LOOP
            EXECUTE replace(one.made, ' ON public.' || quote_ident(name) || ' ', ' ON aside.' || quote_ident(name) || ' ');
        END LOOP;
        FOR one IN SELECT conname, pg_get_constraintdef(oid) AS held FROM pg_constraint
                   WHERE conrelid = name::regclass AND contype IN ('p', 'u', 'f') ORDER BY contype DESC LOOP
            EXECUTE format('ALTER TABLE aside.%I ADD CONSTRAINT %I %s', name, one.conname, one.held);
        END LOOP;
    END LOOP;
    BEGIN
        EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', (SELECT string_agg(quote_ident(n), ', ') FROM unnest(names) n));
    EXCEPTION WHEN lock_not_available THEN -- a long reader, whom nobody shall queue behind
        FOREACH name IN ARRAY names LOOP
            SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO columns FROM pg_attribute
            WHERE attrelid = name::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
            EXECUTE format('INSERT INTO %I (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM aside.%I', name, columns, columns, name);
            FOR one IN SELECT s.oid::regclass AS numbers, s.relname FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
                       WHERE d.refobjid = name::regclass AND d.deptype = 'i' LOOP
                EXECUTE format('SELECT setval(%L, last_value, is_called) FROM aside.%I', one.numbers, one.relname);
            END LOOP;
            EXECUTE format('DROP TABLE aside.%I', name);
        END LOOP;
        RETURN;
    END;
    FOREACH name IN ARRAY names LOOP
        -- what another county has committed since
        SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO columns FROM pg_attribute
        WHERE attrelid = name::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
        EXECUTE format('INSERT INTO aside.%I (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM %I', name, columns, columns, name);
        EXECUTE format('DROP TABLE %I', name);
        EXECUTE format('ALTER TABLE aside.%I SET SCHEMA public', name);
    END LOOP;
END $$
"""
"""Index the copies and check what they refer to, then let them take the place of the tables: these are locked from here to the commit."""
_STATISTICS = """
CREATE OR REPLACE FUNCTION refresh_statistics(VARIADIC names text[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = aside, public AS
$$ DECLARE name text; BEGIN FOREACH name IN ARRAY names LOOP EXECUTE format('ANALYZE %I', name); END LOOP; END $$
"""
"""Of the rows written aside, while there are some."""


def upgrade() -> None:
    op.execute("DROP FUNCTION map_swap()")
    op.execute("DROP FUNCTION map_aside()")
    for function, name in ((_BEGIN, "aside_begin"), (_END, "aside_end")):
        op.execute(function)
        op.execute(f"REVOKE ALL ON FUNCTION {name}(text[]) FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {name}(text[]) TO yima_app")
    op.execute(_STATISTICS)
    op.execute("GRANT USAGE ON SCHEMA aside TO yima_app")
    for table, paged in PAGED.items():
        op.execute(f"DROP INDEX ix_{table}_page")
        op.execute(
            f"CREATE INDEX ix_{table}_page ON {table} USING gist (point(id % 1000000000, 0), box) INCLUDE (id, county_code, {paged})"
        )
        op.execute(f"ANALYZE {table}")


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
