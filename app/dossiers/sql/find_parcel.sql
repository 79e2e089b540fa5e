-- A parcel by land_code, integer id, 宗地代码 (as delivered, as an alias or in any version); the first way that fits.
SELECT x.id
FROM (
    SELECT p.id, 1 AS way FROM parcel p WHERE p.county_code = :county AND p.land_code = :key
    UNION ALL
    SELECT p.id, 2 FROM parcel p WHERE p.county_code = :county AND p.id = CAST(:number AS bigint)
    UNION ALL
    SELECT p.id, 3 FROM parcel p WHERE p.county_code = :county AND p.source_key = :key
    UNION ALL
    SELECT a.parcel_id, 4 FROM parcel_alias a WHERE a.county_code = :county AND a.kind = 'cadastral' AND a.value = :key
    UNION ALL
    SELECT v.parcel_id, 5 FROM parcel_version v WHERE v.county_code = :county AND v.cadastral_code = :key AND length(:key) = 19
) x
ORDER BY x.way, x.id
LIMIT 1
