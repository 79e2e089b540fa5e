SELECT p.id, p.responsible_body AS body, p.geom,
       json_build_object('measure_key', p.measure_key, 'campaign', p.campaign, 'responsible_body', p.responsible_body,
                         'method', p.method, 'kind', p.kind, 'posted_on', p.posted_on, 'case_id', p.case_id,
                         'project_name', p.project_name, 'counted_m2', p.counted_m2, 'ground_m2', p.ground_m2) AS properties
FROM ledger_posting p
WHERE p.county_code = $1
  AND p.posted_on <= $3::date
  AND p.geom IS NOT NULL
  AND p.kind <> 'reversal'
  AND NOT EXISTS (SELECT 1 FROM ledger_posting r WHERE r.reverses_id = p.id AND r.posted_on <= $2::date)
