-- 宗地 as they were on given days, as the register knew them at a given moment: register fields only, no verdict of another day.
-- $1 county, $2 known_at, $3..$4 days, $5 after, $6 limit, $7 body filter, $8..$11 extent (null: all), $12 form, $13 own body, $14 key, $15 the extent's shape
WITH chosen AS (
    SELECT DISTINCT ON (v.parcel_id) v.*
    FROM parcel_version v
    WHERE v.county_code = $1
      AND v.recorded @> $2::timestamptz
      AND v.valid && daterange($3::date, $4::date, '[]')
      AND v.parcel_id > $5::bigint
      AND ($7::text IS NULL OR v.responsible_body = $7)
      AND ($8::float8[] IS NULL OR EXISTS (
          SELECT 1
          FROM unnest($8::float8[], $9::float8[], $10::float8[], $11::float8[]) e (w, s, e, n)
          WHERE ($12 <> 'public' AND ST_Intersects(v.geom, ST_SetSRID(ST_Envelope(ST_MakeLine(ST_MakePoint(e.w, e.s), ST_MakePoint(e.e, e.n))), 4490)))
             OR ($12 = 'public' AND ST_Intersects(
                 ST_SnapToGrid(ST_PointOnSurface(v.geom), 0.001), ST_SetSRID(ST_Envelope(ST_MakeLine(ST_MakePoint(e.w, e.s), ST_MakePoint(e.e, e.n))), 4490)
             ))
      ))
      AND ($15::text IS NULL OR ST_Intersects(
          CASE WHEN $12 = 'public' THEN ST_SnapToGrid(ST_PointOnSurface(v.geom), 0.001) ELSE v.geom END,
          ST_SetSRID(ST_GeomFromGeoJSON($15), 4490)
      ))
      AND ($14::text IS NULL OR v.parcel_id = (
          SELECT p.id FROM parcel p WHERE p.county_code = $1 AND (p.land_code = $14 OR p.id::text = $14)
      ))
    ORDER BY v.parcel_id, v.valid_from DESC
    LIMIT $6
)
SELECT c.parcel_id AS id,
       convert_to('{"type":"Feature","id":' || c.parcel_id || ',"geometry":' || CASE
           WHEN $12 = 'public' THEN ST_AsGeoJSON(ST_SnapToGrid(ST_PointOnSurface(c.geom), 0.001), 3, 0)
           ELSE ST_AsGeoJSON(ST_ForcePolygonCCW(c.geom), 7, 0)
       END || ',"properties":' || CASE
           WHEN $12 = 'officer' AND c.responsible_body IS DISTINCT FROM $13 THEN json_build_object('land_code', p.land_code)
           WHEN $12 = 'public' THEN json_build_object(
               'land_code', p.land_code, 'responsible_body', c.responsible_body, 'responsible_body_name', b.name,
               'town_code', c.town_code, 'block_code', c.block_code, 'area_registered_m2', c.area_registered_m2,
               'area_contract_m2', c.area_contract_m2, 'area_planar_m2', c.area_planar_m2, 'area_geodesic_m2', c.area_geodesic_m2,
               'valid_from', lower(c.valid), 'valid_to', upper(c.valid))
           ELSE json_build_object(
               'land_code', p.land_code, 'cadastral_code', c.cadastral_code, 'responsible_body', c.responsible_body,
               'responsible_body_name', b.name, 'town_code', c.town_code, 'name', c.name, 'location', c.location,
               'block_code', c.block_code, 'ownership', c.ownership, 'area_registered_m2', c.area_registered_m2,
               'area_contract_m2', c.area_contract_m2, 'area_planar_m2', c.area_planar_m2, 'area_geodesic_m2', c.area_geodesic_m2,
               'valid_from', lower(c.valid), 'valid_to', upper(c.valid), 'recorded_from', lower(c.recorded),
               'recorded_to', upper(c.recorded))
       END::text || '}', 'UTF8') AS feature
FROM chosen c
JOIN parcel p ON p.id = c.parcel_id
LEFT JOIN responsible_body b ON b.county_code = c.county_code AND b.code = c.responsible_body
ORDER BY c.parcel_id
