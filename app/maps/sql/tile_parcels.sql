-- Parcels of one tile: $1 county, $2..$5 the tile in units of its grid, $6..$9 the same with its buffer, $10 own body of an officer.
-- A parcel too small for the tile's units collapses to a point, it does not disappear. ST_AsMVT leaves out
-- what has no geometry here; a condition on it would make the planner compute each geometry twice.
SELECT ST_AsMVT(t, 'parcels', 4096, 'geom', 'id')
FROM (
    SELECT m.id, m.land_code, {columns},
           coalesce(ST_AsMVTGeom(m.{geom}, e.tile, 4096, 64), ST_AsMVTGeom(ST_PointOnSurface(m.{geom}), e.tile, 4096, 64)) AS geom
    FROM (SELECT ST_MakeEnvelope($2::float8, $3::float8, $4::float8, $5::float8, {srid})::box2d AS tile) e
    JOIN map_parcel m ON {near}{joined}
    WHERE m.county_code = $1
) t
