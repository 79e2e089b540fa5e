-- Version of a layer, and what was noted since an earlier one ($3), at most $4 rows; each version has a row unless it was swept.
SELECT coalesce(v.version, 0) AS now, c.version, c.ids, c.boxes
FROM (SELECT 1) one
LEFT JOIN layer_version v ON v.county_code = $1 AND v.layer = $2
LEFT JOIN LATERAL (
    SELECT m.version, m.ids, m.boxes
    FROM map_change m
    WHERE m.county_code = $1
      AND m.layer = $2
      AND m.version > $3
    ORDER BY m.version
    LIMIT $4
) c ON true
