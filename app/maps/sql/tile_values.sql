-- Values of a theme that the caller may read ($4 own body of an officer), from the few cells of the farthest zoom.
SELECT DISTINCT c.value
FROM {table} c
WHERE c.county_code = $1
  AND c.grid = $2
  AND c.theme = $3
  AND c.z = 0
  AND c.value NOT IN ('', 'unknown', 'other', 'n', 'mu', 'top', 'geom')
  AND octet_length(c.value) <= 50 -- a column's name has 63
  AND ($4::text IS NULL OR c.responsible_body = $4)
ORDER BY c.value
