-- Changes of each layer after a place in it (version, seq), as far as the caller may learn of them.
-- $1 county, $2..$4 layers and places, $5 form (full, outline, public), $6 own body of an officer, $7 limit
SELECT c.layer, c.version, c.seq, c.at, c.ids, c.boxes
FROM unnest($2::text[], $3::bigint[], $4::bigint[]) p (layer, version, seq)
JOIN map_change c ON c.county_code = $1 AND c.layer = p.layer AND (c.version, c.seq) > (p.version, p.seq)
WHERE c.version > 0
  AND CASE c.form
          WHEN 'all' THEN true
          WHEN 'full' THEN $5 = 'full' OR ($5 = 'outline' AND c.responsible_body = $6)
          WHEN 'outline' THEN $5 = 'outline' AND c.responsible_body IS DISTINCT FROM $6
          WHEN 'public' THEN $5 = 'public'
          ELSE false
      END
ORDER BY c.layer, c.version, c.seq
LIMIT $7
