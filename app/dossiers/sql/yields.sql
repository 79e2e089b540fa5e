-- Figures of enterprises by year with the ground used at the end of that year: own + rented in − rented out over the county.
SELECT i.enterprise_id, i.year, i.tax_wan, i.value_added_wan, i.revenue_wan, i.energy_tce, i.electricity_wan_kwh, i.staff, i.rd_wan,
       i.emission_t, i.source_department, i.data_on, u.mu AS used_mu,
       CASE WHEN u.mu > 0 THEN round(i.tax_wan / u.mu, 4) END AS tax_per_mu
FROM enterprise_indicator i
LEFT JOIN LATERAL (
    SELECT CASE
               WHEN bool_or(o.area_m2 IS NULL) THEN NULL
               ELSE sum(round(CASE WHEN o.relation = 'rent_out' THEN -o.area_m2 ELSE o.area_m2 END * 0.0015, 4))
           END AS mu
    FROM occupancy o
    WHERE o.county_code = i.county_code
      AND o.enterprise_id = i.enterprise_id
      AND coalesce(o.start_on, '-infinity') <= make_date(i.year, 12, 31)
      AND coalesce(o.end_on, 'infinity') > make_date(i.year, 12, 31)
) u ON true
WHERE i.county_code = :county
  AND i.enterprise_id = ANY(CAST(:ids AS bigint[]))
ORDER BY i.enterprise_id, i.year
