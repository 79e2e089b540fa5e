-- Standing grounds of (measure, campaign) whose box touches one of the given shapes, with what the ledger holds for each.
WITH shape AS MATERIALIZED (
    SELECT ST_GeomFromWKB(s, 0) AS plane FROM unnest(CAST(:shapes AS bytea[])) s
),
touched AS (
    SELECT DISTINCT g.id
    FROM shape JOIN ledger_ground g ON g.plane && shape.plane
    WHERE g.county_code = :county AND g.measure_key = :measure AND g.campaign = :campaign AND g.is_standing
)
SELECT g.id, g.case_id, g.opening_key, g.parcel_id, g.responsible_body, g.accepted_m2, ST_AsBinary(g.plane) AS plane,
       n.ground_m2, n.counted_m2, n.method, n.project_code, n.project_name, n.firms, c.code AS case_code
FROM touched
JOIN ledger_ground g ON g.id = touched.id
LEFT JOIN remediation_case c ON c.id = g.case_id
CROSS JOIN LATERAL (
    SELECT coalesce(sum(p.ground_m2), 0) AS ground_m2, coalesce(sum(p.counted_m2), 0) AS counted_m2,
           min(p.method) AS method, min(p.project_code) AS project_code, min(p.project_name) AS project_name, max(p.firms) AS firms
    FROM ledger_posting p WHERE p.ground_id = g.id
) n
ORDER BY g.id
