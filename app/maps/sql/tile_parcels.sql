-- Parcels of one tile: $1 county, $2..$5 the tile in units of its grid, $6..$9 the same with its buffer, $10 own body of an officer.
-- A parcel inside the tile is moved and rounded to the tile's units, a third of what ST_AsMVTGeom costs; one on the edge is clipped.
-- A parcel too small for the tile's units collapses to a point, it does not disappear. ST_AsMVT leaves out
-- what has no geometry here; a condition on it would make the planner compute each geometry twice.
SELECT ST_AsMVT(t, 'parcels', 4096, 'geom', 'id')
FROM (
    SELECT m.id, m.land_code, {columns},
           coalesce(
               CASE
                   WHEN m.{geom} @ ST_MakeEnvelope($6::float8, $7::float8, $8::float8, $9::float8, {srid})
                   THEN (
                       SELECT CASE WHEN NOT ST_IsEmpty(q.moved) THEN q.moved END
                       FROM (
                           SELECT ST_SnapToGrid(
                               ST_TransScale({turned}, -$2::float8, -$5::float8, 4096 / ($4::float8 - $2::float8), 4096 / ($3::float8 - $5::float8)), 1
                           ) AS moved
                           OFFSET 0
                       ) q
                   )
                   ELSE ST_AsMVTGeom(m.{geom}, e.tile, 4096, 64)
               END,
               ST_AsMVTGeom(ST_PointOnSurface(m.{geom}), e.tile, 4096, 64)
           ) AS geom
    FROM (SELECT ST_MakeEnvelope($2::float8, $3::float8, $4::float8, $5::float8, {srid})::box2d AS tile) e
    JOIN {near}{joined}
    WHERE m.county_code = $1
) t
