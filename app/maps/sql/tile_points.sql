-- Public points of one tile: $1 county, $2 z, $3 column, $4 row.
SELECT ST_AsMVT(t, 'parcels', 4096, 'geom', 'id')
FROM (
    SELECT m.id, m.land_code, m.responsible_body, ST_AsMVTGeom(m.geom_3857, ST_TileEnvelope($2, $3, $4), 4096, 64) AS geom
    FROM map_parcel_public m
    WHERE m.county_code = $1
      AND m.geom_3857 && ST_TileEnvelope($2, $3, $4, margin => 64.0 / 4096)
    ORDER BY m.id
) t
WHERE t.geom IS NOT NULL
