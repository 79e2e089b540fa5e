-- Parcels of a case with the latest recorded state of each: area in use 证载 → 批准 → 图形, shape, drawn part.
SELECT cp.id, cp.parcel_id, p.land_code, v.cadastral_code, v.name, v.location, v.responsible_body,
       cp.claimed_m2, cp.accepted_m2,
       coalesce(v.area_registered_m2, v.area_contract_m2, v.area_planar_m2) AS used_m2,
       v.area_planar_m2 AS planar_m2,
       ST_AsBinary(cp.part) AS part,
       ST_AsGeoJSON(cp.part, 8) AS part_geojson
FROM case_parcel cp
JOIN parcel p ON p.id = cp.parcel_id
JOIN LATERAL (
    SELECT * FROM parcel_version v
    WHERE v.county_code = cp.county_code AND v.parcel_id = cp.parcel_id AND upper_inf(v.recorded)
    ORDER BY v.valid_from DESC LIMIT 1
) v ON true
WHERE cp.county_code = :county AND cp.case_id = :case
ORDER BY cp.id
