-- Names of responsible bodies and of towns, in their order of display.
SELECT n.kind, n.code, n.name
FROM (
    SELECT 'responsible_body' AS kind, b.code, b.name, b.sort
    FROM responsible_body AS b
    WHERE b.county_code = CAST(:county AS text)
    UNION ALL
    SELECT 'town_code', t.code, max(t.name), 0
    FROM town AS t
    WHERE t.county_code = CAST(:county AS text)
      AND (t.valid_to IS NULL OR t.valid_to > CAST(:day AS date))
    GROUP BY t.code
) AS n
ORDER BY n.kind, n.sort, n.code
