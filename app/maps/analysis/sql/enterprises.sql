-- Who holds, rents or lets on these parcels on the day.
SELECT o.parcel_id, e.uscc, e.name, o.relation, o.area_m2
FROM occupancy AS o
JOIN enterprise AS e ON e.id = o.enterprise_id
WHERE o.county_code = CAST(:county AS text)
  AND o.parcel_id = ANY(CAST(:ids AS bigint[]))
  AND coalesce(o.start_on, '-infinity') <= CAST(:day AS date)
  AND coalesce(o.end_on, 'infinity') > CAST(:day AS date)
ORDER BY e.uscc, o.parcel_id, o.relation
