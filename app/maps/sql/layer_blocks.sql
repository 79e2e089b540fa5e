SELECT k.id, NULL::text AS body, k.geom,
       json_build_object('code', k.code, 'name', k.name, 'responsible_body', k.responsible_body,
                         'area_planar_m2', k.area_planar_m2) AS properties
FROM block k
WHERE k.county_code = $1
  AND $2::date <= $3::date
