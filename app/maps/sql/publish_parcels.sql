-- Rows of map_parcel (parcel_row) and map_shape (shape_row) of a county's current parcels (all, or the given ids), for a statement that writes
-- them: the register's shapes and names, the typed columns of {filter}.
shown AS (
    SELECT m.*, v.name, v.location, v.geom, b.name AS body_name
    FROM parcel_version v
    JOIN {filter} m ON m.county_code = v.county_code AND m.id = v.parcel_id
    LEFT JOIN responsible_body b ON b.county_code = v.county_code AND b.code = v.responsible_body
    WHERE v.county_code = :county
      AND v.is_current
      AND (CAST(:ids AS bigint[]) IS NULL OR v.parcel_id = ANY(CAST(:ids AS bigint[])))
),
written AS (
    SELECT s.*,
           '{"type":"Feature","id":' || s.id || ',"geometry":' || ST_AsGeoJSON(ST_ForcePolygonCCW(s.geom), 7, 0) || ',"properties":' AS head
    FROM shown s
    OFFSET 0 -- once a row: what reads head twice must not write the shape twice
),
shape_row AS (
    SELECT county_code, id, responsible_body, display_class, land_code, grade, geom,
           ST_ForcePolygonCW(ST_Transform(geom, 3857)) AS geom_3857
    FROM shown
),
parcel_row AS (
    SELECT county_code, id, responsible_body, display_class, land_code, cadastral_code, grade, inefficient, idle, standard_land,
           CAST(coalesce(area_used_mu, area_planar_m2 * 0.0015) AS numeric(14, 4)) AS mu,
           town_code, block_code, ownership, area_registered_m2, area_contract_m2, area_planar_m2, area_geodesic_m2, area_used_mu,
           tax_band, far, supply_mode, industry_division, case_state, inside_ratio,
           box(geom) AS box, ST_NumGeometries(geom) = 1 AS is_single,
           octet_length(head) AS head,
           convert_to(head || (
               SELECT row_to_json(p)
               FROM (
                   SELECT w.land_code, w.cadastral_code, w.responsible_body, w.body_name AS responsible_body_name, w.town_code, w.name,
                          w.location, w.block_code, w.ownership, w.area_registered_m2, w.area_contract_m2, w.area_planar_m2,
                          w.area_geodesic_m2, w.area_used_mu, w.inefficient, coalesce(w.criteria_true, '{}') AS criteria_true, w.idle,
                          w.standard_land, w.grade, w.tax_band, w.far, w.supply_mode, w.industry_division, w.display_class, w.case_state,
                          w.inside_ratio
               ) p
           )::text || '}', 'UTF8') AS feature
    FROM written w
)
