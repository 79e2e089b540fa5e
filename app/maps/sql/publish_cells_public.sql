-- What current parcels (all, or the given ids) add to the finest cells of map_cell_public: the public point, public columns only.
SELECT g.grid, t.theme, g.row, g.col, m.responsible_body, coalesce(t.value, '') AS value, (round(f.area_planar_m2 * 0.0015, 4) * 10000)::bigint AS mu4
FROM {parcel} m
JOIN {filter} f ON f.county_code = m.county_code AND f.id = m.id
CROSS JOIN LATERAL (VALUES
    ('WebMercatorQuad', floor((1 - asinh(tan(radians((@@ m.box)[1]))) / pi()) / 2 * 131072)::int, floor(((@@ m.box)[0] + 180) / 360 * 131072)::int),
    ('CGCS2000Quad', floor((90 - (@@ m.box)[1]) / 360 * 131072)::int, floor(((@@ m.box)[0] + 180) / 360 * 131072)::int)
) g (grid, row, col)
CROSS JOIN LATERAL (VALUES ('grade', m.grade), ('standard_land', m.standard_land)) t (theme, value)
WHERE m.county_code = :county
  AND (CAST(:ids AS bigint[]) IS NULL OR m.id = ANY(CAST(:ids AS bigint[])))
