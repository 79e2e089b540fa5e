SELECT ST_XMin(e) AS west, ST_YMin(e) AS south, ST_XMax(e) AS east, ST_YMax(e) AS north
FROM (
    SELECT coalesce(
        (SELECT box2d(geom) FROM county WHERE code = $1),
        (SELECT ST_Extent(geom) FROM map_parcel WHERE county_code = $1)
    ) AS e
) x
