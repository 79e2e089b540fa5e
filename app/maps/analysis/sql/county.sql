-- The county, its plane, and the box (degrees) its land lies in.
SELECT c.code, c.name, c.meridian_epsg, c.is_test, x.west, x.south, x.east, x.north
FROM county AS c
LEFT JOIN (
{extent}
) AS x ON true
WHERE c.code = CAST(:county AS text)
