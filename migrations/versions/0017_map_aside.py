"""a first publication of the map is built aside and swapped in: rows first, then indexes (those of geometry are then sorted, not inserted)"""

from alembic import op

revision = "0017"
down_revision = "0016"

_TABLES = "ARRAY['map_filter', 'map_parcel', 'map_shape', 'map_parcel_public']"
_ASIDE = f"""
CREATE FUNCTION map_aside() RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    name text; said text; held record;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('map'), hashtext('aside')) OR EXISTS (SELECT FROM map_filter) OR EXISTS (SELECT FROM map_parcel)
       OR EXISTS (SELECT FROM map_shape) OR EXISTS (SELECT FROM map_parcel_public) THEN
        RETURN false;
    END IF;
    FOREACH name IN ARRAY {_TABLES} LOOP
        EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL EXCLUDING INDEXES)', name || '_aside', name);
        SELECT array_to_string(reloptions, ', ') INTO said FROM pg_class WHERE oid = name::regclass;
        IF said IS NOT NULL THEN
            EXECUTE format('ALTER TABLE %I SET (%s)', name || '_aside', said);
        END IF;
        FOR held IN SELECT a.privilege_type, a.grantee FROM pg_class c, aclexplode(c.relacl) a
                    WHERE c.oid = name::regclass AND a.grantee NOT IN (0, c.relowner) LOOP
            EXECUTE format('GRANT %s ON %I TO %s', held.privilege_type, name || '_aside', held.grantee::regrole);
        END LOOP;
    END LOOP;
    RETURN true;
END $$
"""
"""Empty copies (…_aside) of the map's tables without indexes; false where the tables hold anything or somebody else is at it."""
_SWAP = f"""
CREATE FUNCTION map_swap() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public SET lock_timeout = '10s' AS $$
DECLARE
    name text; one record; names text[] := '{{}}';
BEGIN
    FOREACH name IN ARRAY {_TABLES} LOOP
        FOR one IN SELECT i.indexrelid::regclass::text AS called, pg_get_indexdef(i.indexrelid) AS made, pg_get_constraintdef(c.oid) AS held
                   FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid WHERE i.indrelid = name::regclass ORDER BY 1 LOOP
            IF one.held IS NULL THEN
                EXECUTE replace(replace(one.made, ' ' || one.called || ' ', ' ' || one.called || '_aside '),
                                '.' || name || ' ', '.' || name || '_aside ');
            ELSE
                EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I %s', name || '_aside', one.called || '_aside', one.held);
            END IF;
            names := names || one.called;
        END LOOP;
    END LOOP;
    BEGIN
        LOCK TABLE map_filter, map_parcel, map_shape, map_parcel_public IN ACCESS EXCLUSIVE MODE;
    EXCEPTION WHEN lock_not_available THEN -- a long reader, whom nobody shall queue behind
        FOREACH name IN ARRAY {_TABLES} LOOP
            EXECUTE format('INSERT INTO %I SELECT * FROM %I ORDER BY id', name, name || '_aside');
            EXECUTE format('DROP TABLE %I', name || '_aside');
        END LOOP;
        RETURN;
    END;
    FOREACH name IN ARRAY {_TABLES} LOOP
        -- what another county's publication has committed since
        EXECUTE format('INSERT INTO %I SELECT * FROM %I', name || '_aside', name);
        EXECUTE format('DROP TABLE %I', name);
        EXECUTE format('ALTER TABLE %I RENAME TO %I', name || '_aside', name);
    END LOOP;
    FOREACH name IN ARRAY names LOOP
        EXECUTE format('ALTER INDEX %I RENAME TO %I', name || '_aside', name);
    END LOOP;
END $$
"""
"""Index the copies, then let them take the place of the tables: these are locked from here to the commit."""


def upgrade() -> None:
    for function, name in ((_ASIDE, "map_aside"), (_SWAP, "map_swap")):
        op.execute(function)
        op.execute(f"REVOKE ALL ON FUNCTION {name}() FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {name}() TO yima_app")


def downgrade() -> None:
    op.execute("DROP FUNCTION map_swap()")
    op.execute("DROP FUNCTION map_aside()")
