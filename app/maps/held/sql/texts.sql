-- Texts of a county's parcels by block of ids, joined as an answer joins them, and their shapes; in the order of measures.sql.
SELECT string_agg(r.feature, ','), string_agg(r.shape, '')
FROM (
    SELECT m.id, m.feature, ST_AsBinary(g.geom) AS shape
    FROM map_parcel m
    JOIN map_shape g ON g.county_code = m.county_code AND g.id = m.id
    WHERE m.county_code = $1
    ORDER BY m.id
) r
GROUP BY r.id >> $2
ORDER BY r.id >> $2
