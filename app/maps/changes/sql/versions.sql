-- Where each layer stands.
SELECT l.layer, coalesce(v.version, 0) AS version, now() AS at
FROM unnest($2::text[]) l (layer)
LEFT JOIN layer_version v ON v.county_code = $1 AND v.layer = l.layer
