SELECT gate, indicator, unit, comparator, promised, due_on, actual, accepted_on, document
FROM standard_land_indicator
WHERE county_code = :county
  AND contract_id = :contract
ORDER BY gate, indicator
