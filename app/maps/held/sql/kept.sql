-- Which parcels a condition keeps: a bit for each by block, with the version of the layer; one row when it keeps none. $2: the blocks, null for all.
SELECT v.version, r.number, r.bits
FROM (SELECT coalesce((SELECT l.version FROM layer_version l WHERE l.county_code = $1 AND l.layer = 'parcels'), 0) AS version) v
LEFT JOIN (
    SELECT m.id >> {shift} AS number, bit_or(1::bigint << (m.id & {last})::int) AS bits
    FROM {source}{joined}
    WHERE m.county_code = $1
      AND {filtered}
    GROUP BY 1
) r ON true
