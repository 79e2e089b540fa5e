-- What was built on a parcel delivery (:i, applied at :at) since: the reasons why it can't be undone.
WITH touched AS MATERIALIZED (
    SELECT parcel_id FROM parcel_version WHERE county_code = :c AND opened_import_id = :i
    UNION
    SELECT parcel_id FROM parcel_version WHERE county_code = :c AND closed_import_id = :i
),
born AS MATERIALIZED (
    SELECT id FROM parcel WHERE county_code = :c AND born_import_id = :i
)
SELECT CASE WHEN v.closed_import_id IS NULL THEN '更正' ELSE '导入' END AS kind,
       concat_ws(' ', v.closed_import_id, '(宗地 ' || p.source_key || ')') AS name
FROM parcel_version v
JOIN parcel p ON p.id = v.parcel_id
WHERE v.county_code = :c
  AND v.opened_import_id = :i
  AND NOT upper_inf(v.recorded)
  AND NOT EXISTS ( -- the undo of that later import has recorded it anew
    SELECT 1
    FROM parcel_version w
    WHERE w.county_code = :c
      AND w.parcel_id = v.parcel_id
      AND w.opened_import_id = :i
      AND w.valid = v.valid
      AND upper_inf(w.recorded)
  )
UNION ALL
SELECT '项目', r.code
FROM remediation_case r
WHERE r.county_code = :c
  AND r.id IN (SELECT cp.case_id FROM case_parcel cp JOIN touched t ON t.parcel_id = cp.parcel_id WHERE cp.county_code = :c)
  AND EXISTS (SELECT 1 FROM case_event e WHERE e.county_code = :c AND e.case_id = r.id AND e.recorded_at > :at)
UNION ALL
SELECT '台账', l.id::text
FROM ledger_posting l
JOIN touched t ON t.parcel_id = l.parcel_id
WHERE l.county_code = :c
  AND l.recorded_at > :at
UNION ALL
SELECT '认定', d.document || ' (宗地 ' || p.source_key || ')'
FROM touched t
JOIN parcel p ON p.id = t.parcel_id
JOIN determination d ON d.county_code = :c AND d.parcel_id = p.id AND d.revoked_on IS NULL
WHERE p.id NOT IN (SELECT id FROM born)
  AND EXISTS ( -- when it was recorded: decided_on is the authority's day
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
SELECT x.kind, p.source_key
FROM (
    SELECT '用地关系' AS kind, o.parcel_id FROM occupancy o WHERE o.county_code = :c
    UNION ALL
    SELECT '房屋', b.parcel_id FROM building b WHERE b.county_code = :c
    UNION ALL
    SELECT '供地合同', s.parcel_id FROM supply_contract s WHERE s.county_code = :c
    UNION ALL
    SELECT '认定', d.parcel_id FROM determination d WHERE d.county_code = :c
) x
JOIN born ON born.id = x.parcel_id
JOIN parcel p ON p.id = born.id
