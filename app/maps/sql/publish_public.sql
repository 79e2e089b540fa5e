-- Rows of map_parcel_public, the public form of a county's current parcels: a point at 3 decimals (about 100 m) and L1 fields, nothing else.
WITH shown AS (
    SELECT v.*, p.land_code, b.name AS body_name, f.grade, f.supply_mode,
           coalesce(f.standard_land, 'unknown') AS standard_land,
           ST_SnapToGrid(ST_PointOnSurface(v.geom), 0.001) AS place
    FROM parcel_version v
    JOIN parcel p ON p.id = v.parcel_id
    LEFT JOIN responsible_body b ON b.county_code = v.county_code AND b.code = v.responsible_body
    LEFT JOIN parcel_fact f ON f.county_code = v.county_code AND f.parcel_id = v.parcel_id
    WHERE v.county_code = :county
      AND v.is_current
      AND (CAST(:ids AS bigint[]) IS NULL OR v.parcel_id = ANY(CAST(:ids AS bigint[])))
    OFFSET 0 -- the point is found once a row, not once a use
)
SELECT county_code, parcel_id AS id, land_code, responsible_body, standard_land, grade,
       box(point(ST_X(place), ST_Y(place)), point(ST_X(place), ST_Y(place))) AS box, place AS geom, ST_Transform(place, 3857) AS geom_3857,
       convert_to(
           '{"type":"Feature","id":' || parcel_id || ',"geometry":' || ST_AsGeoJSON(place, 3, 0) || ',"properties":'
           || (
               SELECT row_to_json(p)
               FROM (
                   SELECT s.land_code, s.responsible_body, s.body_name AS responsible_body_name, s.town_code, s.block_code,
                          s.area_registered_m2, s.area_contract_m2, s.area_planar_m2, s.area_geodesic_m2, s.grade, s.supply_mode,
                          s.standard_land
               ) p
           )::text || '}', 'UTF8') AS feature
FROM shown s
