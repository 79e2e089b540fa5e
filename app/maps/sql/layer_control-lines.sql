SELECT z.id, NULL::text AS body, z.geom,
       json_build_object('code', z.code, 'name', z.name, 'level', z.level, 'version', l.version, 'approved_by', l.approved_by,
                         'approved_on', l.approved_on, 'document', l.document, 'area_planar_m2', z.area_planar_m2,
                         'valid_from', l.valid_from, 'valid_to', l.valid_to) AS properties
FROM planning_zone z
JOIN planning_layer l ON l.id = z.layer_id
WHERE z.county_code = $1
  AND l.family = 'control_line'
  AND daterange(l.valid_from, l.valid_to) && daterange($2::date, $3::date, '[]')
