-- Share of each current parcel inside one planning layer version, in the county's plane. Parcels outside get 0: checked, none.
-- Zones are cut into small pieces in the plane (their long edges stay straight there); a piece's box, back in degrees and a
-- metre wider, finds its parcels through the index. Parts of one parcel are united, so overlapping zones count once.
-- Lines and points of the layer (no area_planar_m2) have no inside; a layer of nothing else tells of no parcel.
INSERT INTO parcel_overlay (county_code, parcel_id, layer_id, ratio, area_m2)
WITH
piece AS MATERIALIZED (
    SELECT d.geom, ST_Transform(ST_Expand(ST_Envelope(d.geom), 1), 4490) AS probe
    FROM planning_zone AS z
    CROSS JOIN LATERAL ST_Subdivide(ST_MakeValid(ST_Transform(z.geom, CAST(:plane AS integer))), 96) AS d (geom)
    WHERE z.county_code = CAST(:county AS text) AND z.layer_id = CAST(:layer_id AS bigint) AND z.area_planar_m2 IS NOT NULL
),
part AS (
    SELECT v.parcel_id, ST_Intersection(ST_Transform(v.geom, CAST(:plane AS integer)), piece.geom) AS geom
    FROM piece
    -- OFFSET 0 keeps the box the only condition of the look-up, so that fresh tables without statistics use its index too
    CROSS JOIN LATERAL (SELECT w.* FROM parcel_version AS w WHERE w.geom && piece.probe OFFSET 0) AS v
    WHERE v.county_code = CAST(:county AS text)
      AND v.is_current
      AND (CAST(:parcel_ids AS bigint[]) IS NULL OR v.parcel_id = ANY(CAST(:parcel_ids AS bigint[])))
),
-- added up without a join: estimates of spatial look-ups are too poor to choose one by
term AS (
    SELECT
        part.parcel_id, 0.0 AS whole_m2,
        CASE WHEN count(*) = 1 THEN sum(ST_Area(part.geom)) ELSE ST_Area(ST_UnaryUnion(ST_Collect(part.geom))) END AS inside_m2
    FROM part
    WHERE NOT ST_IsEmpty(part.geom)
    GROUP BY part.parcel_id
    UNION ALL
    SELECT v.parcel_id, ST_Area(ST_Transform(v.geom, CAST(:plane AS integer))), 0.0
    FROM parcel_version AS v
    WHERE v.county_code = CAST(:county AS text)
      AND v.is_current
      AND (CAST(:parcel_ids AS bigint[]) IS NULL OR v.parcel_id = ANY(CAST(:parcel_ids AS bigint[])))
)
SELECT
    CAST(:county AS text), t.parcel_id, CAST(:layer_id AS bigint),
    round(CAST(least(sum(t.inside_m2) / sum(t.whole_m2), 1) AS numeric), 6),
    round(CAST(sum(t.inside_m2) AS numeric), 2)
FROM term AS t
WHERE NOT {is_linear}
GROUP BY t.parcel_id
ON CONFLICT (county_code, parcel_id, layer_id) DO UPDATE
   SET ratio = excluded.ratio, area_m2 = excluded.area_m2
 WHERE (parcel_overlay.ratio, parcel_overlay.area_m2) IS DISTINCT FROM (excluded.ratio, excluded.area_m2)
