-- Names of responsible bodies and of towns, by code.
SELECT 'responsible_body' AS kind, b.code, b.name
FROM responsible_body AS b
WHERE b.county_code = CAST(:county AS text)
UNION ALL
SELECT 'town_code', t.code, max(t.name)
FROM town AS t
WHERE t.county_code = CAST(:county AS text)
  AND (t.valid_to IS NULL OR t.valid_to > CAST(:day AS date))
GROUP BY t.code
