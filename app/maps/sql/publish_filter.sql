-- Rows of map_filter: typed columns of a county's current parcels (all, or the given ids) from the register, the facts, the cases and the 认定.
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
)
SELECT v.county_code, v.parcel_id AS id,
       p.land_code, v.cadastral_code, v.town_code, v.responsible_body, v.block_code, v.ownership, v.legality, v.land_use_code,
       v.area_registered_m2, v.area_contract_m2, v.area_planar_m2, v.area_geodesic_m2, f.area_used_m2, f.area_used_mu, f.area_basis,
       f.inside_ratio, f.control_line_relation, f.industry_code, f.industry_division, f.user_count, f.main_uscc, f.tax_band, f.tax_year,
       f.grade, f.grade_prev, f.grade_year, f.far, f.gross_floor_area_m2, f.far_floor_area_m2, f.vacant_floor_ratio, f.vacant_months,
       f.on_list, f.tenant_closed, f.capacity_gate_failed, f.supply_mode, f.supply_electronic_no, f.agreed_start_on, f.tax_data_on,
       f.grade_data_on, f.far_data_on, f.vacancy_data_on, f.list_data_on, f.tenant_data_on, f.gate_data_on,
       coalesce(f.inefficient, 'unknown') AS inefficient, coalesce(f.idle, 'insufficient_data') AS idle,
       coalesce(f.standard_land, 'unknown') AS standard_land,
       CASE
           WHEN f.idle = 'suspected' OR d.idle OR c.is_late THEN 'red'
           WHEN c.is_open THEN 'orange'
           WHEN f.inefficient = 'true' OR d.inefficient THEN 'yellow'
           WHEN f.standard_land = 'true' THEN 'blue'
           WHEN f.inefficient = 'false' THEN 'green'
           ELSE 'grey'
       END AS display_class,
       c.case_state, w.criteria_true
FROM parcel_version v
JOIN parcel p ON p.id = v.parcel_id
LEFT JOIN parcel_fact f ON f.county_code = v.county_code AND f.parcel_id = v.parcel_id
LEFT JOIN cases c ON c.parcel_id = v.parcel_id
LEFT JOIN determined d ON d.parcel_id = v.parcel_id
LEFT JOIN verdict w ON w.county_code = v.county_code AND w.parcel_id = v.parcel_id AND w.kind = 'inefficient' AND w.to_run IS NULL
WHERE v.county_code = :county
  AND v.is_current
  AND (CAST(:ids AS bigint[]) IS NULL OR v.parcel_id = ANY(CAST(:ids AS bigint[])))
