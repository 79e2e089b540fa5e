-- A county of {n} parcels in {columns} columns: register, facts, verdicts, control lines, enterprises. One statement a paragraph.
INSERT INTO county (code, name, meridian_epsg, is_test)
VALUES ('{county}', '测速县', 4549, true);

INSERT INTO responsible_body (county_code, code, name, kind, sort)
SELECT '{county}', '{county}' || (100 + g), (ARRAY['滨海', '逍林', '观海卫', '掌起', '龙山'])[1 + g % 5] || (1 + g / 5) || '镇', 'town', g
FROM generate_series(0, 19) g;

INSERT INTO rule_version (id, county_code, content)
VALUES ('{rule_version}', '{county}', CAST({rules} AS jsonb));

INSERT INTO classification_run (county_code, as_of, data_year, rule_version, finished_at, made_by)
VALUES ('{county}', DATE '2025-09-30', 2024, '{rule_version}', now(), '测速');

-- n: number of the parcel; a … f: numbers in 0 … 1 that look random and are the same in each county
CREATE TEMPORARY TABLE made ON COMMIT DROP AS
SELECT n, CAST({first} AS bigint) + n AS id, 121.0 + ((n - 1) % {columns}) * 0.0006 + (hashint4(n + 3) & 65535) * 2.9e-10 AS x,
       30.0 + ((n - 1) / {columns}) * 0.0004 + (hashint4(n + 4) & 65535) * 2.9e-10 AS y,
       '{county}' || (100 + least(19, ((n - 1) / {columns}) * 20 / {rows})) AS body,
       (hashint4(n) & 65535) / 65536.0 AS a, ((hashint4(n) >> 16) & 65535) / 65536.0 AS b,
       (hashint4(n + 10000001) & 65535) / 65536.0 AS c, ((hashint4(n + 10000001) >> 16) & 65535) / 65536.0 AS d,
       (hashint4(n + 20000002) & 65535) / 65536.0 AS e, ((hashint4(n + 20000002) >> 16) & 65535) / 65536.0 AS f
FROM generate_series(1, {n}) n;

INSERT INTO parcel (id, county_code, land_code, source_key)
SELECT m.id, '{county}', '{county}' || right(m.body, 3) || 'P' || lpad((m.n % 1000000)::text, 6, '0') || chr(65 + m.n / 1000000), 'k' || m.n
FROM made m;

INSERT INTO parcel_version (
    county_code, parcel_id, valid, geom, cadastral_code, name, location, town_code, responsible_body, block_code, ownership, legality,
    land_use_code, area_registered_m2, area_contract_m2, area_planar_m2, area_geodesic_m2
)
SELECT '{county}', s.id, '[2020-01-01,)', s.geom, left(s.body, 6) || '001' || lpad((s.n / 1000 % 1000)::text, 3, '0') || 'GB'
       || lpad((s.n % 100000)::text, 5, '0'), (ARRAY['宁波', '慈溪', '杭州湾', '浙东'])[1 + s.n % 4]
       || (ARRAY['恒通', '华盛', '金鹰', '永固', '兴达', '天宇'])[1 + s.n % 6] || (ARRAY['轴承', '电器', '塑料制品', '汽车部件', '纺织'])[1 + s.n % 5]
       || '有限公司' || (s.n % 997) || '号用地', '测速县' || (ARRAY['滨海', '逍林', '观海卫', '掌起', '龙山'])[1 + s.n % 5] || '镇工业园区'
       || (ARRAY['开发大道', '兴业路', '创新一路', '滨河东路'])[1 + s.n % 4] || s.n || '号', s.body, s.body, 'B' || (s.n / 500 % 74),
       CASE WHEN s.a < 0.92 THEN 'G' ELSE 'J' END, CASE WHEN s.b < 0.9 THEN 'certified' ELSE 'approved_uncertified' END, '0601',
       round((s.planar * 0.998)::numeric, 2), round((s.planar * 0.996)::numeric, 2), round(s.planar::numeric, 2),
       round((s.planar * 1.0001)::numeric, 2)
FROM (
    SELECT m.*, t.geom, ST_Area(ST_Transform(t.geom, 4549)) AS planar
    FROM made m
    JOIN bench_outline o ON o.number = m.n % (SELECT count(*) FROM bench_outline)
    CROSS JOIN LATERAL (SELECT ST_Translate(o.geom, m.x, m.y) AS geom) t
    ORDER BY m.n
) s;

INSERT INTO parcel_fact (
    county_code, parcel_id, run_id, land_code, cadastral_code, town_code, responsible_body, ownership, legality, block_code, land_use_code,
    area_registered_m2, area_contract_m2, area_planar_m2, area_geodesic_m2, area_used_m2, area_used_mu, area_basis, inside_ratio,
    control_line_relation, industry_code, industry_division, user_count, tax_per_mu, tax_per_mu_min, tax_band, tax_year, tax_data_on,
    grade, grade_prev, grade_year, grade_data_on, far, gross_floor_area_m2, far_floor_area_m2, far_data_on, vacant_floor_ratio,
    vacant_months, on_list, list_data_on, tenant_closed, tenant_data_on, supply_mode, supply_electronic_no, inefficient, idle, standard_land
)
SELECT v.county_code, v.parcel_id, (SELECT max(id) FROM classification_run), p.land_code, v.cadastral_code, v.town_code,
       v.responsible_body, v.ownership, v.legality, v.block_code, v.land_use_code, v.area_registered_m2, v.area_contract_m2,
       v.area_planar_m2, v.area_geodesic_m2, v.area_registered_m2, round(v.area_registered_m2 * 0.0015, 4), 'registered',
       CASE WHEN w.c < 0.85 THEN 1 WHEN w.c < 0.95 THEN round(w.d::numeric, 6) ELSE 0 END,
       CASE WHEN w.c < 0.85 THEN 'inside' WHEN w.c < 0.95 THEN 'crossing' ELSE 'outside' END,
       w.industry || '10', w.industry, 1 + (w.n % 7 = 0)::int, w.tax, w.tax,
       CASE WHEN w.tax <= 5 THEN 'le5' WHEN w.tax <= 10 THEN 'le10' WHEN w.tax <= 20 THEN 'le20' WHEN w.tax <= 40 THEN 'le40' ELSE 'gt40' END,
       2024, DATE '2025-04-30', w.grade, w.grade, 2024, DATE '2025-06-30', w.far, round(v.area_registered_m2 * w.far * 1.1, 2),
       round(v.area_registered_m2 * w.far, 2), DATE '2025-05-31', round((w.f * 0.6)::numeric, 4), (w.f * 12)::int, w.e < 0.02,
       DATE '2025-08-31', false, DATE '2025-08-31',
       (ARRAY['standard_land', 'listed_grant', 'agreed_grant', 'historic'])[1 + (w.n / 3) % 4], '3302820' || w.n,
       CASE WHEN w.grade = 'D' OR w.far < 0.5 OR w.tax <= 5 THEN 'true' WHEN w.grade IS NULL THEN 'unknown' ELSE 'false' END,
       CASE WHEN w.e > 0.99 THEN 'suspected' WHEN w.e > 0.95 THEN 'insufficient_data' ELSE 'not_idle' END,
       CASE WHEN w.n / 3 % 4 = 0 AND w.d < 0.4 THEN 'true' WHEN w.d > 0.9 THEN 'unknown' ELSE 'false' END
FROM (
    SELECT m.*, round((4 + 56 * m.c * m.c)::numeric, 4) AS tax, round((0.48 + 2.4 * m.d * m.f)::numeric, 4) AS far,
           CASE WHEN m.b < 0.15 THEN 'A' WHEN m.b < 0.5 THEN 'B' WHEN m.b < 0.86 THEN 'C' WHEN m.b < 0.94 THEN 'D' END AS grade,
           (ARRAY['13', '17', '26', '29', '33', '34', '35', '36', '38', '39'])[1 + (m.n / 40) % 10] AS industry
    FROM made m
) w
JOIN parcel_version v ON v.county_code = '{county}' AND v.parcel_id = w.id
JOIN parcel p ON p.id = w.id
ORDER BY w.n;

INSERT INTO verdict (county_code, parcel_id, kind, result, criteria_true, as_of, rule_version, from_run)
SELECT f.county_code, f.parcel_id, 'inefficient', 'true',
       array_remove(ARRAY[CASE WHEN f.grade = 'D' THEN 'C1' END, CASE WHEN f.tax_per_mu <= 5 THEN 'C2' END, CASE WHEN f.far < 0.5 THEN 'C3' END],
                    NULL),
       DATE '2025-09-30', '{rule_version}', f.run_id
FROM parcel_fact f
WHERE f.inefficient = 'true';

INSERT INTO planning_layer (county_code, family, version, approved_by, approved_on, valid_from)
VALUES ('{county}', 'control_line', '2023', '测速县人民政府', DATE '2023-12-01', DATE '2023-12-01');

-- control lines: blocks of land with lanes between them
INSERT INTO planning_zone (id, county_code, layer_id, code, name, level, area_planar_m2, geom)
SELECT CAST({first} AS bigint) + row_number() OVER (), '{county}', (SELECT max(id) FROM planning_layer), 'K' || i || '-' || j,
       '工业区块' || i || '-' || j, '一级', round(ST_Area(ST_Transform(g.geom, 4549))::numeric, 2), g.geom
FROM generate_series(0, ({columns} - 1) / 50) i, generate_series(0, ({rows} - 1) / 50) j,
     LATERAL (SELECT ST_Multi(ST_MakeEnvelope(121.0 + i * 0.03, 30.0 + j * 0.02, 121.029 + i * 0.03, 30.0192 + j * 0.02, 4490)) AS geom) g;

INSERT INTO enterprise (county_code, uscc, name, industry_code, scale, status, data_on)
SELECT '{county}', '91330282' || lpad(m.n::text, 10, '0'), '测速企业' || m.n, '3310', 'below_scale', 'active', DATE '2025-08-31'
FROM made m
WHERE m.n % 5 = 0;

INSERT INTO occupancy (county_code, enterprise_id, parcel_id, relation, area_m2, start_on, data_on)
SELECT '{county}', e.id, CAST({first} AS bigint) + right(e.uscc, 10)::bigint, 'own', 1500, DATE '2020-01-01', DATE '2025-08-31'
FROM enterprise e;

INSERT INTO layer_version (county_code, layer, version)
SELECT '{county}', unnest(ARRAY['parcels', 'control-lines', 'towns', 'blocks', 'cases', 'freed-land']), 1
ON CONFLICT DO NOTHING;
