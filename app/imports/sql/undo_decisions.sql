-- Decisions since (:at) that stand on rows which an import (:i) of a kind without versions changed: determinations 认定 of the parcels they
-- speak of, and cases 整治项目 put on the list of such parcels or enterprises (found inefficient by these figures).
WITH changed AS MATERIALIZED (
    SELECT x.table_name, i.image
    FROM import_change x
    CROSS JOIN LATERAL (VALUES (x.before), (x.after)) AS i (image)
    WHERE x.county_code = :c
      AND x.import_id = :i
      AND i.image IS NOT NULL
),
firm AS MATERIALIZED (
    SELECT DISTINCT CAST(CASE table_name WHEN 'enterprise' THEN image ->> 'id' ELSE image ->> 'enterprise_id' END AS bigint) AS id
    FROM changed
    WHERE table_name = 'enterprise' OR image ? 'enterprise_id'
),
land AS MATERIALIZED (
    SELECT CAST(image ->> 'parcel_id' AS bigint) AS id FROM changed WHERE image ? 'parcel_id'
    UNION
    SELECT s.parcel_id
    FROM changed
    JOIN supply_contract s ON s.county_code = :c AND s.id = CAST(image ->> 'contract_id' AS bigint)
    WHERE image ? 'contract_id'
    UNION
    SELECT o.parcel_id FROM occupancy o JOIN firm ON firm.id = o.enterprise_id WHERE o.county_code = :c
)
SELECT '认定' AS kind, d.document || ' (宗地 ' || p.source_key || ')' AS name
FROM land
JOIN parcel p ON p.county_code = :c AND p.id = land.id
JOIN determination d ON d.county_code = :c AND d.parcel_id = p.id AND d.revoked_on IS NULL
WHERE EXISTS ( -- when it was recorded: decided_on is the authority's day
    SELECT 1
    FROM audit_record a
    WHERE a.county_code = :c
      AND a.object_kind = 'parcel'
      AND a.object_id = p.land_code
      AND a.action = 'determination.record'
      AND a.at > :at
      AND CAST(a.payload AS jsonb) -> 'detail' ->> 'determination' = CAST(d.id AS text)
)
UNION ALL
SELECT '整治项目', r.code
FROM remediation_case r
WHERE r.county_code = :c
  AND r.state <> 'dismissed'
  AND EXISTS (
    SELECT 1
    FROM case_event e
    WHERE e.county_code = :c
      AND e.case_id = r.id
      AND e.from_state IS NULL
      AND e.recorded_at > :at
  )
  AND (
    r.id IN (SELECT cp.case_id FROM case_parcel cp JOIN land ON land.id = cp.parcel_id WHERE cp.county_code = :c)
    OR r.id IN (SELECT ce.case_id FROM case_enterprise ce JOIN firm ON firm.id = ce.enterprise_id WHERE ce.county_code = :c)
  )
