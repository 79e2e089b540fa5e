-- The standing verdicts' results into the facts, where the map and the filters read them.
UPDATE parcel_fact AS f
   SET inefficient = v.inefficient, idle = v.idle, standard_land = v.standard_land
  FROM (
      SELECT
          w.parcel_id,
          max(w.result) FILTER (WHERE w.kind = 'inefficient') AS inefficient,
          max(w.result) FILTER (WHERE w.kind = 'idle') AS idle,
          max(w.result) FILTER (WHERE w.kind = 'standard_land') AS standard_land
      FROM verdict AS w
      WHERE w.county_code = CAST(:county AS text) AND w.to_run IS NULL
      GROUP BY w.parcel_id
  ) AS v
 WHERE f.county_code = CAST(:county AS text) AND f.parcel_id = v.parcel_id
