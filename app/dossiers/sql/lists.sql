SELECT list_kind, entered_on, exit_on, basis
FROM list_membership
WHERE county_code = :county
  AND enterprise_id = :id
ORDER BY entered_on DESC NULLS LAST, list_kind
