-- What every answer of a layer begins with: its version (read before the data), the day of the published facts.
SELECT coalesce((SELECT version FROM layer_version WHERE county_code = $1 AND layer = $2), 0) AS version,
       (SELECT as_of FROM classification_run WHERE county_code = $1 AND finished_at IS NOT NULL ORDER BY id DESC LIMIT 1) AS facts_as_of
