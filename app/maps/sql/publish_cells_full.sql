-- What current parcels (all, or the given ids) add to the finest cells of map_cell: one row a grid, a theme and what stands alike on one
-- place. Parcels that are alike are counted first: each of them counts in ten cells.
SELECT g.grid, t.theme, g.row, s.col, s.responsible_body, coalesce(t.value, '') AS value, s.mu4, s.n
FROM (
    SELECT floor((1 - asinh(tan(radians((@@ m.box)[1]))) / pi()) / 2 * 131072)::int AS mercator_row,
           floor((90 - (@@ m.box)[1]) / 360 * 131072)::int AS degree_row,
           floor(((@@ m.box)[0] + 180) / 360 * 131072)::int AS col,
           m.responsible_body, m.display_class, m.grade, f.tax_band, f.industry_division,
           CASE
               WHEN f.far < 0.5 THEN 'lt0.5'
               WHEN f.far < 1.0 THEN '0.5-1.0'
               WHEN f.far < 1.5 THEN '1.0-1.5'
               WHEN f.far < 2.0 THEN '1.5-2.0'
               WHEN f.far >= 2.0 THEN 'ge2.0'
           END AS far_band,
           count(*)::int AS n, sum((m.mu * 10000)::bigint)::bigint AS mu4
    FROM {parcel} m
    JOIN {filter} f ON f.county_code = m.county_code AND f.id = m.id
    WHERE m.county_code = :county
      AND (CAST(:ids AS bigint[]) IS NULL OR m.id = ANY(CAST(:ids AS bigint[])))
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
) s
CROSS JOIN LATERAL (VALUES ('WebMercatorQuad', s.mercator_row), ('CGCS2000Quad', s.degree_row)) g (grid, row)
CROSS JOIN LATERAL (VALUES
    ('display_class', s.display_class), ('grade', s.grade), ('tax_band', s.tax_band), ('far_band', s.far_band),
    ('industry_division', s.industry_division)
) t (theme, value)
