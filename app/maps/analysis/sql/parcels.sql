-- What an analysis says of these parcels: classes L1–L2 and bands only.
SELECT
    m.id, m.land_code, m.cadastral_code, v.name, m.responsible_body, b.name AS body_name, v.ownership, m.display_class,
    m.inefficient, m.idle, m.standard_land, m.grade, f.tax_band, ST_AsBinary(s.geom) AS wkb
FROM map_parcel AS m
JOIN map_shape AS s ON s.county_code = m.county_code AND s.id = m.id
LEFT JOIN parcel_version AS v ON v.county_code = m.county_code AND v.parcel_id = m.id AND v.is_current
LEFT JOIN parcel_fact AS f ON f.county_code = m.county_code AND f.parcel_id = m.id
LEFT JOIN responsible_body AS b ON b.county_code = m.county_code AND b.code = m.responsible_body
WHERE m.county_code = CAST(:county AS text)
  AND m.id = ANY(CAST(:ids AS bigint[]))
ORDER BY m.id
