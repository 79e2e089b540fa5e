-- SHA-256 of everything the run judged by, in order of source key: facts and the inputs of the contract verdicts.
SELECT encode(sha256(convert_to(coalesce(string_agg(x.digest, '' ORDER BY x.source_key COLLATE "C"), ''), 'UTF8')), 'hex')
FROM (
    SELECT
        p.source_key,
        encode(sha256(convert_to(
            p.source_key || CAST(to_jsonb(f) - CAST(:own AS text[]) AS text) || coalesce(CAST(i.inputs AS text), '')
            || coalesce(CAST(s.inputs AS text), '') || coalesce(CAST(s.detail AS text), ''), 'UTF8'
        )), 'hex') AS digest
    FROM parcel_fact AS f
    JOIN parcel AS p ON p.id = f.parcel_id
    LEFT JOIN verdict AS i
           ON i.county_code = f.county_code AND i.parcel_id = f.parcel_id AND i.kind = 'idle' AND i.to_run IS NULL
    LEFT JOIN verdict AS s
           ON s.county_code = f.county_code AND s.parcel_id = f.parcel_id AND s.kind = 'standard_land' AND s.to_run IS NULL
    WHERE f.county_code = CAST(:county AS text)
) AS x
