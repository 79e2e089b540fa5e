-- Cells of every zoom in {table} follow the parcels of a publication: what they add now, less what they added before. An empty cell goes.
-- Each cell is looked up by its key, whatever the planner thinks of their number; the county's lock keeps what was read true.
moving_{table} AS (
    SELECT s.grid, s.theme, s.row, s.col, s.responsible_body, s.value, sum(s.n) AS n, sum(s.mu4)::bigint AS mu4
    FROM (
        SELECT now.*
        FROM (
{now}
        ) now
        UNION ALL
        SELECT was.grid, was.theme, was.row, was.col, was.responsible_body, was.value, -was.mu4, -was.n
        FROM (
{was}
        ) was
    ) s
    GROUP BY s.grid, s.theme, s.row, s.col, s.responsible_body, s.value
    HAVING sum(s.n) <> 0 OR sum(s.mu4) <> 0
),
moved_{table} AS MATERIALIZED (
    SELECT d.grid, d.theme, d.z, d.row, d.col, d.responsible_body, d.value, stood.at,
           coalesce(stood.n, 0) + d.n AS n, coalesce(stood.mu4, 0) + d.mu4 AS mu4
    FROM (
        SELECT f.grid, f.theme, z.z::smallint AS z, f.row >> (12 - z.z) AS row, f.col >> (12 - z.z) AS col, b.responsible_body, f.value,
               sum(f.n)::int AS n, sum(f.mu4)::bigint AS mu4
        FROM moving_{table} f
        CROSS JOIN LATERAL (VALUES (f.responsible_body, 0, 12), ('{all}', {first}, {last})) b (responsible_body, first, last)
        CROSS JOIN LATERAL generate_series(b.first, b.last) z (z)
        GROUP BY 1, 2, 3, 4, 5, 6, 7
        HAVING sum(f.n) <> 0 OR sum(f.mu4) <> 0
    ) d
    LEFT JOIN LATERAL (
        SELECT c.ctid AS at, c.n, c.mu4
        FROM {table} c
        WHERE c.county_code = :county
          AND (c.grid, c.theme, c.z, c.row, c.col, c.responsible_body, c.value) = (d.grid, d.theme, d.z, d.row, d.col, d.responsible_body, d.value)
        LIMIT 1
    ) stood ON true
),
emptied_{table} AS (
    DELETE FROM {table}
    WHERE ctid = ANY(ARRAY(SELECT m.at FROM moved_{table} m WHERE m.n = 0))
),
changed_{table} AS (
    UPDATE {table} c
    SET n = m.n, mu4 = m.mu4
    FROM moved_{table} m
    WHERE c.ctid = m.at
      AND m.n <> 0
),
new_{table} AS (
    INSERT INTO {table} (county_code, grid, theme, z, row, col, responsible_body, value, n, mu4)
    SELECT :county, m.grid, m.theme, m.z, m.row, m.col, m.responsible_body, m.value, m.n, m.mu4
    FROM moved_{table} m
    WHERE m.at IS NULL
)
