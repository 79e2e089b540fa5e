-- Current parcels of the register by land code, locked by id so that two cases cannot take the same parcel at once.
SELECT p.id, p.land_code, v.responsible_body,
       coalesce(v.area_registered_m2, v.area_contract_m2, v.area_planar_m2) AS used_m2,
       v.area_planar_m2 AS planar_m2, ST_AsBinary(v.geom) AS geom
FROM parcel p
JOIN parcel_version v ON v.county_code = p.county_code AND v.parcel_id = p.id AND v.is_current
WHERE p.county_code = :county AND p.land_code = ANY(CAST(:codes AS text[]))
ORDER BY p.id
FOR UPDATE OF p
