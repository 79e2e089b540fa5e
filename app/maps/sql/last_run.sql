SELECT id, as_of, rule_version
FROM classification_run
WHERE county_code = $1
  AND finished_at IS NOT NULL
ORDER BY id DESC
LIMIT 1
