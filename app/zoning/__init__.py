"""控制线与规划图层 zoning: planning layers with versions, their zones, and how much of each parcel lies in them.

Owns: planning_layer, planning_zone, parcel_overlay; families with labels and colours.
Does not own: parcels (parcels), reading of files (imports), what follows from a ratio (policy, classification).
Official source: 甬政办发〔2025〕1号 (工业区块控制线); DOMAIN §3.7. Areas are planar, in the county's one meridian.
"""

from app.zoning.families import CONTROL_LINE, FAMILIES, INSIDE_FROM, OUTSIDE_TO, Family
from app.zoning.service import on_parcels_changed, overlay_layer

__all__ = ["CONTROL_LINE", "FAMILIES", "INSIDE_FROM", "OUTSIDE_TO", "Family", "on_parcels_changed", "overlay_layer"]
