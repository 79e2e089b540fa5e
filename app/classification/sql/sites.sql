-- A batch of parcels with what 令53 and 标准地 ask of their standing contract (chosen by the facts statement).
WITH batch AS MATERIALIZED (
    SELECT f.parcel_id, f.ownership, f.supply_electronic_no
    FROM parcel_fact AS f
    WHERE f.county_code = :county AND f.parcel_id > :after
    ORDER BY f.parcel_id
    LIMIT :size
),
supply AS (
    SELECT b.parcel_id AS batch_parcel_id, b.ownership, c.*
    FROM batch AS b
    LEFT JOIN supply_contract AS c ON c.county_code = :county AND c.electronic_no = b.supply_electronic_no
),
-- only the latest supplementary agreement speaks
supplement AS (
    SELECT DISTINCT ON (s.contract_id) s.contract_id, s.number, s.new_start_on
    FROM supply
    JOIN supply_supplement AS s ON s.county_code = :county AND s.contract_id = supply.id
    WHERE coalesce(s.signed_on <= :as_of, true)
    ORDER BY s.contract_id, s.signed_on DESC NULLS LAST, s.number COLLATE "C" DESC
),
promise AS (
    SELECT
        i.contract_id,
        jsonb_agg(
            jsonb_build_array(i.indicator, i.unit, i.comparator, CAST(i.promised AS text), i.gate, i.due_on, CAST(i.actual AS text))
            ORDER BY i.gate DESC, i.indicator COLLATE "C"
        ) AS rows
    FROM supply
    JOIN standard_land_indicator AS i ON i.county_code = :county AND i.contract_id = supply.id
    GROUP BY i.contract_id
)
SELECT
    s.batch_parcel_id AS parcel_id, s.ownership, s.electronic_no, s.supply_mode, s.data_on, s.transferred_on, s.obligations_assumed,
    s.price_wan, x.number AS supplement, x.new_start_on, s.agreed_start_on, s.delivered_on, s.started, s.is_suspended, s.suspended_from,
    s.should_area_m2, s.developed_area_m2, s.total_investment_wan, s.invested_wan, s.cause, s.cause_document,
    coalesce(p.rows, CAST('[]' AS jsonb)) AS promises
FROM supply AS s
LEFT JOIN supplement AS x ON x.contract_id = s.id
LEFT JOIN promise AS p ON p.contract_id = s.id
ORDER BY s.batch_parcel_id
