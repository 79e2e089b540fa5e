-- Who did what: steps of the parcel's cases, records about the parcel itself and the deliveries that made its versions, newest first.
SELECT x.at, x.who, x.action, x.what
FROM (
    SELECT v.recorded_at AS at, v.actor_name AS who, v.step AS action, c.code AS what
    FROM case_event v
    JOIN remediation_case c ON c.id = v.case_id
    JOIN case_parcel cp ON cp.case_id = v.case_id
    WHERE cp.county_code = :county
      AND cp.parcel_id = :id
    UNION ALL
    SELECT r.at, r.payload::json #>> '{actor,name}', r.action, r.object_id
    FROM audit_record r
    WHERE r.county_code = :county
      AND r.object_kind = 'parcel'
      AND r.object_id IN (:land_code, CAST(:id AS text))
    UNION ALL
    SELECT r.at, r.payload::json #>> '{actor,name}', r.action, (SELECT string_agg(f, '、') FROM json_array_elements_text(r.payload::json #> '{detail,files}') f)
    FROM audit_record r
    WHERE r.county_code = :county
      AND r.object_kind = 'import'
      AND r.object_id IN (SELECT v.import_id::text FROM parcel_version v WHERE v.county_code = :county AND v.parcel_id = :id)
) x
ORDER BY x.at DESC
LIMIT 200
