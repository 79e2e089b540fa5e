SELECT lower(valid) AS valid_from, upper(valid) AS valid_to, lower(recorded) AS recorded_from, upper(recorded) AS recorded_to, area_planar_m2
FROM parcel_version
WHERE county_code = :county
  AND parcel_id = :id
  AND lower(recorded) <= CAST(:known_at AS timestamptz)
ORDER BY valid_from, recorded_from, version_id
