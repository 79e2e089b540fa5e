-- Cells of all bodies added up, at the zooms at which they are kept.
INSERT INTO {table} (county_code, grid, theme, z, row, col, responsible_body, value, n, mu4)
SELECT c.county_code, c.grid, c.theme, c.z, c.row, c.col, CAST(:all AS text), c.value, sum(c.n), sum(c.mu4)::bigint
FROM {table} c
WHERE c.county_code = :county
  AND c.z = ANY(CAST(:zooms AS smallint[]))
GROUP BY c.county_code, c.grid, c.theme, c.z, c.row, c.col, c.value
