"""copies written aside are made, indexed and swapped in by functions of their own: a session beside the import's fills some of them and commits"""

from alembic import op

revision = "0022"
down_revision = "0021"

_BEGIN = """
CREATE FUNCTION aside_begin(VARIADIC names text[]) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    name text; said text; filled boolean;
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
    RETURN true;
END $$
"""
"""Whether these tables may be written aside: they hold nothing and nobody else is at it. It stays so to the end of the transaction."""
_COPIES = """
CREATE FUNCTION aside_copies(VARIADIC names text[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    name text; said text; held record;
BEGIN
    IF NOT names <@ ARRAY['parcel', 'parcel_version', 'parcel_alias', 'map_filter', 'map_parcel', 'map_shape', 'map_parcel_public', 'map_cell', 'map_cell_public'] THEN
        RAISE EXCEPTION '% are not written aside', names;
    END IF;
    FOREACH name IN ARRAY names LOOP
        EXECUTE format('CREATE TABLE aside.%I (LIKE %I INCLUDING ALL EXCLUDING INDEXES)', name, name);
        SELECT array_to_string(reloptions || ARRAY['autovacuum_enabled=off'], ', ') INTO said FROM pg_class WHERE oid = name::regclass;
        EXECUTE format('ALTER TABLE aside.%I SET (%s)', name, said); -- nobody vacuums what is still being written
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
END $$
"""
"""Empty copies of these tables without indexes in the schema aside."""
_INDEXES = """
CREATE FUNCTION aside_indexes(VARIADIC names text[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public SET maintenance_work_mem = '512MB' AS $$
DECLARE
    name text; made text;
BEGIN
    FOREACH name IN ARRAY names LOOP
        FOR made IN SELECT pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
                    WHERE i.indrelid = name::regclass AND NOT EXISTS
                          (SELECT FROM pg_class o WHERE o.relname = c.relname AND o.relnamespace = 'aside'::regnamespace) LOOP
            EXECUTE replace(made, ' ON public.' || quote_ident(name) || ' ', ' ON aside.' || quote_ident(name) || ' ');
        END LOOP;
    END LOOP;
END $$
"""
"""The indexes that copies of these tables lack, sorted; readers of the copies are not disturbed."""
_END = """
CREATE FUNCTION aside_end(VARIADIC names text[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public SET lock_timeout = '10s' AS $$
DECLARE
    name text; one record; columns text; is_locked boolean := false; until timestamptz;
BEGIN
    PERFORM aside_indexes(VARIADIC names);
    FOREACH name IN ARRAY names LOOP
        FOR one IN SELECT conname, contype, pg_get_constraintdef(oid) AS held FROM pg_constraint
                   WHERE conrelid = name::regclass AND contype IN ('p', 'u', 'f') ORDER BY contype DESC LOOP
            EXECUTE format('ALTER TABLE aside.%I ADD CONSTRAINT %I %s', name, one.conname, CASE one.contype WHEN 'f' THEN one.held
                           WHEN 'p' THEN format('PRIMARY KEY USING INDEX %I', one.conname) ELSE format('UNIQUE USING INDEX %I', one.conname) END);
        END LOOP;
    END LOOP;
    until := clock_timestamp() + current_setting('lock_timeout')::interval;
    WHILE NOT is_locked AND clock_timestamp() < until LOOP -- never waiting: nobody queues behind us, nobody waits in a circle
        BEGIN
            EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE NOWAIT', (SELECT string_agg(quote_ident(n), ', ') FROM unnest(names) n));
            is_locked := true;
        EXCEPTION WHEN lock_not_available THEN
            PERFORM pg_sleep(0.05);
        END;
    END LOOP;
    IF NOT is_locked THEN -- a long reader, or one who waits for us
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
    END IF;
    FOREACH name IN ARRAY names LOOP
        -- what another county has committed since
        SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO columns FROM pg_attribute
        WHERE attrelid = name::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
        EXECUTE format('INSERT INTO aside.%I (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM %I', name, columns, columns, name);
        EXECUTE format('DROP TABLE %I', name);
        EXECUTE format('ALTER TABLE aside.%I RESET (autovacuum_enabled)', name);
        EXECUTE format('ALTER TABLE aside.%I SET SCHEMA public', name);
    END LOOP;
END $$
"""
"""As of 0020, but that indexes may be there already: what a session beside has indexed is read by this transaction, so no lock but the swap's."""
_CLEAR = """
CREATE FUNCTION aside_clear() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT relname FROM pg_class WHERE relnamespace = 'aside'::regnamespace AND relkind = 'r' LOOP
        EXECUTE format('DROP TABLE aside.%I', name);
    END LOOP;
END $$
"""
"""Drop whatever stands aside: of an import that ended, for who holds the lock of aside_begin."""
_HAS_WRITTEN = """
CREATE FUNCTION aside_has_written(VARIADIC names text[]) RETURNS boolean LANGUAGE sql STABLE SET search_path = public AS $$
SELECT EXISTS (SELECT FROM pg_locks WHERE pid = pg_backend_pid() AND granted AND relation = ANY(names::regclass[])
                                      AND mode IN ('RowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'))
$$
"""
"""Whether this transaction may have changed rows of these tables: another session would not see them. A table's lock is kept to the end."""
_STATISTICS = """
CREATE FUNCTION refresh_statistics(VARIADIC tables regclass[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    one regclass;
BEGIN
    FOREACH one IN ARRAY tables LOOP
        EXECUTE format('ANALYZE %s', one);
    END LOOP;
END $$
"""
"""Of tables as the caller sees them: who does not write aside must not look into copies that another session has committed there."""


def upgrade() -> None:
    for name in ("aside_begin", "aside_end", "refresh_statistics"):
        op.execute(f"DROP FUNCTION {name}(text[])")
    for function, name in (
        (_BEGIN, "aside_begin(text[])"), (_COPIES, "aside_copies(text[])"), (_INDEXES, "aside_indexes(text[])"), (_END, "aside_end(text[])"),
        (_CLEAR, "aside_clear()"), (_HAS_WRITTEN, "aside_has_written(text[])"), (_STATISTICS, "refresh_statistics(regclass[])"),
    ):  # fmt: skip
        op.execute(function)
        op.execute(f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {name} TO yima_app")


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
