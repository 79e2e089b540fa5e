-- 本月 n 宗 k 家: what was first posted in the month (入账, 期初) and still counts; enterprises of its cases and of opening rows.
WITH fresh AS (
    SELECT p.* FROM ledger_posting p
    WHERE p.county_code = :county AND p.measure_key = :measure AND p.campaign = :campaign
      AND p.posted_on BETWEEN :month_start AND :month_end AND p.kind IN ('acceptance', 'opening') AND p.counted_m2 > 0
      AND p.responsible_body <> ALL(CAST(:excluded AS text[]))
      AND NOT EXISTS (
          SELECT FROM ledger_posting r WHERE r.reverses_id = p.id AND r.kind = 'reversal' AND r.posted_on <= :month_end)
)
SELECT (SELECT count(DISTINCT coalesce(parcel_id::text, opening_key, id::text)) FROM fresh) AS n_parcels,
       (SELECT coalesce(sum(firms), 0) FROM fresh)
       + (SELECT count(DISTINCT e.enterprise_id) FROM case_enterprise e
          WHERE e.county_code = :county AND e.case_id IN (SELECT case_id FROM fresh WHERE case_id IS NOT NULL)) AS n_firms
