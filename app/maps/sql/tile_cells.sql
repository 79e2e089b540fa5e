-- Overview of one tile from the stored cells: number and 亩 of the parcels of each value whose centre lies in each cell.
-- $1 county, $2 grid, $3 theme, $4 zoom of the stored cells, $5 column and $6 row of the tile's first one, $7 own body of an officer (null:
-- every body), $8 stored cells a tile's side, $9 stored cells a cell's side, $10 the theme's values, unknown the last: a pair
-- of columns for each, and one for a value that came since they were read.
-- Every parcel is in one cell of one tile; a full tile (more than 2,500 values) gives the 亩 of its values in whole 亩.
-- Values are columns, not members of a jsonb made of text: that took 3 times as long.
WITH near AS (
    SELECT (line - $6::int) / $9::int AS row, x.*
    FROM generate_series($6::int, $6::int + $8::int - 1) line
    CROSS JOIN LATERAL (
        -- OFFSET 0: a line of cells is one look into the index, a row's value is looked up once and not once a column
        SELECT (c.col - $5::int) / $9::int AS col, c.n, c.mu,
               coalesce(array_position(
                   $10::text[], CASE WHEN c.value <> '' AND ($7::text IS NULL OR c.responsible_body = $7) THEN c.value ELSE 'unknown' END
               ), 0) AS at
        FROM {table} c
        WHERE c.county_code = $1
          AND c.grid = $2
          AND c.theme = $3
          AND c.z = $4
          AND c.row = line
          AND c.col BETWEEN $5::int AND $5::int + $8::int - 1
        OFFSET 0
    ) x
),
cells AS MATERIALIZED (
    SELECT row, col, sum(n)::int AS n, sum(mu) AS mu{counts}
    FROM near
    GROUP BY row, col
),
told AS MATERIALIZED (
    SELECT coalesce(sum(num_nonnulls({numbers})), 0) > 2500 AS is_full
    FROM cells
)
SELECT ST_AsMVT(t, 'parcel_cells', 4096, 'geom')
FROM (
    SELECT c.n, c.mu::float8 AS mu, {top} AS top{columns},
           ST_SetSRID(ST_MakePoint((c.col + 0.5) * (4096 / ($8::int / $9::int)), (c.row + 0.5) * (4096 / ($8::int / $9::int))), 3857) AS geom
    FROM cells c
    CROSS JOIN told f
    ORDER BY c.row, c.col
) t
