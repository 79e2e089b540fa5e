"""Planning families 规划图层: codes, labels and colours. Line colours 红 紫 蓝 绿 黄 belong to the 四线 and are not used here."""

from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Final

CONTROL_LINE: Final = "control_line"


@dataclass(frozen=True, slots=True)
class Family:
    """One planning family; `is_restricted` shapes never leave the service as vectors or tiles for a viewer."""

    code: str
    label: str
    colour: str
    style: str = "solid"
    is_restricted: bool = False


_FAMILIES: Final = (
    Family(CONTROL_LINE, "工业区块控制线", "#7a4a21", style="thick_dashed"),
    Family("urban_growth_boundary", "城镇开发边界", "#6b7280", style="dashed"),
    Family("permanent_basic_farmland", "永久基本农田", "#7a8f2a", style="hatched", is_restricted=True),
    Family("ecological_redline", "生态保护红线", "#3f6b52", style="hatched", is_restricted=True),
    Family("detailed_plan", "详细规划用途", "#a06a9c"),
)
FAMILIES: Final = MappingProxyType({family.code: family for family in _FAMILIES})
"""Every family by code, in order of display."""

INSIDE_FROM: Final = Decimal("0.99")
OUTSIDE_TO: Final = Decimal("0.01")
"""线内 / 跨线 / 线外 by the share of a parcel inside the line: a sliver of digitising at the edge doesn't make it 跨线."""
