SELECT c.id, c.code, c.name, c.state
FROM case_parcel cp
JOIN remediation_case c ON c.id = cp.case_id
WHERE cp.county_code = :county
  AND cp.parcel_id = :id
ORDER BY c.id DESC
