-- Version of one layer of a county.
SELECT version FROM layer_version WHERE county_code = $1 AND layer = $2
