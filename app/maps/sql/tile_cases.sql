-- Cases that may lie in a tile ($8..$11 its extent in degrees): only their parcels are united.
SELECT c.id, c.responsible_body AS body, shape.geom,
       json_build_object('code', c.code, 'name', c.name, 'responsible_body', c.responsible_body, 'state', c.state,
                         'category', c.category) AS properties
FROM (
    SELECT DISTINCT cp.case_id
    FROM map_parcel m
    JOIN case_parcel cp ON cp.county_code = m.county_code AND cp.parcel_id = m.id
    WHERE m.county_code = $1
      AND m.box && box(point($8::float8, $9::float8), point($10::float8, $11::float8))
) near
JOIN remediation_case c ON c.id = near.case_id
CROSS JOIN LATERAL (
    SELECT ST_Multi(ST_Union(coalesce(cp.part, v.geom))) AS geom
    FROM case_parcel cp
    LEFT JOIN parcel_version v ON v.county_code = cp.county_code AND v.parcel_id = cp.parcel_id AND v.is_current
    WHERE cp.case_id = c.id
) shape
WHERE c.county_code = $1
  AND $2::date <= $3::date
