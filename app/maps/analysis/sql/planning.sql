-- Every version of every planning family; areas only where their box meets the range's, so a layer without any is still a row.
-- is_linear: it has lines or points and no area, so nothing lies inside or outside of it.
SELECT
    l.id, l.family, l.version, l.approved_by, l.approved_on, l.document, l.valid_from, l.valid_to, z.code, z.name, z.wkb,
    (
        SELECT coalesce(bool_and(y.area_planar_m2 IS NULL), false)
        FROM planning_zone AS y
        WHERE y.county_code = l.county_code AND y.layer_id = l.id
    ) AS is_linear
FROM planning_layer AS l
LEFT JOIN LATERAL (
    SELECT x.code, x.name, ST_AsBinary(x.geom) AS wkb
    FROM planning_zone AS x
    WHERE x.county_code = l.county_code
      AND x.layer_id = l.id
      AND x.area_planar_m2 IS NOT NULL
      AND x.geom && ST_MakeEnvelope(
          CAST(:west AS float8), CAST(:south AS float8), CAST(:east AS float8), CAST(:north AS float8), 4490
      )
) AS z ON true
WHERE l.county_code = CAST(:county AS text)
ORDER BY l.family, l.valid_from DESC, l.id, z.code
