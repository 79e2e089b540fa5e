SELECT year, population, grade, published_on, document
FROM enterprise_grade
WHERE county_code = :county
  AND enterprise_id = :id
ORDER BY year DESC
