"""what was written aside takes its tables' place in a moment when nobody reads them, and waits for none"""

from alembic import op

revision = "0020"
down_revision = "0019"

_END = """
CREATE OR REPLACE FUNCTION aside_end(VARIADIC names text[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public SET lock_timeout = '10s' SET maintenance_work_mem = '256MB' AS $$
DECLARE
    name text; one record; columns text; is_locked boolean := false; until timestamptz;
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
        EXECUTE format('ALTER TABLE aside.%I SET SCHEMA public', name);
    END LOOP;
END $$
"""
"""As of 0019, but for the lock: to wait for a reader who waits for what this transaction holds would end one of both."""


def upgrade() -> None:
    op.execute(_END)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
