-- Days that the small layers tell of: the first, and the first after the last (null: open); no row of a layer without features. $1 county, $2 own body of an officer (null: every body).
SELECT 'control-lines' AS layer, min(l.valid_from) AS first, CASE WHEN bool_and(l.valid_to IS NOT NULL) THEN max(l.valid_to) END AS last
FROM planning_layer l
WHERE l.county_code = $1
  AND l.family = 'control_line'
HAVING count(*) > 0
UNION ALL
SELECT 'towns', CASE WHEN bool_and(t.valid_from IS NOT NULL) THEN min(t.valid_from) END, CASE WHEN bool_and(t.valid_to IS NOT NULL) THEN max(t.valid_to) END
FROM town t
WHERE t.county_code = $1
HAVING count(*) > 0
UNION ALL
SELECT 'cases', min(c.created_on), NULL
FROM remediation_case c
WHERE c.county_code = $1
  AND ($2::text IS NULL OR c.responsible_body = $2)
HAVING count(*) > 0
UNION ALL
SELECT 'freed-land', min(p.posted_on), NULL
FROM ledger_posting p
WHERE p.county_code = $1
  AND p.geom IS NOT NULL
  AND p.kind <> 'reversal'
  AND ($2::text IS NULL OR p.responsible_body = $2)
HAVING count(*) > 0
