-- The county, its plane, and the box (degrees) its land lies in.
SELECT c.code, c.name, c.meridian_epsg, c.is_test, ST_XMin(x.e) AS west, ST_YMin(x.e) AS south, ST_XMax(x.e) AS east, ST_YMax(x.e) AS north
FROM county AS c
CROSS JOIN LATERAL (
    SELECT coalesce(
        box2d(c.geom),
        (SELECT box2d(ST_Extent(m.geom)) FROM map_parcel AS m WHERE m.county_code = c.code)
    ) AS e
) AS x
WHERE c.code = CAST(:county AS text)
