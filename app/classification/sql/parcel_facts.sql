-- One row a parcel of the county: what the rules read, on one day. Unknown is null, never 0.
-- A datum whose data date is missing or before :fresh_since is unknown. Areas of users count in 亩 at 4 decimals,
-- so that a delivered 亩 is met exactly (0.01 m² can't hold it); every ratio is rounded half-up to 4 decimals.
INSERT INTO parcel_fact (
    county_code, parcel_id, run_id, land_code, cadastral_code, town_code, responsible_body, ownership, legality, block_code,
    land_use_code, area_registered_m2, area_contract_m2, area_planar_m2, area_geodesic_m2, area_used_m2, area_used_mu, area_basis,
    inside_ratio, control_line_relation, industry_code, industry_division, user_count, main_uscc,
    tax_per_mu, tax_per_mu_min, tax_band, tax_year, tax_data_on, tax_unknown_users,
    grade, grade_prev, grade_year, grade_data_on, far, gross_floor_area_m2, far_floor_area_m2, far_data_on,
    vacant_floor_ratio, vacant_months, vacancy_data_on, on_list, list_names, list_data_on, tenant_closed, tenant_data_on,
    capacity_gate_failed, gate_data_on, supply_mode, supply_electronic_no, agreed_start_on
)
WITH
-- parcels that stand on the day, as the register knows them now; ownership by the valid 宗地代码, else as delivered
land AS MATERIALIZED (
    SELECT
        v.parcel_id, p.land_code, v.cadastral_code, v.town_code, v.responsible_body, v.legality, v.block_code, v.land_use_code,
        v.area_registered_m2, v.area_contract_m2, v.area_planar_m2, v.area_geodesic_m2,
        CASE WHEN v.cadastral_code IS NULL THEN v.ownership ELSE substr(v.cadastral_code, 13, 1) END AS ownership,
        coalesce(v.area_registered_m2, v.area_contract_m2, v.area_planar_m2) AS area_m2,
        CASE
            WHEN v.area_registered_m2 IS NOT NULL THEN 'registered'
            WHEN v.area_contract_m2 IS NOT NULL THEN 'contract'
            ELSE 'planar'
        END AS area_basis
    FROM parcel_version AS v
    JOIN parcel AS p ON p.id = v.parcel_id
    WHERE v.county_code = CAST(:county AS text)
      AND v.valid @> CAST(:as_of AS date)
      AND upper_inf(v.recorded)
),
-- 用地关系: own and rented in count, rented out is taken off
holding AS MATERIALIZED (
    SELECT
        o.enterprise_id, o.parcel_id,
        round(CASE WHEN o.relation = 'rent_out' THEN -o.area_m2 ELSE o.area_m2 END * 0.0015, 4) AS mu,
        coalesce(o.start_on, CAST('-infinity' AS date)) AS start_on,
        coalesce(o.end_on, CAST('infinity' AS date)) AS end_on
    FROM occupancy AS o
    WHERE o.county_code = CAST(:county AS text)
),
-- users on 31 December of the data year; a row without area leaves its user's area unknown
used AS (
    SELECT h.parcel_id, h.enterprise_id, CASE WHEN bool_or(h.mu IS NULL) THEN NULL ELSE sum(h.mu) END AS mu
    FROM holding AS h
    WHERE h.start_on <= CAST(:year_end AS date) AND h.end_on > CAST(:year_end AS date)
    GROUP BY h.parcel_id, h.enterprise_id
    HAVING bool_or(h.mu IS NULL) OR sum(h.mu) > 0
),
occupant AS MATERIALIZED (
    SELECT h.parcel_id, h.enterprise_id
    FROM holding AS h
    WHERE h.start_on <= CAST(:as_of AS date) AND h.end_on > CAST(:as_of AS date)
    GROUP BY h.parcel_id, h.enterprise_id
    HAVING bool_or(h.mu IS NULL) OR sum(h.mu) > 0
),
-- each enterprise's latest figures not after the data year, over the ground it used at the end of that year
figure AS (
    SELECT DISTINCT ON (i.enterprise_id) i.enterprise_id, i.year, i.tax_wan, i.data_on
    FROM enterprise_indicator AS i
    WHERE i.county_code = CAST(:county AS text) AND i.year <= CAST(:data_year AS integer)
    ORDER BY i.enterprise_id, i.year DESC
),
ground AS (
    SELECT f.enterprise_id, CASE WHEN bool_or(h.mu IS NULL) THEN NULL ELSE sum(h.mu) END AS mu
    FROM figure AS f
    JOIN holding AS h
      ON h.enterprise_id = f.enterprise_id
     AND h.start_on <= make_date(f.year, 12, 31)
     AND h.end_on > make_date(f.year, 12, 31)
    GROUP BY f.enterprise_id
),
yield AS (
    SELECT
        f.enterprise_id, f.year, f.data_on,
        CASE WHEN f.data_on >= CAST(:fresh_since AS date) AND g.mu > 0 THEN f.tax_wan / g.mu END AS tax_per_mu
    FROM figure AS f
    LEFT JOIN ground AS g ON g.enterprise_id = f.enterprise_id
),
share AS (
    SELECT
        u.parcel_id, u.enterprise_id, u.mu, e.uscc, y.tax_per_mu, y.year, y.data_on,
        sum(u.mu) OVER parcel AS total_mu,
        bool_or(u.mu IS NULL) OVER parcel AS has_open_area,
        row_number() OVER (PARTITION BY u.parcel_id ORDER BY u.mu DESC NULLS LAST, e.uscc COLLATE "C") AS place
    FROM used AS u
    JOIN enterprise AS e ON e.id = u.enterprise_id
    LEFT JOIN yield AS y ON y.enterprise_id = u.enterprise_id
    WINDOW parcel AS (PARTITION BY u.parcel_id)
),
-- 宗地亩均税收: weighted by area used; unknown when an unknown user holds more than the tolerated share
tax AS (
    SELECT
        s.parcel_id,
        count(*) AS user_count,
        max(s.enterprise_id) FILTER (WHERE s.place = 1) AS main_id,
        CASE
            WHEN bool_or(s.has_open_area) OR bool_or(s.tax_per_mu IS NULL AND s.mu > CAST(:unknown_share AS numeric) * s.total_mu) THEN NULL
            ELSE round(sum(s.tax_per_mu * s.mu) / nullif(sum(s.mu) FILTER (WHERE s.tax_per_mu IS NOT NULL), 0), 4)
        END AS tax_per_mu,
        round(min(s.tax_per_mu), 4) AS tax_per_mu_min,
        min(s.year) FILTER (WHERE s.tax_per_mu IS NOT NULL) AS tax_year,
        coalesce(min(s.data_on) FILTER (WHERE s.tax_per_mu IS NOT NULL), min(s.data_on)) AS data_on,
        coalesce(array_agg(s.uscc ORDER BY s.uscc) FILTER (WHERE s.tax_per_mu IS NULL), '{}') AS unknown_users
    FROM share AS s
    GROUP BY s.parcel_id
),
-- 亩均评价: the latest published year not after the data year, and the year before that one
graded AS (
    SELECT DISTINCT ON (g.enterprise_id) g.enterprise_id, g.year, g.grade, g.published_on
    FROM enterprise_grade AS g
    WHERE g.county_code = CAST(:county AS text) AND g.year <= CAST(:data_year AS integer)
    ORDER BY g.enterprise_id, g.year DESC
),
floor_area AS (
    SELECT
        b.parcel_id,
        CASE WHEN bool_or(b.far_floor_area_m2 IS NULL) THEN NULL ELSE sum(b.far_floor_area_m2) END AS far_m2,
        CASE WHEN bool_or(b.gross_floor_area_m2 IS NULL) THEN NULL ELSE sum(b.gross_floor_area_m2) END AS gross_m2,
        CASE WHEN bool_or(b.vacant_floor_area_m2 IS NULL) THEN NULL ELSE sum(b.vacant_floor_area_m2) END AS vacant_m2,
        max(b.vacant_since) FILTER (WHERE b.vacant_floor_area_m2 > 0) AS vacant_since,
        coalesce(bool_or(b.vacant_floor_area_m2 > 0 AND b.vacant_since IS NULL), false) AS is_since_missing,
        min(b.data_on) AS data_on,
        bool_and(b.data_on IS NOT NULL AND b.data_on >= CAST(:fresh_since AS date)) AS is_fresh
    FROM building AS b
    WHERE b.county_code = CAST(:county AS text)
    GROUP BY b.parcel_id
),
-- whole months of vacancy (满月: the corresponding day, or the month's end where it doesn't exist)
vacancy AS (
    SELECT
        f.parcel_id,
        m.n - CAST(f.vacant_since + make_interval(months => m.n) > CAST(:as_of AS date) AS integer) AS months
    FROM floor_area AS f
    CROSS JOIN LATERAL (
        SELECT CAST(
            (extract(year FROM CAST(:as_of AS date)) - extract(year FROM f.vacant_since)) * 12
            + extract(month FROM CAST(:as_of AS date)) - extract(month FROM f.vacant_since) AS integer
        ) AS n
    ) AS m
    WHERE f.is_fresh AND NOT f.is_since_missing AND f.vacant_since IS NOT NULL
),
-- a list that was delivered says of everybody else that he is not on it
list_state AS (
    SELECT count(*) FILTER (WHERE c.data_on >= CAST(:fresh_since AS date)) = cardinality(CAST(:lists AS text[])) AS is_checked, min(c.data_on) AS data_on
    FROM (
        SELECT k.list_kind, max(k.data_on) AS data_on
        FROM list_check AS k
        WHERE k.county_code = CAST(:county AS text)
          AND k.data_on <= CAST(:as_of AS date)
          AND k.list_kind = ANY(CAST(:lists AS text[]))
        GROUP BY k.list_kind
    ) AS c
),
listed AS (
    SELECT o.parcel_id, array_agg(DISTINCT m.list_kind ORDER BY m.list_kind) AS names
    FROM occupant AS o
    JOIN list_membership AS m
      ON m.county_code = CAST(:county AS text)
     AND m.enterprise_id = o.enterprise_id
     AND m.list_kind = ANY(CAST(:lists AS text[]))
     AND coalesce(m.entered_on <= CAST(:as_of AS date), true)
     AND coalesce(m.exit_on > CAST(:as_of AS date), true)
    GROUP BY o.parcel_id
),
tenant AS (
    SELECT
        o.parcel_id,
        bool_or(coalesce(e.data_on >= CAST(:fresh_since AS date) AND e.status IN ('active', 'suspended'), false)) AS has_open,
        bool_and(coalesce(e.data_on >= CAST(:fresh_since AS date) AND e.status IN ('cancelled', 'revoked'), false)) AS all_closed,
        min(e.data_on) AS data_on
    FROM occupant AS o
    JOIN enterprise AS e ON e.id = o.enterprise_id
    GROUP BY o.parcel_id
),
-- the contract of a parcel is the latest signed by the day
supply AS (
    SELECT DISTINCT ON (c.parcel_id) c.id, c.parcel_id, c.electronic_no, c.supply_mode, c.agreed_start_on, c.data_on
    FROM supply_contract AS c
    WHERE c.county_code = CAST(:county AS text) AND coalesce(c.signed_on <= CAST(:as_of AS date), true)
    ORDER BY c.parcel_id, c.signed_on DESC NULLS LAST, c.electronic_no COLLATE "C" DESC
),
-- 达产 gate: an actual value that breaks its promise fails it; a due one without actual value leaves it unknown
gate AS (
    SELECT
        i.contract_id,
        bool_or(coalesce(CASE i.comparator WHEN '>=' THEN i.actual < i.promised ELSE i.actual > i.promised END, false)) AS is_broken,
        bool_or(
            (i.actual IS NOT NULL AND i.promised IS NULL)
            OR (i.actual IS NULL AND coalesce(
                CASE CAST(:overdue_cmp AS text)
                    WHEN '>' THEN CAST(:as_of AS date) > i.due_on
                    WHEN '>=' THEN CAST(:as_of AS date) >= i.due_on
                    WHEN '<' THEN CAST(:as_of AS date) < i.due_on
                    WHEN '<=' THEN CAST(:as_of AS date) <= i.due_on
                    ELSE CAST(:as_of AS date) = i.due_on
                END, false
            ))
        ) AS is_open,
        max(i.accepted_on) AS data_on
    FROM standard_land_indicator AS i
    WHERE i.county_code = CAST(:county AS text) AND i.gate = 'capacity'
    GROUP BY i.contract_id
),
line AS (
    SELECT l.id
    FROM planning_layer AS l
    WHERE l.county_code = CAST(:county AS text)
      AND l.family = CAST(:line_family AS text)
      AND l.valid_from <= CAST(:as_of AS date)
      AND coalesce(l.valid_to > CAST(:as_of AS date), true)
    ORDER BY l.valid_from DESC, l.id DESC
    LIMIT 1
)
SELECT
    CAST(:county AS text), land.parcel_id, CAST(:run_id AS bigint), land.land_code, land.cadastral_code, land.town_code, land.responsible_body,
    land.ownership, land.legality, land.block_code, land.land_use_code,
    land.area_registered_m2, land.area_contract_m2, land.area_planar_m2, land.area_geodesic_m2,
    land.area_m2, round(land.area_m2 * 0.0015, 4), land.area_basis,
    o.ratio,
    CASE
        WHEN o.ratio >= CAST(:inside_from AS numeric) THEN 'inside'
        WHEN o.ratio <= CAST(:outside_to AS numeric) THEN 'outside'
        WHEN o.ratio IS NOT NULL THEN 'crossing'
    END,
    main.industry_code, left(main.industry_code, 2), coalesce(tax.user_count, 0), main.uscc,
    tax.tax_per_mu, tax.tax_per_mu_min,
    CASE WHEN tax.tax_per_mu IS NOT NULL THEN (CAST(:band_codes AS text[]))[
        1 + (SELECT count(*) FROM unnest(CAST(:band_uppers AS numeric[])) AS u (upper) WHERE tax.tax_per_mu > u.upper)
    ] END,
    tax.tax_year, tax.data_on, coalesce(tax.unknown_users, '{}'),
    CASE WHEN graded.published_on >= CAST(:fresh_since AS date) THEN graded.grade END,
    CASE WHEN before.published_on >= CAST(:fresh_since AS date) THEN before.grade END,
    graded.year, graded.published_on,
    CASE WHEN f.is_fresh THEN round(f.far_m2 / nullif(land.area_m2, 0), 4) END,
    CASE WHEN f.is_fresh THEN f.gross_m2 END, CASE WHEN f.is_fresh THEN f.far_m2 END, f.data_on,
    CASE WHEN f.is_fresh THEN round(f.vacant_m2 / nullif(f.gross_m2, 0), 4) END, vacancy.months, f.data_on,
    CASE WHEN listed.names IS NOT NULL THEN true WHEN tenant.parcel_id IS NOT NULL AND list_state.is_checked THEN false END,
    coalesce(listed.names, '{}'), list_state.data_on,
    CASE WHEN tenant.has_open THEN false WHEN tenant.all_closed THEN true END, tenant.data_on,
    CASE
        WHEN supply.supply_mode <> CAST(:standard_mode AS text) THEN false
        WHEN supply.supply_mode IS NULL THEN NULL
        WHEN gate.is_broken THEN true
        WHEN gate.is_open THEN NULL
        ELSE false
    END,
    coalesce(gate.data_on, supply.data_on), supply.supply_mode, supply.electronic_no, supply.agreed_start_on
FROM land
CROSS JOIN list_state
LEFT JOIN tax ON tax.parcel_id = land.parcel_id
LEFT JOIN enterprise AS main ON main.id = tax.main_id
LEFT JOIN graded ON graded.enterprise_id = tax.main_id
LEFT JOIN enterprise_grade AS before
       ON before.county_code = CAST(:county AS text) AND before.enterprise_id = graded.enterprise_id AND before.year = graded.year - 1
LEFT JOIN floor_area AS f ON f.parcel_id = land.parcel_id
LEFT JOIN vacancy ON vacancy.parcel_id = land.parcel_id
LEFT JOIN listed ON listed.parcel_id = land.parcel_id
LEFT JOIN tenant ON tenant.parcel_id = land.parcel_id
LEFT JOIN supply ON supply.parcel_id = land.parcel_id
LEFT JOIN gate ON gate.contract_id = supply.id
LEFT JOIN parcel_overlay AS o
       ON o.county_code = CAST(:county AS text) AND o.parcel_id = land.parcel_id AND o.layer_id = (SELECT line.id FROM line)
