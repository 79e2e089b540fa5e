-- The same as JSON, kept until the parcels are written anew.
SELECT coalesce(json_agg(s), '[]')::text AS seen
FROM (
{seen}
) s
