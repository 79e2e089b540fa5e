-- Overview of one tile from the stored cells: number and 亩 of the parcels of each value whose centre lies in each cell.
-- $1 county, $2 grid, $3 theme, $4 z, $5 column, $6 row, $7 own body of an officer (null: every body), $8 stored cells a cell's side here.
-- Every parcel is in one cell of one tile; a full tile (more than 2,500 values) gives the 亩 of its values in whole 亩.
-- A cell's values leave as jsonb made from text: jsonb_object_agg takes twice the time of the whole tile.
WITH chosen AS MATERIALIZED (
    SELECT c.col % 32 / $8::int AS col, c.row % 32 / $8::int AS row,
           coalesce(nullif(CASE WHEN $7::text IS NULL OR c.responsible_body = $7 THEN c.value ELSE '' END, ''), 'unknown') AS value,
           sum(c.n)::int AS n, sum(c.mu) AS mu
    FROM generate_series($6::int * 32, $6::int * 32 + 31) line
    JOIN {table} c ON c.county_code = $1 AND c.grid = $2 AND c.theme = $3 AND c.z = $4 AND c.row = line
     AND c.col BETWEEN $5::int * 32 AND $5::int * 32 + 31
    GROUP BY 1, 2, 3
),
told AS (
    SELECT c.col, c.row, c.value, c.n, c.mu,
           to_json(c.value) || ':' || c.n || coalesce(',' || to_json(c.value || '_mu') || ':' || round(c.mu, CASE WHEN (SELECT count(*) FROM chosen) > 2500 THEN 0 ELSE 4 END), '') AS share
    FROM chosen c
    ORDER BY c.row, c.col, c.value = 'unknown', c.mu DESC NULLS LAST, c.n DESC, c.value
)
SELECT ST_AsMVT(t, 'parcel_cells', 4096, 'geom')
FROM (
    SELECT sum(c.n)::int AS n, sum(c.mu)::float8 AS mu, (array_agg(c.value))[1] AS top, ('{' || string_agg(c.share, ',') || '}')::jsonb AS shares,
           ST_SetSRID(ST_MakePoint(c.col * (128 * $8::int) + 64 * $8::int, c.row * (128 * $8::int) + 64 * $8::int), 3857) AS geom
    FROM told c
    GROUP BY c.row, c.col
) t
