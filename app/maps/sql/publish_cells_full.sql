-- What current parcels (all, or the given ids) add to the finest cells of map_cell: one row a grid and theme.
SELECT g.grid, t.theme, g.row, g.col, m.responsible_body, coalesce(t.value, '') AS value, (m.mu * 10000)::bigint AS mu4
FROM {parcel} m
JOIN {filter} f ON f.county_code = m.county_code AND f.id = m.id
CROSS JOIN LATERAL (VALUES
    ('WebMercatorQuad', floor((1 - asinh(tan(radians((@@ m.box)[1]))) / pi()) / 2 * 131072)::int, floor(((@@ m.box)[0] + 180) / 360 * 131072)::int),
    ('CGCS2000Quad', floor((90 - (@@ m.box)[1]) / 360 * 131072)::int, floor(((@@ m.box)[0] + 180) / 360 * 131072)::int)
) g (grid, row, col)
CROSS JOIN LATERAL (VALUES
    ('display_class', m.display_class),
    ('grade', m.grade),
    ('tax_band', f.tax_band),
    ('far_band', CASE
        WHEN f.far < 0.5 THEN 'lt0.5'
        WHEN f.far < 1.0 THEN '0.5-1.0'
        WHEN f.far < 1.5 THEN '1.0-1.5'
        WHEN f.far < 2.0 THEN '1.5-2.0'
        WHEN f.far >= 2.0 THEN 'ge2.0'
    END),
    ('industry_division', f.industry_division)
) t (theme, value)
WHERE m.county_code = :county
  AND (CAST(:ids AS bigint[]) IS NULL OR m.id = ANY(CAST(:ids AS bigint[])))
