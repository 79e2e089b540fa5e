-- 宗数, 亩 and 家数 by key, and in all; an enterprise that owns or rents on several parcels counts once in a group and once in all.
WITH chosen AS MATERIALIZED (
{chosen}
),
land AS (
    SELECT grouping(c.key) AS is_total, coalesce(c.key, '') AS key, count(*) AS n_parcels, sum(c.area_used_mu) AS mu
    FROM chosen AS c
    GROUP BY GROUPING SETS ((c.key), ())
),
firm AS (
    SELECT grouping(c.key) AS is_total, coalesce(c.key, '') AS key, count(DISTINCT o.enterprise_id) AS n_firms
    FROM chosen AS c
    JOIN occupancy AS o ON o.parcel_id = c.id
    WHERE o.county_code = CAST(:county AS text)
      AND o.relation IN ('own', 'rent_in')
      AND coalesce(o.start_on, '-infinity') <= CAST(:day AS date)
      AND coalesce(o.end_on, 'infinity') > CAST(:day AS date)
    GROUP BY GROUPING SETS ((c.key), ())
)
SELECT l.is_total = 1 AS is_total, l.key, l.n_parcels, coalesce(l.mu, 0) AS mu, coalesce(r.n_firms, 0) AS n_firms
FROM land AS l
LEFT JOIN firm AS r ON r.is_total = l.is_total AND r.key = l.key
ORDER BY l.is_total, l.key
