"""范围分析: what lies inside a red line, and counts by group for an extent.

Reads register, facts, occupancy and planning families in the caller's scope; stores nothing. The areas of its parts add up to
the range: pieces of parcels (each ground once) and the uncovered rest. Does not own areas of record or verdicts.
Official source: DOMAIN §5 (planar area in the county's one meridian), PRACTICE §4 Q9.
"""
