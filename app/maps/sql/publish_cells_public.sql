-- What current parcels (all, or the given ids) add to the finest cells of map_cell_public: the public point, public columns only.
SELECT g.grid, t.theme, g.row, s.col, s.responsible_body, coalesce(t.value, '') AS value, s.mu4, s.n
FROM (
    SELECT floor((1 - asinh(tan(radians((@@ m.box)[1]))) / pi()) / 2 * 131072)::int AS mercator_row,
           floor((90 - (@@ m.box)[1]) / 360 * 131072)::int AS degree_row,
           floor(((@@ m.box)[0] + 180) / 360 * 131072)::int AS col,
           m.responsible_body, m.grade, m.standard_land,
           count(*)::int AS n, sum((round(f.area_planar_m2 * 0.0015, 4) * 10000)::bigint)::bigint AS mu4
    FROM {parcel} m
    JOIN {filter} f ON f.county_code = m.county_code AND f.id = m.id
    WHERE m.county_code = :county
      AND (CAST(:ids AS bigint[]) IS NULL OR m.id = ANY(CAST(:ids AS bigint[])))
    GROUP BY 1, 2, 3, 4, 5, 6
) s
CROSS JOIN LATERAL (VALUES ('WebMercatorQuad', s.mercator_row), ('CGCS2000Quad', s.degree_row)) g (grid, row)
CROSS JOIN LATERAL (VALUES ('grade', s.grade), ('standard_land', s.standard_land)) t (theme, value)
