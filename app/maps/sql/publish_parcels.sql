-- Map rows of a county's current parcels (all, or the given ids): the register's shapes and names, the typed columns just published.
WITH shown AS (
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
)
INSERT INTO {parcel} (
    county_code, id, responsible_body, display_class, land_code, cadastral_code, grade, inefficient, idle, standard_land, area_used_mu,
    box, geom, geom_3857, feature, outline
)
SELECT county_code, id, responsible_body, display_class, land_code, cadastral_code, grade, inefficient, idle, standard_land,
       coalesce(area_used_mu, area_planar_m2 * 0.0015),
       box(point(ST_XMin(geom), ST_YMin(geom)), point(ST_XMax(geom), ST_YMax(geom))),
       geom, ST_Transform(geom, 3857),
       convert_to(head || json_build_object(
           'land_code', land_code, 'cadastral_code', cadastral_code, 'responsible_body', responsible_body,
           'responsible_body_name', body_name, 'town_code', town_code, 'name', name, 'location', location, 'block_code', block_code,
           'ownership', ownership, 'area_registered_m2', area_registered_m2, 'area_contract_m2', area_contract_m2,
           'area_planar_m2', area_planar_m2, 'area_geodesic_m2', area_geodesic_m2, 'area_used_mu', area_used_mu,
           'inefficient', inefficient, 'criteria_true', coalesce(criteria_true, '{}'), 'idle', idle, 'standard_land', standard_land, 'grade', grade,
           'tax_band', tax_band, 'far', far, 'supply_mode', supply_mode, 'industry_division', industry_division,
           'display_class', display_class, 'case_state', case_state, 'inside_ratio', inside_ratio
       )::text || '}', 'UTF8'),
       convert_to(head || json_build_object('land_code', land_code)::text || '}', 'UTF8')
FROM written
