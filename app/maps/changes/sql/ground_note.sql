-- Note the postings that appear on the freed-land layer and the reversed ones that disappear from it.
INSERT INTO map_change (county_code, layer, form, responsible_body, ids, boxes)
SELECT g.county_code, 'freed-land', 'full', g.responsible_body, array_agg(g.id ORDER BY g.id),
       coalesce(array_agg(ARRAY[ST_XMin(g.geom), ST_YMin(g.geom), ST_XMax(g.geom), ST_YMax(g.geom)]) FILTER (WHERE g.geom IS NOT NULL), '{}')
FROM ledger_posting p
JOIN ledger_posting g ON g.county_code = p.county_code AND g.id = coalesce(p.reverses_id, p.id)
WHERE p.county_code = :county
  AND p.id = ANY(CAST(:ids AS bigint[]))
GROUP BY g.county_code, g.responsible_body
