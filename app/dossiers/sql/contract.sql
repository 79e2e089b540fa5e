SELECT id, electronic_no, supply_mode, signed_on, price_wan, agreed_start_on, agreed_complete_on, delivered_on, permit_on, started,
       actual_start_on, should_area_m2, developed_area_m2, total_investment_wan, invested_wan, is_suspended, suspended_from, cause,
       cause_document, transferred_on, obligations_assumed, data_on
FROM supply_contract
WHERE county_code = :county
  AND parcel_id = :id
ORDER BY signed_on DESC NULLS LAST, id DESC
LIMIT 1
