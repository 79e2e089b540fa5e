-- A page of a small layer: $4 after, $5 limit, $6..$9 extents, $10 own body of an officer (null: every body), $11 id, $12 the extent's shape; its source goes in FROM.
SELECT s.id, {key} AS key,
       convert_to('{"type":"Feature","id":' || s.id || ',"geometry":' || coalesce(ST_AsGeoJSON(ST_ForcePolygonCCW(s.geom), 7, 0), 'null')
                  || ',"properties":' || s.properties::text || '}', 'UTF8') AS feature
FROM ({layer}) s{columns}
WHERE s.id > $4::bigint
  AND ($10::text IS NULL OR s.body IS NULL OR s.body = $10)
  AND ($11::bigint IS NULL OR s.id = $11)
  AND ($6::float8[] IS NULL OR EXISTS (
      SELECT 1
      FROM unnest($6::float8[], $7::float8[], $8::float8[], $9::float8[]) e (w, s, e, n)
      WHERE ST_Intersects(s.geom, ST_SetSRID(ST_Envelope(ST_MakeLine(ST_MakePoint(e.w, e.s), ST_MakePoint(e.e, e.n))), 4490))
  ))
  AND ($12::text IS NULL OR ST_Intersects(s.geom, ST_SetSRID(ST_GeomFromGeoJSON($12), 4490)))
  AND {condition}
ORDER BY {order}
LIMIT $5
