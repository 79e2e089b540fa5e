SELECT c.id, c.responsible_body AS body,
       (SELECT ST_Multi(ST_Union(coalesce(cp.part, v.geom)))
        FROM case_parcel cp
        LEFT JOIN parcel_version v ON v.county_code = cp.county_code AND v.parcel_id = cp.parcel_id AND v.is_current
        WHERE cp.case_id = c.id) AS geom,
       json_build_object('code', c.code, 'name', c.name, 'responsible_body', c.responsible_body, 'state', c.state,
                         'category', c.category, 'method', c.method, 'deadline_on', c.deadline_on, 'accepted_on', c.accepted_on,
                         'claimed_m2', (SELECT sum(cp.claimed_m2) FROM case_parcel cp WHERE cp.case_id = c.id),
                         'accepted_m2', (SELECT sum(cp.accepted_m2) FROM case_parcel cp WHERE cp.case_id = c.id)) AS properties
FROM remediation_case c
WHERE c.county_code = $1
  AND $2::date <= $3::date
  AND c.created_on <= $3::date
