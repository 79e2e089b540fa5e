SELECT id, uscc, name, former_names, industry_code, scale, status, status_on, data_on
FROM enterprise
WHERE county_code = :county
  AND uscc = :uscc
