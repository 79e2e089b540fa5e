-- The finest cells of a county, counted first, then written in the key's order.
WITH counted AS MATERIALIZED (
    SELECT s.grid, s.theme, s.row, s.col, s.responsible_body, s.value, sum(s.n) AS n, sum(s.mu4)::bigint AS mu4
    FROM (
{source}
    ) s
    GROUP BY s.grid, s.theme, s.row, s.col, s.responsible_body, s.value
)
INSERT INTO {table} (county_code, grid, theme, z, row, col, responsible_body, value, n, mu4)
SELECT :county, c.grid, c.theme, 12, c.row, c.col, c.responsible_body, c.value, c.n, c.mu4
FROM counted c
ORDER BY c.grid COLLATE "C", c.theme COLLATE "C", c.row, c.col
