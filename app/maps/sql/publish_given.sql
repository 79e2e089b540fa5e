-- The given parcels by difference, in one look at what was and what is: map rows, cells of every zoom, the note of the change.
-- Every part sees the tables as they were before it. The plan is the caller's generic one (publish.py) and ends with it.
WITH filter_row AS MATERIALIZED (
{typed}
),
{parcels},
public_row AS MATERIALIZED (
{public}
),
{rows},
{cells}{note}
SELECT set_config('plan_cache_mode', 'auto', true), set_config('enable_seqscan', 'on', true)
