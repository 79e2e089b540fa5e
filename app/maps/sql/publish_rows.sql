-- Rows of {table} follow {rows} for the given parcels: what is the same to the last octet is left alone, what is gone goes.
gone_{table} AS (
    DELETE FROM {table} m
    WHERE m.county_code = :county
      AND m.id = ANY(CAST(:ids AS bigint[]))
      AND NOT EXISTS (SELECT FROM {rows} r WHERE r.id = m.id)
),
new_{table} AS (
    INSERT INTO {table} ({columns})
    SELECT {values}
    FROM {rows} r
    WHERE NOT EXISTS (
        SELECT FROM {table} m WHERE m.county_code = :county AND m.id = ANY(CAST(:ids AS bigint[])) AND m.id = r.id AND m *= ROW({values})::{table}
    )
    ON CONFLICT (county_code, id) DO UPDATE SET {sets}
)
