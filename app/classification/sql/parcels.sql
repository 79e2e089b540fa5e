-- The parcels behind one figure, largest first; a figure and its parcels are cut by the same conditions.
SELECT
    f.parcel_id, f.land_code, f.cadastral_code, x.name, x.location, f.responsible_body, f.area_used_mu, f.area_used_m2, f.area_basis, f.inefficient, f.idle,
    f.standard_land, f.grade, f.tax_band, f.far, f.inside_ratio, coalesce(f.control_line_relation, 'unknown') AS relation,
    coalesce(f.ownership, 'unknown') AS ownership, v.criteria_true, v.criteria_unknown,
    d.document AS determination
FROM parcel_fact AS f
LEFT JOIN verdict AS v
       ON v.county_code = f.county_code AND v.parcel_id = f.parcel_id AND v.kind = 'inefficient' AND v.to_run IS NULL
LEFT JOIN LATERAL (
    SELECT max(e.document) AS document
    FROM determination AS e
    WHERE e.county_code = f.county_code AND e.parcel_id = f.parcel_id AND e.kind = 'inefficient' AND e.revoked_on IS NULL
) AS d ON true
LEFT JOIN parcel_version AS x ON x.county_code = f.county_code AND x.parcel_id = f.parcel_id AND x.is_current
WHERE f.county_code = CAST(:county AS text)
  AND NOT f.responsible_body = ANY(CAST(:excluded AS text[]))
  AND (CAST(:body AS text) IS NULL OR f.responsible_body = CAST(:body AS text))
  AND (CAST(:scope_body AS text) IS NULL OR f.responsible_body = CAST(:scope_body AS text))
  AND (CAST(:inefficient AS text) IS NULL OR f.inefficient = CAST(:inefficient AS text))
  AND (CAST(:idle AS text) IS NULL OR f.idle = CAST(:idle AS text))
  AND (CAST(:standard_land AS text) IS NULL OR f.standard_land = CAST(:standard_land AS text))
  AND (CAST(:criterion AS text) IS NULL OR CAST(:criterion AS text) = ANY(v.criteria_true))
  AND (CAST(:criterion_unknown AS text) IS NULL OR CAST(:criterion_unknown AS text) = ANY(v.criteria_unknown))
  AND (CAST(:relation AS text) IS NULL OR coalesce(f.control_line_relation, 'unknown') = CAST(:relation AS text))
  AND (CAST(:ownership AS text) IS NULL OR coalesce(f.ownership, 'unknown') = CAST(:ownership AS text))
  AND (CAST(:is_determined AS boolean) IS NULL OR (d.document IS NOT NULL) = CAST(:is_determined AS boolean))
