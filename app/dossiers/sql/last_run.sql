SELECT as_of, data_year
FROM classification_run
WHERE county_code = :county
  AND finished_at IS NOT NULL
ORDER BY id DESC
LIMIT 1
