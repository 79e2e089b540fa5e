-- The given parcels ($2), each row with the version of the layer that they are of; one row when none of them is there.
SELECT v.version, r.*
FROM (SELECT coalesce((SELECT l.version FROM layer_version l WHERE l.county_code = $1 AND l.layer = 'parcels'), 0) AS version) v
LEFT JOIN (
    SELECT m.id, (m.box[1])[0] AS west, (m.box[1])[1] AS south, (m.box[0])[0] AS east, (m.box[0])[1] AS north, m.is_single, m.head,
           m.feature, ST_AsBinary(g.geom) AS shape
    FROM map_parcel m
    JOIN map_shape g ON g.county_code = m.county_code AND g.id = m.id
    WHERE m.county_code = $1
      AND m.id = ANY($2::bigint[])
) r ON true
ORDER BY r.id
