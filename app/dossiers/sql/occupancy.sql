SELECT p.land_code, v.responsible_body, o.relation, o.area_m2, o.counterparty_uscc, o.start_on, o.end_on, o.data_on
FROM occupancy o
JOIN parcel p ON p.id = o.parcel_id
LEFT JOIN parcel_version v ON v.county_code = o.county_code AND v.parcel_id = o.parcel_id AND v.is_current
WHERE o.county_code = :county
  AND o.enterprise_id = :id
ORDER BY o.end_on IS NOT NULL, o.area_m2 DESC NULLS LAST, p.land_code
