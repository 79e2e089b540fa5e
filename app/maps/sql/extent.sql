-- Extent of a county ({county} its code) in degrees: its outline, else what its parcels span.
SELECT coalesce(ST_XMin(box2d(c.geom)), x.west) AS west, coalesce(ST_YMin(box2d(c.geom)), x.south) AS south,
       coalesce(ST_XMax(box2d(c.geom)), x.east) AS east, coalesce(ST_YMax(box2d(c.geom)), x.north) AS north
FROM county AS c
LEFT JOIN LATERAL (
    SELECT p.*
    FROM (
{parcels}
    ) AS p
    WHERE c.geom IS NULL
) AS x ON true
WHERE c.code = {county}
