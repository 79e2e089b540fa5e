-- One tile of a small layer: shapes simplified to a quarter of a screen's pixel, sub-pixel ones as points, and one label point a feature.
-- $1 county, $2..$3 the days, $4..$7 the tile in units of its grid, $8..$11 the same with its buffer in degrees, $12 own body of an
-- officer (null: every body), $13 properties shown, $14 tolerance in units of the grid.
WITH here AS MATERIALIZED (
    SELECT s.id, {moved} AS geom,
           (SELECT jsonb_object_agg(p.key, p.value) FROM jsonb_each(s.properties::jsonb) p WHERE p.key = ANY($13::text[])) AS said
    FROM ({layer}) s
    WHERE s.geom && ST_MakeEnvelope($8::float8, $9::float8, $10::float8, $11::float8, 4490)
      AND ($12::text IS NULL OR s.body IS NULL OR s.body = $12)
),
tile AS (
    SELECT ST_MakeEnvelope($4::float8, $5::float8, $6::float8, $7::float8, {srid}) AS box
),
shapes AS (
    SELECT h.id, h.said,
           coalesce(ST_AsMVTGeom(ST_Simplify(h.geom, $14::float8), t.box, 4096, 64), ST_AsMVTGeom(ST_PointOnSurface(h.geom), t.box, 4096, 64)) AS geom
    FROM here h
    CROSS JOIN tile t
),
labels AS (
    SELECT h.id, h.said, ST_AsMVTGeom(ST_PointOnSurface(h.geom), t.box, 4096, 0) AS geom
    FROM here h
    CROSS JOIN tile t
)
SELECT (SELECT ST_AsMVT(x, '{name}', 4096, 'geom', 'id') FROM (SELECT * FROM shapes WHERE geom IS NOT NULL ORDER BY id) x)
    || (SELECT ST_AsMVT(x, '{name}_labels', 4096, 'geom', 'id') FROM (SELECT * FROM labels WHERE geom IS NOT NULL ORDER BY id) x)
