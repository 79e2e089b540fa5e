SELECT CASE WHEN l.child_id = :id THEN 'parents' ELSE 'children' END AS side, p.land_code, l.kind, l.happened_on
FROM parcel_lineage l
JOIN parcel p ON p.id = CASE WHEN l.child_id = :id THEN l.parent_id ELSE l.child_id END
WHERE l.county_code = :county
  AND (l.parent_id = :id OR l.child_id = :id)
ORDER BY p.land_code
