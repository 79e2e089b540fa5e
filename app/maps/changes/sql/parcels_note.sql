-- Note what a publication made of the given parcels, by form and responsible body; where a parcel moved, both places and both bodies.
before AS (
{before}
),
after AS (
{after}
),
changed AS (
    SELECT id, b.body AS old_body, a.body AS new_body, b.box AS old_box, a.box AS new_box, b.point AS old_point, a.point AS new_point,
           coalesce(a.whole <> b.whole OR a.typed *<> b.typed OR a.body <> b.body, true) AS is_full,
           a.outline IS DISTINCT FROM b.outline AS is_outline,
           a.public IS DISTINCT FROM b.public AS is_public
    FROM before b
    FULL JOIN after a USING (id)
),
told AS (
    SELECT DISTINCT f.form, f.body, c.id, f.box
    FROM changed c
    CROSS JOIN LATERAL (VALUES
        ('full', c.old_body, c.old_box, c.is_full), ('full', c.new_body, c.new_box, c.is_full),
        ('outline', c.old_body, c.old_box, c.is_outline), ('outline', c.new_body, c.new_box, c.is_outline),
        ('public', NULL, c.old_point, c.is_public), ('public', NULL, c.new_point, c.is_public)
    ) f (form, body, box, is_told)
    WHERE f.is_told
      AND f.box IS NOT NULL
),
noted AS (
    INSERT INTO map_change (county_code, layer, form, responsible_body, ids, boxes)
    SELECT :county, 'parcels', t.form, t.body, array_agg(DISTINCT t.id), array_agg(t.box)
    FROM told t
    GROUP BY t.form, t.body
    UNION ALL
    SELECT :county, 'parcels', 'none', NULL, '{}', '{}'
    WHERE NOT EXISTS (SELECT FROM told)
)
