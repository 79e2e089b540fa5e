-- The finest cells of a county, in the key's order.
INSERT INTO {table} (county_code, grid, theme, z, row, col, responsible_body, value, n, mu)
SELECT :county, s.grid, s.theme, 12, s.row, s.col, s.responsible_body, s.value, count(*), sum(s.mu)
FROM (
{source}
) s
GROUP BY s.grid, s.theme, s.row, s.col, s.responsible_body, s.value
ORDER BY s.grid, s.theme, s.row, s.col, s.responsible_body, s.value
