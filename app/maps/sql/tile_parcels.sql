-- Parcels of one tile: $1 county, $2 z, $3 column, $4 row, $5 own body of an officer (null: every body in full).
-- A parcel too small for the tile's grid collapses to a point, it does not disappear.
SELECT ST_AsMVT(t, 'parcels', 4096, 'geom', 'id')
FROM (
    SELECT m.id, m.land_code,
           CASE WHEN $5::text IS NULL OR m.responsible_body = $5 THEN m.display_class END AS display_class,
           CASE WHEN $5::text IS NULL OR m.responsible_body = $5 THEN m.responsible_body END AS responsible_body,
           coalesce(ST_AsMVTGeom(m.geom_3857, e.tile, 4096, 64), ST_AsMVTGeom(ST_PointOnSurface(m.geom_3857), e.tile, 4096, 64)) AS geom
    FROM (SELECT ST_TileEnvelope($2, $3, $4) AS tile) e
    JOIN map_parcel m ON m.geom_3857 && ST_TileEnvelope($2, $3, $4, margin => 64.0 / 4096)
    WHERE m.county_code = $1
    ORDER BY m.id
) t
WHERE t.geom IS NOT NULL
