-- What readers see of parcels: text (its first head octets are the outline) and typed columns in full, public text, extent and public point in degrees.
SELECT m.id, m.responsible_body AS body,
       ARRAY[((m.box)[1])[0], ((m.box)[1])[1], ((m.box)[0])[0], ((m.box)[0])[1]] AS box,
       ARRAY[((p.box)[1])[0], ((p.box)[1])[1], ((p.box)[0])[0], ((p.box)[0])[1]] AS point,
       m.feature AS whole, {row} AS typed, substring(m.feature FOR m.head) AS outline, p.feature AS public
FROM {parcel} m
JOIN {filter} f ON f.county_code = m.county_code AND f.id = m.id
JOIN {public} p ON p.county_code = m.county_code AND p.id = m.id
WHERE m.county_code = :county
  AND m.id = ANY(CAST(:ids AS bigint[]))
