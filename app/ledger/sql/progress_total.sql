-- The same window in one figure, computed apart from the rows so that the check of sums is one.
SELECT coalesce(sum(counted_m2), 0) AS done_m2,
       coalesce(sum(counted_m2) FILTER (WHERE geometry_status = 'unmapped'), 0) AS unmapped_m2
FROM ledger_posting
WHERE county_code = :county AND measure_key = :measure AND campaign = :campaign AND posted_on BETWEEN :start AND :upto
  AND responsible_body <> ALL(CAST(:excluded AS text[]))
