-- Note the cases whose parcels were written anew, with the extents of all their parcels before (:ids are not published yet) and after:
-- a shape may stand elsewhere, a label on another of them. Or that there is none.
WITH told AS (
    SELECT DISTINCT c.responsible_body AS body, c.id, ARRAY[ST_XMin(g.geom), ST_YMin(g.geom), ST_XMax(g.geom), ST_YMax(g.geom)] AS box
    FROM remediation_case c
    JOIN case_parcel cp ON cp.county_code = c.county_code AND cp.case_id = c.id
    LEFT JOIN parcel_version v ON v.county_code = cp.county_code AND v.parcel_id = cp.parcel_id AND v.is_current
    LEFT JOIN map_shape s ON s.county_code = cp.county_code AND s.id = cp.parcel_id
    CROSS JOIN LATERAL (VALUES (coalesce(cp.part, v.geom)), (coalesce(cp.part, s.geom))) g (geom)
    WHERE c.county_code = :county
      AND c.id IN (
          SELECT x.case_id
          FROM case_parcel x
          WHERE x.county_code = :county
            AND x.parcel_id = ANY(CAST(:ids AS bigint[]))
      )
)
INSERT INTO map_change (county_code, layer, form, responsible_body, ids, boxes)
SELECT :county, 'cases', 'full', t.body, array_agg(DISTINCT t.id), coalesce(array_agg(t.box) FILTER (WHERE t.box[1] IS NOT NULL), '{}')
FROM told t
GROUP BY t.body
UNION ALL
SELECT :county, 'cases', 'none', NULL, '{}', '{}'
WHERE NOT EXISTS (SELECT FROM told)
