SELECT c.id, c.code, c.name, c.state, c.responsible_body
FROM case_enterprise ce
JOIN remediation_case c ON c.id = ce.case_id
WHERE ce.county_code = :county
  AND ce.enterprise_id = :id
ORDER BY c.id DESC
