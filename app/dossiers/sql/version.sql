-- The parcel as it was on a day, as the register knew it at a moment.
SELECT v.parcel_id AS id, p.land_code, v.cadastral_code, v.unit_code, v.name, v.location, v.town_code, v.responsible_body, v.block_code,
       v.ownership, v.legality, v.land_use_code, v.valid_from, v.version_id AS version, v.is_current,
       v.area_registered_m2, v.area_contract_m2, v.area_planar_m2, v.area_geodesic_m2,
       b.name AS body_name, t.name AS town_name, k.name AS block_name,
       ST_AsGeoJSON(ST_ForcePolygonCCW(v.geom), 7, 0) AS geometry
FROM parcel_version v
JOIN parcel p ON p.id = v.parcel_id
LEFT JOIN responsible_body b ON b.county_code = v.county_code AND b.code = v.responsible_body
LEFT JOIN block k ON k.county_code = v.county_code AND k.code = v.block_code
LEFT JOIN LATERAL (
    SELECT town.name
    FROM town
    WHERE town.county_code = v.county_code
      AND town.code = v.town_code
      AND daterange(town.valid_from, town.valid_to) @> CAST(:day AS date)
    ORDER BY town.scheme DESC
    LIMIT 1
) t ON true
WHERE v.county_code = :county
  AND v.parcel_id = :id
  AND v.valid @> CAST(:day AS date)
  AND v.recorded @> CAST(:known_at AS timestamptz)
ORDER BY v.version_id DESC
LIMIT 1
