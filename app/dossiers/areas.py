"""The four areas of a parcel side by side: none is a copy of another, so their differences are said, not hidden. Pure."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from app.core.units import half_up, m2_to_mu

KINDS = {
    "registered": ("证载面积", "证载", "不动产登记"),
    "contract": ("批准(合同)面积", "批准", "供地合同或批准文件"),
    "planar": ("图形面积", "图形", "图形计算,本县中央子午线高斯平面"),
    "geodesic": ("椭球面积", "椭球", "图形计算,GRS80 椭球面"),
}
"""kind → label, short word, source."""


def area_rows(version: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows of Contract C; a missing area stays null. Differences are per cent of the planar area."""
    planar: Decimal = version["area_planar_m2"]
    return [_row(kind, version[f"area_{kind}_m2"], planar) for kind in KINDS]


def _row(kind: str, m2: Decimal | None, planar: Decimal) -> dict[str, Any]:
    label, _, source = KINDS[kind]
    row = {"kind": kind, "label": label, "m2": m2, "mu": None, "source": source, "diff_to_planar_pct": None, "sentence": None}
    if m2 is None:
        return row
    return row | {
        "mu": m2_to_mu(m2),
        "diff_to_planar_pct": half_up((m2 - planar) / planar * 100, 2),
        "sentence": None if kind == "planar" else sentence(kind, m2, planar),
    }


def sentence(kind: str, m2: Decimal, planar: Decimal) -> str:
    """证载 1,276.40 / 图形 1,279.00, 差 0.2 %."""
    share = half_up(abs(m2 - planar) / planar * 100, 1)
    return f"{KINDS[kind][1]} {m2:,.2f} / 图形 {planar:,.2f}, 差 {share} %"
