-- Four cells of zoom :z make one of the zoom above.
WITH counted AS MATERIALIZED (
    SELECT c.grid, c.theme, c.row >> 1 AS row, c.col >> 1 AS col, c.responsible_body, c.value, sum(c.n) AS n, sum(c.mu4)::bigint AS mu4
    FROM {table} c
    WHERE c.county_code = :county
      AND c.z = CAST(:z AS smallint)
    GROUP BY c.grid, c.theme, c.row >> 1, c.col >> 1, c.responsible_body, c.value
)
INSERT INTO {table} (county_code, grid, theme, z, row, col, responsible_body, value, n, mu4)
SELECT :county, c.grid, c.theme, CAST(:z AS smallint) - 1, c.row, c.col, c.responsible_body, c.value, c.n, c.mu4
FROM counted c
ORDER BY c.grid COLLATE "C", c.theme COLLATE "C", c.row, c.col
