SELECT id, measure_key, campaign, responsible_body, method, kind, posted_on, case_id, counted_m2, ground_m2, geometry_status, reverses_id,
       document, reason
FROM ledger_posting
WHERE county_code = :county
  AND parcel_id = :id
ORDER BY id
