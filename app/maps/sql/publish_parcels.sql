-- Map rows of a county's current parcels (all, or the given ids) from the register, the facts, the cases and the 认定.
WITH cases AS (
    SELECT cp.parcel_id,
           (array_agg(c.state ORDER BY (c.state NOT IN ('accepted', 'delisted', 'reversed')) DESC, c.id DESC))[1] AS case_state,
           bool_or(c.state = 'closing' OR (c.state NOT IN ('accepted', 'delisted', 'reversed') AND c.deadline_on < CAST(:today AS date))) AS is_late,
           bool_or(c.state IN ('assigned', 'planned', 'rectifying', 'remediating', 'submitted', 'returned')) AS is_open
    FROM case_parcel cp
    JOIN remediation_case c ON c.id = cp.case_id
    WHERE cp.county_code = :county
      AND c.state <> 'dismissed'
      AND (CAST(:ids AS bigint[]) IS NULL OR cp.parcel_id = ANY(CAST(:ids AS bigint[])))
    GROUP BY cp.parcel_id
),
determined AS (
    SELECT d.parcel_id, bool_or(d.kind = 'idle') AS idle, bool_or(d.kind = 'inefficient') AS inefficient
    FROM determination d
    WHERE d.county_code = :county
      AND d.revoked_on IS NULL
      AND (CAST(:ids AS bigint[]) IS NULL OR d.parcel_id = ANY(CAST(:ids AS bigint[])))
    GROUP BY d.parcel_id
),
shown AS (
    SELECT v.*, p.land_code, b.name AS body_name,
           f.area_used_mu, f.inside_ratio, f.industry_division, f.tax_band, f.grade, f.far, f.supply_mode,
           coalesce(f.inefficient, 'unknown') AS inefficient,
           coalesce(f.idle, 'insufficient_data') AS idle,
           coalesce(f.standard_land, 'unknown') AS standard_land,
           coalesce(w.criteria_true, '{}') AS criteria_true,
           c.case_state,
           CASE
               WHEN f.idle = 'suspected' OR d.idle OR c.is_late THEN 'red'
               WHEN c.is_open THEN 'orange'
               WHEN f.inefficient = 'true' OR d.inefficient THEN 'yellow'
               WHEN f.standard_land = 'true' THEN 'blue'
               WHEN f.inefficient = 'false' THEN 'green'
               ELSE 'grey'
           END AS display_class
    FROM parcel_version v
    JOIN parcel p ON p.id = v.parcel_id
    LEFT JOIN responsible_body b ON b.county_code = v.county_code AND b.code = v.responsible_body
    LEFT JOIN parcel_fact f ON f.county_code = v.county_code AND f.parcel_id = v.parcel_id
    LEFT JOIN verdict w ON w.county_code = v.county_code AND w.parcel_id = v.parcel_id AND w.kind = 'inefficient' AND w.to_run IS NULL
    LEFT JOIN cases c ON c.parcel_id = v.parcel_id
    LEFT JOIN determined d ON d.parcel_id = v.parcel_id
    WHERE v.county_code = :county
      AND v.is_current
      AND (CAST(:ids AS bigint[]) IS NULL OR v.parcel_id = ANY(CAST(:ids AS bigint[])))
),
written AS (
    SELECT s.*,
           '{"type":"Feature","id":' || s.parcel_id || ',"geometry":' || ST_AsGeoJSON(ST_ForcePolygonCCW(s.geom), 7, 0) || ',"properties":' AS head
    FROM shown s
)
INSERT INTO map_parcel (
    county_code, id, responsible_body, display_class, land_code, cadastral_code, grade, inefficient, idle, standard_land, area_used_mu,
    box, geom, geom_3857, feature, outline
)
SELECT county_code, parcel_id, responsible_body, display_class, land_code, cadastral_code, grade, inefficient, idle, standard_land,
       coalesce(area_used_mu, area_planar_m2 * 0.0015),
       box(point(ST_XMin(geom), ST_YMin(geom)), point(ST_XMax(geom), ST_YMax(geom))),
       geom, ST_Transform(geom, 3857),
       convert_to(head || json_build_object(
           'land_code', land_code, 'cadastral_code', cadastral_code, 'responsible_body', responsible_body,
           'responsible_body_name', body_name, 'town_code', town_code, 'name', name, 'location', location, 'block_code', block_code,
           'ownership', ownership, 'area_registered_m2', area_registered_m2, 'area_contract_m2', area_contract_m2,
           'area_planar_m2', area_planar_m2, 'area_geodesic_m2', area_geodesic_m2, 'area_used_mu', area_used_mu,
           'inefficient', inefficient, 'criteria_true', criteria_true, 'idle', idle, 'standard_land', standard_land, 'grade', grade,
           'tax_band', tax_band, 'far', far, 'supply_mode', supply_mode, 'industry_division', industry_division,
           'display_class', display_class, 'case_state', case_state, 'inside_ratio', inside_ratio
       )::text || '}', 'UTF8'),
       convert_to(head || json_build_object('land_code', land_code)::text || '}', 'UTF8')
FROM written
