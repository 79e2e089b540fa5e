-- Every case with what the 已报未验 summary asks: parcels, area, days in its state, days over or to the deadline.
SELECT c.id, c.code, c.name, c.state, c.responsible_body, b.name AS responsible_body_name, c.person_in_charge, c.deadline_on,
       CAST(:as_of AS date) - c.state_since AS days, s.n_parcels, s.area_m2
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
WHERE c.county_code = :county AND (CAST(:body AS text) IS NULL OR c.responsible_body = :body)
ORDER BY c.id
