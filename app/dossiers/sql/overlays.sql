-- Share of the parcel in each planning layer in force on the day; 0 means: checked, none.
SELECT l.family, l.version, o.ratio, o.area_m2,
       ARRAY(
           SELECT z.code
           FROM planning_zone z
           JOIN parcel_version v ON v.county_code = o.county_code AND v.parcel_id = o.parcel_id AND v.is_current
           WHERE z.layer_id = l.id
             AND o.ratio > 0
             AND z.area_planar_m2 IS NOT NULL
             AND ST_Intersects(z.geom, v.geom)
           ORDER BY z.code
       ) AS zones
FROM parcel_overlay o
JOIN planning_layer l ON l.id = o.layer_id
WHERE o.county_code = :county
  AND o.parcel_id = :id
  AND daterange(l.valid_from, l.valid_to) @> CAST(:day AS date)
ORDER BY l.family, l.version
