-- What each reader can see of the given parcels: digests of the full, the outline and the public form, extent and public point in degrees.
SELECT m.id, m.responsible_body AS body,
       ARRAY[((m.box)[1])[0], ((m.box)[1])[1], ((m.box)[0])[0], ((m.box)[0])[1]] AS box,
       ARRAY[((p.box)[1])[0], ((p.box)[1])[1], ((p.box)[0])[0], ((p.box)[0])[1]] AS point,
       md5(m.feature) || hash_record_extended(f, 0) AS whole, md5(substring(m.feature FOR m.head)) AS outline, md5(p.feature) AS public
FROM map_parcel m
JOIN map_filter f ON f.county_code = m.county_code AND f.id = m.id
JOIN map_parcel_public p ON p.county_code = m.county_code AND p.id = m.id
WHERE m.county_code = :county
  AND m.id = ANY(CAST(:ids AS bigint[]))
