-- One page of cases, newest first, with parcels and area (核定, else 申报, else in use).
SELECT c.id, c.code, c.name, c.responsible_body, b.name AS responsible_body_name, c.state, c.category, c.method, c.deadline_on,
       c.person_in_charge, c.created_on, c.state_since, c.accepted_on, c.version, s.n_parcels, s.area_m2, e.n_enterprises
FROM remediation_case c
LEFT JOIN responsible_body b ON b.county_code = c.county_code AND b.code = c.responsible_body
CROSS JOIN LATERAL (
    SELECT count(*) AS n_parcels, coalesce(sum(coalesce(cp.accepted_m2, cp.claimed_m2, v.used_m2)), 0) AS area_m2
    FROM case_parcel cp
    LEFT JOIN LATERAL (
        SELECT coalesce(v.area_registered_m2, v.area_contract_m2, v.area_planar_m2) AS used_m2 FROM parcel_version v
        WHERE v.county_code = cp.county_code AND v.parcel_id = cp.parcel_id AND upper_inf(v.recorded)
        ORDER BY v.valid_from DESC LIMIT 1
    ) v ON true
    WHERE cp.county_code = c.county_code AND cp.case_id = c.id
) s
CROSS JOIN LATERAL (SELECT count(*) AS n_enterprises FROM case_enterprise ce WHERE ce.county_code = c.county_code AND ce.case_id = c.id) e
WHERE c.county_code = :county
  AND (CAST(:body AS text) IS NULL OR c.responsible_body = :body)
  AND (CAST(:state AS text) IS NULL OR c.state = :state)
  AND (CAST(:land_code AS text) IS NULL OR EXISTS (
      SELECT FROM case_parcel x JOIN parcel p ON p.id = x.parcel_id
      WHERE x.county_code = c.county_code AND x.case_id = c.id AND p.county_code = :county AND p.land_code = :land_code))
  AND (CAST(:after AS bigint) IS NULL OR c.id < :after)
ORDER BY c.id DESC
LIMIT :limit
