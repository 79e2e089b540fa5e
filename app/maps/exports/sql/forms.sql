-- Forms of the chosen zones (MultiPolygon, MultiLineString, MultiPoint). $1 county, $2 ids.
SELECT DISTINCT substring(ST_GeometryType(z.geom) FROM 4) AS form
FROM planning_zone z
WHERE z.county_code = $1
  AND z.id = ANY($2::bigint[])
ORDER BY form
