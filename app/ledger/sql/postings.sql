-- Postings that match a filter; the caller puts SELECT before and the page after.
FROM ledger_posting l
LEFT JOIN responsible_body b ON b.county_code = l.county_code AND b.code = l.responsible_body
LEFT JOIN remediation_case c ON c.id = l.case_id
LEFT JOIN parcel p ON p.id = l.parcel_id
WHERE l.county_code = :county AND l.measure_key = :measure
  AND (CAST(:campaign AS text) IS NULL OR l.campaign = :campaign)
  AND (CAST(:body AS text) IS NULL OR l.responsible_body = :body)
  AND (CAST(:from AS date) IS NULL OR l.posted_on >= :from)
  AND (CAST(:to AS date) IS NULL OR l.posted_on <= :to)
  AND (CAST(:parcel AS text) IS NULL OR p.land_code = :parcel)
  AND (CAST(:case AS text) IS NULL OR c.code = :case OR c.id::text = :case)
  AND (CAST(:status AS text) IS NULL OR l.geometry_status = :status)
  AND l.responsible_body <> ALL(CAST(:excluded AS text[]))
