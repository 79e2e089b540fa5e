-- Cells of every zoom follow the parcels just written: what they add now, less what they added before (:held). An empty cell goes.
WITH finest AS (
    SELECT a.grid, a.theme, a.row, a.col, a.responsible_body, a.value, sum(a.n)::int AS n, sum(a.mu) AS mu
    FROM (
        SELECT s.grid, s.theme, s.row, s.col, s.responsible_body, s.value, 1 AS n, s.mu
        FROM (
{source}
        ) s
        UNION ALL
        SELECT h.grid, h.theme, h.row, h.col, h.responsible_body, h.value, -h.n, -h.mu
        FROM json_to_recordset(CAST(CAST(:held AS text) AS json)) h (grid text, theme text, row int, col int, responsible_body text, value text, n int, mu numeric)
    ) a
    GROUP BY a.grid, a.theme, a.row, a.col, a.responsible_body, a.value
    HAVING sum(a.n) <> 0 OR sum(a.mu) <> 0
),
delta AS (
    SELECT f.grid, f.theme, z.z::smallint AS z, f.row >> (12 - z.z) AS row, f.col >> (12 - z.z) AS col, f.responsible_body, f.value,
           sum(f.n)::int AS n, sum(f.mu) AS mu
    FROM finest f
    CROSS JOIN generate_series(0, 12) z (z)
    GROUP BY 1, 2, 3, 4, 5, 6, 7
    HAVING sum(f.n) <> 0 OR sum(f.mu) <> 0
)
MERGE INTO {table} c
USING delta d
   ON c.county_code = :county AND c.grid = d.grid AND c.theme = d.theme AND c.z = d.z AND c.row = d.row AND c.col = d.col
  AND c.responsible_body = d.responsible_body AND c.value = d.value
WHEN MATCHED AND c.n + d.n = 0 THEN DELETE
WHEN MATCHED THEN UPDATE SET n = c.n + d.n, mu = c.mu + d.mu
WHEN NOT MATCHED THEN INSERT (county_code, grid, theme, z, row, col, responsible_body, value, n, mu)
    VALUES (:county, d.grid, d.theme, d.z, d.row, d.col, d.responsible_body, d.value, d.n, d.mu)
