-- The county, its plane, and the box (degrees) its land lies in; without an outline the parcels' boxes, from their index alone.
SELECT
    c.code, c.name, c.meridian_epsg, c.is_test,
    coalesce(ST_XMin(box2d(c.geom)), x.west) AS west, coalesce(ST_YMin(box2d(c.geom)), x.south) AS south,
    coalesce(ST_XMax(box2d(c.geom)), x.east) AS east, coalesce(ST_YMax(box2d(c.geom)), x.north) AS north
FROM county AS c
LEFT JOIN LATERAL (
    SELECT
        min((m.box[1])[0]) AS west, min((m.box[1])[1]) AS south, max((m.box[0])[0]) AS east, max((m.box[0])[1]) AS north
    FROM map_parcel AS m
    WHERE m.county_code = c.code
      AND c.geom IS NULL
) AS x ON true
WHERE c.code = CAST(:county AS text)
