-- Public points of one tile: $1 county, $2..$5 the tile in units of its grid, $6..$9 the same with its buffer.
SELECT ST_AsMVT(t, 'parcels', 4096, 'geom', 'id')
FROM (
    SELECT m.id, m.land_code, m.responsible_body, m.grade, m.standard_land,
           ST_AsMVTGeom(m.{geom}, ST_MakeEnvelope($2::float8, $3::float8, $4::float8, $5::float8, {srid}), 4096, 64) AS geom
    FROM map_parcel_public m
    WHERE m.county_code = $1
      AND {near}
) t
