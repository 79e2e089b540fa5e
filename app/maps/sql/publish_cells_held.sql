-- What the given parcels add to the finest cells before they are written anew.
SELECT coalesce(json_agg(h), '[]')::text AS held
FROM (
    SELECT s.grid, s.theme, s.row, s.col, s.responsible_body, s.value, count(*) AS n, sum(s.mu) AS mu
    FROM (
{source}
    ) s
    GROUP BY s.grid, s.theme, s.row, s.col, s.responsible_body, s.value
) h
