-- Overview of one tile: 32 × 32 cells with the number and 亩 of the parcels whose centre lies in each; every parcel is in one cell of one tile.
-- $1 county, $2 z, $3 column, $4 row, $5..$8 the tile in degrees (wider), $9 own body of an officer.
WITH placed AS (
    SELECT floor((1 + (@@ m.box)[0] / 180) / 2 * (32 * 2 ^ $2::int))::bigint AS col,
           floor((1 - asinh(tan(radians((@@ m.box)[1]))) / pi()) / 2 * (32 * 2 ^ $2::int))::bigint AS row,
           CASE WHEN $9::text IS NULL OR m.responsible_body = $9 THEN {class} END AS class,
           {mu} AS mu
    FROM {table} m
    WHERE m.county_code = $1
      AND m.box && box(point($5::float8, $6::float8), point($7::float8, $8::float8))
),
cells AS (
    SELECT p.col, p.row, count(*)::int AS n, sum(p.mu)::float8 AS mu,
           (count(*) FILTER (WHERE p.class = 'red'))::int AS red, (sum(p.mu) FILTER (WHERE p.class = 'red'))::float8 AS red_mu,
           (count(*) FILTER (WHERE p.class = 'orange'))::int AS orange, (sum(p.mu) FILTER (WHERE p.class = 'orange'))::float8 AS orange_mu,
           (count(*) FILTER (WHERE p.class = 'yellow'))::int AS yellow, (sum(p.mu) FILTER (WHERE p.class = 'yellow'))::float8 AS yellow_mu,
           (count(*) FILTER (WHERE p.class = 'blue'))::int AS blue, (sum(p.mu) FILTER (WHERE p.class = 'blue'))::float8 AS blue_mu,
           (count(*) FILTER (WHERE p.class = 'green'))::int AS green, (sum(p.mu) FILTER (WHERE p.class = 'green'))::float8 AS green_mu,
           (count(*) FILTER (WHERE p.class = 'grey'))::int AS grey, (sum(p.mu) FILTER (WHERE p.class = 'grey'))::float8 AS grey_mu
    FROM placed p
    WHERE p.col / 32 = $3::bigint
      AND p.row / 32 = $4::bigint
    GROUP BY p.col, p.row
)
SELECT ST_AsMVT(t, 'parcel_cells', 4096, 'geom')
FROM (
    SELECT c.n, c.mu, c.red, c.red_mu, c.orange, c.orange_mu, c.yellow, c.yellow_mu, c.blue, c.blue_mu, c.green, c.green_mu, c.grey,
           c.grey_mu, ST_SetSRID(ST_MakePoint((c.col % 32) * 128 + 64, (c.row % 32) * 128 + 64), 3857) AS geom
    FROM cells c
    ORDER BY c.row, c.col
) t
