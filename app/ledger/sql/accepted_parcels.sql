-- Accepted parcels of a case: the parcel's shape and the drawn part (null = whole), its responsible body and area in use today.
SELECT cp.id, cp.parcel_id, p.land_code, cp.accepted_m2, v.responsible_body,
       coalesce(v.area_registered_m2, v.area_contract_m2, v.area_planar_m2) AS used_m2,
       ST_AsBinary(v.geom) AS geom, ST_AsBinary(cp.part) AS part
FROM case_parcel cp
JOIN parcel p ON p.id = cp.parcel_id
JOIN LATERAL (
    SELECT * FROM parcel_version v
    WHERE v.county_code = cp.county_code AND v.parcel_id = cp.parcel_id AND upper_inf(v.recorded)
    ORDER BY v.valid_from DESC LIMIT 1
) v ON true
WHERE cp.county_code = :county AND cp.case_id = :case AND cp.accepted_m2 > 0
ORDER BY cp.id
