-- What the file shows: version of the layer, day of the published facts, the county's plane. $1 county, $2 layer.
SELECT coalesce((SELECT version FROM layer_version WHERE county_code = $1 AND layer = $2), 0) AS version,
       (SELECT as_of FROM classification_run WHERE county_code = $1 AND finished_at IS NOT NULL ORDER BY id DESC LIMIT 1) AS facts_as_of,
       (SELECT meridian_epsg FROM county WHERE code = $1) AS meridian
