SELECT t.id, NULL::text AS body, t.geom,
       json_build_object('code', t.code, 'name', t.name, 'kind', t.kind, 'scheme', t.scheme, 'is_synthetic', t.is_synthetic,
                         'valid_from', t.valid_from, 'valid_to', t.valid_to) AS properties
FROM town t
WHERE t.county_code = $1
  AND daterange(t.valid_from, t.valid_to) && daterange($2::date, $3::date, '[]')
