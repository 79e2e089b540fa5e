-- Four cells of zoom :z make one of the zoom above.
INSERT INTO {table} (county_code, grid, theme, z, row, col, responsible_body, value, n, mu)
SELECT c.county_code, c.grid, c.theme, CAST(:z AS smallint) - 1, c.row >> 1, c.col >> 1, c.responsible_body, c.value, sum(c.n), sum(c.mu)
FROM {table} c
WHERE c.county_code = :county
  AND c.z = CAST(:z AS smallint)
GROUP BY c.county_code, c.grid, c.theme, c.row >> 1, c.col >> 1, c.responsible_body, c.value
ORDER BY c.grid, c.theme, c.row >> 1, c.col >> 1, c.responsible_body, c.value
