-- Parcels by criterion; a parcel that meets several stands in each (可重复).
SELECT c.id, count(*) FILTER (WHERE c.is_true) AS n, coalesce(sum(f.area_used_m2) FILTER (WHERE c.is_true), 0) AS m2,
       count(*) FILTER (WHERE NOT c.is_true) AS n_unknown, coalesce(sum(f.area_used_m2) FILTER (WHERE NOT c.is_true), 0) AS m2_unknown
FROM parcel_fact AS f
JOIN verdict AS v
  ON v.county_code = f.county_code AND v.parcel_id = f.parcel_id AND v.kind = 'inefficient' AND v.to_run IS NULL
CROSS JOIN LATERAL (
    SELECT t.id, true AS is_true FROM unnest(v.criteria_true) AS t (id)
    UNION ALL
    SELECT u.id, false FROM unnest(v.criteria_unknown) AS u (id)
) AS c
WHERE f.county_code = CAST(:county AS text)
  AND NOT f.responsible_body = ANY(CAST(:excluded AS text[]))
  AND (CAST(:body AS text) IS NULL OR f.responsible_body = CAST(:body AS text))
GROUP BY c.id
