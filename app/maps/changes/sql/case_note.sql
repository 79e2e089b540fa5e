-- Note that 整治项目 changed, with the extent of its parcels or their parts.
INSERT INTO map_change (county_code, layer, form, responsible_body, ids, boxes)
SELECT c.county_code, 'cases', 'full', c.responsible_body, ARRAY[c.id],
       coalesce(
           (SELECT array_agg(ARRAY[ST_XMin(s.geom), ST_YMin(s.geom), ST_XMax(s.geom), ST_YMax(s.geom)])
            FROM (
                SELECT coalesce(cp.part, v.geom) AS geom
                FROM case_parcel cp
                LEFT JOIN parcel_version v ON v.county_code = cp.county_code AND v.parcel_id = cp.parcel_id AND v.is_current
                WHERE cp.county_code = c.county_code
                  AND cp.case_id = c.id
            ) s
            WHERE s.geom IS NOT NULL),
           '{}'
       )
FROM remediation_case c
WHERE c.county_code = :county
  AND c.id = :case_id
