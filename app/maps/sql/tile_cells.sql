-- Overview of one tile from the stored cells: number and 亩 of the parcels of each value whose centre lies in each cell.
-- $1 county, $2 grid, $3 theme, $4 zoom of the stored cells, $5 column and $6 row of the tile's first one, $7 own body of an officer (null:
-- every body), $8 cells a tile's side, $9 and on the theme's values: a pair of columns for each, one for unknown, and one for a value
-- that came since they were read.
-- {bodies} chooses the sums of all bodies, where there are such.
-- Every parcel is in one cell of one tile; a full tile (more than 2,500 values) gives the 亩 of its values in whole 亩.
-- Values are columns, not members of a jsonb made of text: that took 3 times as long. 亩 are added as whole numbers of their 4th decimal
-- in float8, exact up to 9·10^11 亩, and a line is one look into the index, whose order is that of its cells: no states, texts, hashes, sorts.
WITH cells AS MATERIALIZED (
    SELECT line - $6::int AS row, x.*
    FROM (
        SELECT min(c.row) AS first, max(c.row) AS last
        FROM {table} c
        WHERE c.county_code = $1
          AND c.grid = $2
          AND c.theme = $3
          AND c.z = $4
          AND c.row BETWEEN $6::int AND $6::int + $8::int - 1
    ) reach
    CROSS JOIN LATERAL generate_series(reach.first, reach.last) line
    CROSS JOIN LATERAL (
        SELECT c.col - $5::int AS col, sum(c.n)::int AS n, sum(c.mu) AS mu{counts}
        FROM (
            -- ORDER BY: as the index has them, and a row's value is looked up once and not once a column
            SELECT c.col, c.n, c.mu4::float8 AS mu,
                   CASE WHEN c.responsible_body <> $7::text THEN {unknown} {at} WHEN c.value IN ('', 'unknown') THEN {unknown} ELSE 0 END AS at
            FROM {table} c
            WHERE c.county_code = $1
              AND c.grid = $2
              AND c.theme = $3
              AND c.z = $4
              AND c.row = line
              AND c.col BETWEEN $5::int AND $5::int + $8::int - 1{bodies}
            ORDER BY c.col
        ) c
        GROUP BY c.col
    ) x
),
told AS MATERIALIZED (
    SELECT coalesce(sum(num_nonnulls({numbers})), 0) > 2500 AS is_full
    FROM cells
)
SELECT ST_AsMVT(t, 'parcel_cells', 4096, 'geom')
FROM (
    SELECT c.n, c.mu / 10000 AS mu, {top} AS top{columns}, ST_MakePoint((c.col + 0.5) * (4096 / $8::int), (c.row + 0.5) * (4096 / $8::int)) AS geom
    FROM cells c
    CROSS JOIN told f
) t
