-- Counted m² of one measure and campaign per responsible body: in the window, in months, unmapped. No body is left out.
SELECT responsible_body,
       coalesce(sum(counted_m2) FILTER (WHERE posted_on >= :start), 0) AS done_m2,
       coalesce(sum(counted_m2) FILTER (WHERE posted_on BETWEEN :month_start AND :month_end), 0) AS month_m2,
       coalesce(sum(counted_m2) FILTER (WHERE posted_on BETWEEN :before_start AND :before_end), 0) AS month_before_m2,
       coalesce(sum(counted_m2) FILTER (WHERE posted_on BETWEEN :year_start AND :year_end), 0) AS year_before_m2,
       coalesce(sum(counted_m2) FILTER (WHERE posted_on >= :twelve_start), 0) AS last_12m_m2,
       coalesce(sum(counted_m2) FILTER (WHERE posted_on >= :start AND posted_on <= :before_end), 0) AS done_before_m2,
       coalesce(sum(counted_m2) FILTER (WHERE posted_on >= :start AND geometry_status = 'unmapped'), 0) AS unmapped_m2
FROM ledger_posting
WHERE county_code = :county AND measure_key = :measure AND campaign = :campaign AND posted_on <= :upto
  AND responsible_body <> ALL(CAST(:excluded AS text[]))
GROUP BY responsible_body
