-- Parcels whose typed columns, text or shape are not what is published, came or went; and how many there are now.
WITH now AS MATERIALIZED (
    SELECT p.id, md5(p.feature || bytea(s.geom)) AS text, hash_record_extended(f, 0) AS typed
    FROM fresh_parcel p
    JOIN fresh_shape s ON s.id = p.id
    JOIN fresh_filter f ON f.id = p.id
),
before AS MATERIALIZED (
    SELECT p.id, md5(p.feature || bytea(s.geom)) AS text, hash_record_extended(f, 0) AS typed
    FROM map_parcel p
    JOIN map_shape s ON s.county_code = p.county_code AND s.id = p.id
    JOIN map_filter f ON f.county_code = p.county_code AND f.id = p.id
    WHERE p.county_code = :county
)
SELECT (SELECT count(*) FROM now) AS parcels,
       ARRAY(
           SELECT id
           FROM now n
           FULL JOIN before b USING (id)
           WHERE (n.text, n.typed) IS DISTINCT FROM (b.text, b.typed)
       ) AS ids
