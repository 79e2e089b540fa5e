-- Parcels a count is about: {key} is what they are grouped by, {where} the caller's extent and filters (values bound).
SELECT m.id, m.land_code, m.cadastral_code, v.name, m.responsible_body, m.display_class, m.inefficient, m.idle, m.standard_land, m.grade,
       m.mu AS area_used_mu, {key} AS key
FROM map_parcel AS m
LEFT JOIN parcel_version AS v ON v.county_code = m.county_code AND v.parcel_id = m.id AND v.is_current
LEFT JOIN parcel_fact AS f ON f.county_code = m.county_code AND f.parcel_id = m.id
WHERE m.county_code = CAST(:county AS text)
  AND NOT m.responsible_body = ANY(CAST(:excluded AS text[]))
  AND {where}
