SELECT number, storeys, gross_floor_area_m2, far_floor_area_m2, vacant_floor_area_m2, vacant_since, let_floor_area_m2, data_on
FROM building
WHERE county_code = :county
  AND parcel_id = :id
ORDER BY number
