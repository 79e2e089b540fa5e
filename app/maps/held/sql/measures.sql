-- Where each parcel of a county lies and how long its texts are, for a binary COPY: no value is null, so every row is as long as the next.
SELECT m.id, (m.box[1])[0], (m.box[1])[1], (m.box[0])[0], (m.box[0])[1], m.is_single, m.head, octet_length(m.feature),
       octet_length(ST_AsBinary(g.geom))
FROM map_parcel m
JOIN map_shape g ON g.county_code = m.county_code AND g.id = m.id
WHERE m.county_code = $1
ORDER BY m.id
