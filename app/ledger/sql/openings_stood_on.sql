-- What was decided on the openings of an import (:import) since: 补图 of its rows, later standing grounds on its grounds.
WITH own AS MATERIALIZED (
    SELECT p.id, p.opening_key, p.ground_id
    FROM ledger_posting p
    WHERE p.county_code = :county AND p.import_id = :import AND p.kind = 'opening'
      AND NOT EXISTS (SELECT FROM ledger_posting r WHERE r.reverses_id = p.id AND r.kind = 'reversal')
)
SELECT DISTINCT '补图' AS kind, own.opening_key AS name
FROM own
JOIN ledger_posting m ON m.reverses_id = own.id AND m.kind = 'mapping'
UNION
SELECT CASE WHEN g.case_id IS NULL THEN '期初台账' ELSE '整治项目' END, coalesce(c.code, g.opening_key)
FROM own
JOIN ledger_ground o ON o.id = own.ground_id AND o.is_standing
JOIN ledger_ground g ON g.county_code = :county AND g.measure_key = o.measure_key AND g.campaign = o.campaign AND g.is_standing
    AND g.id > o.id AND g.plane && o.plane AND ST_Area(ST_Intersection(g.plane, o.plane)) > 0
LEFT JOIN remediation_case c ON c.id = g.case_id
WHERE g.id NOT IN (SELECT ground_id FROM own WHERE ground_id IS NOT NULL)
ORDER BY 1, 2
