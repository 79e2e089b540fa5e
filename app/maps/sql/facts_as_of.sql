-- Day of the facts that the last finished run published.
SELECT as_of FROM classification_run WHERE county_code = $1 AND finished_at IS NOT NULL ORDER BY id DESC LIMIT 1
