-- 低效底数 (PRACTICE §4 Q4): every parcel of the scope once, grouped by everything the answer is cut by.
-- 初判 and 认定 stand beside each other and are never added.
WITH scoped AS (
    SELECT
        f.parcel_id, f.responsible_body, f.inefficient, f.area_used_m2,
        coalesce(f.control_line_relation, 'unknown') AS relation, coalesce(f.ownership, 'unknown') AS ownership,
        EXISTS (
            SELECT FROM determination AS d
            WHERE d.county_code = CAST(:county AS text) AND d.parcel_id = f.parcel_id AND d.kind = 'inefficient' AND d.revoked_on IS NULL
        ) AS is_determined
    FROM parcel_fact AS f
    WHERE f.county_code = CAST(:county AS text)
      AND NOT f.responsible_body = ANY(CAST(:excluded AS text[]))
      AND (CAST(:body AS text) IS NULL OR f.responsible_body = CAST(:body AS text))
)
SELECT s.responsible_body, s.inefficient, s.relation, s.ownership, s.is_determined, count(*) AS n, sum(s.area_used_m2) AS m2
FROM scoped AS s
GROUP BY s.responsible_body, s.inefficient, s.relation, s.ownership, s.is_determined
