SELECT number, signed_on, new_start_on, new_complete_on, document
FROM supply_supplement
WHERE county_code = :county
  AND contract_id = :contract
ORDER BY signed_on, number
