-- Ids of the county's parcels whose box meets one of the boxes; from the box index alone.
SELECT DISTINCT m.id
FROM unnest(CAST(:west AS float8[]), CAST(:south AS float8[]), CAST(:east AS float8[]), CAST(:north AS float8[])) AS p (w, s, e, n)
CROSS JOIN LATERAL (
    -- OFFSET 0 keeps the box the condition of the look-up
    SELECT x.id, x.county_code
    FROM map_parcel AS x
    WHERE x.box && box(point(p.w, p.s), point(p.e, p.n))
    OFFSET 0
) AS m
WHERE m.county_code = CAST(:county AS text)
LIMIT CAST(:most AS integer)
