-- Who uses the parcel on the day, with the latest published grade.
SELECT e.id AS enterprise_id, e.uscc, e.name, o.relation, o.area_m2, o.start_on, o.end_on, g.grade, g.year AS grade_year
FROM occupancy o
JOIN enterprise e ON e.id = o.enterprise_id
LEFT JOIN LATERAL (
    SELECT n.grade, n.year
    FROM enterprise_grade n
    WHERE n.county_code = o.county_code
      AND n.enterprise_id = o.enterprise_id
      AND (n.published_on IS NULL OR n.published_on <= CAST(:day AS date))
    ORDER BY n.year DESC
    LIMIT 1
) g ON true
WHERE o.county_code = :county
  AND o.parcel_id = :id
  AND coalesce(o.start_on, '-infinity') <= CAST(:day AS date)
  AND coalesce(o.end_on, 'infinity') > CAST(:day AS date)
ORDER BY o.area_m2 DESC NULLS LAST, e.uscc
