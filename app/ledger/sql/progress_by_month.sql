-- Counted m² per calendar month, inside the window and up to the day; months without postings are absent.
SELECT to_char(posted_on, 'YYYY-MM') AS month, sum(counted_m2) AS counted_m2
FROM ledger_posting
WHERE county_code = :county AND measure_key = :measure AND campaign = :campaign AND posted_on BETWEEN :start AND :upto
  AND responsible_body <> ALL(CAST(:excluded AS text[]))
GROUP BY 1
ORDER BY 1
