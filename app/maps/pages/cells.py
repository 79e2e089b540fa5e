"""How a value is shown: the county's word for a code, units by the registry, 未知 for what is missing, never 0. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.maps import fields
from app.policy.registry import Column

UNKNOWN = "未知"
CLOSED = "—"
_WORDS: Mapping[str, Mapping[str, str]] = {
    "ownership": {"G": "国有", "J": "集体", "Z": "未确定"},
    "inefficient": {"true": "是", "false": "否", "unknown": UNKNOWN},
    "standard_land": {"true": "是", "false": "否", "unknown": UNKNOWN},
    "legality": {"certified": "有证", "approved_uncertified": "有批未证", "unlawful": "无合法手续"},
    "area_basis": {"registered": "证载", "contract": "批准(合同)", "planar": "图形"},
    "control_line_relation": {"inside": "线内", "outside": "线外", "crossing": "跨线"},
    "idle": {"suspected": "疑似闲置", "not_idle": "否", "insufficient_data": UNKNOWN},
}
"""Words of closed lists for which /api/meta has none."""
_NOTHING = {"case_state": "未列入", "valid_to": "现行有效", "accepted_on": "未验收", "accepted_m2": "未验收"}
"""Columns in which an empty value is knowledge, not a gap."""
_GROUPS = {"display_class": "classes", "grade": "grades", "case_state": "case_states", "state": "case_states", "tax_band": "tax_bands",
           "method": "methods", "category": "categories"}  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """A value as text; `kind` is its style: number, unknown, closed (outside the caller's scope) or nothing."""

    text: str
    kind: str = ""
    colour: str = ""


def columns(layer_id: str, rows: Sequence[Mapping[str, Any]]) -> list[Column]:
    """Columns these rows carry, in the registry's order, what it does not know at the end."""
    known = fields.shown(layer_id, is_public=False)
    carried = {name for row in rows for name in row}
    named = [column for name, column in known.items() if name in carried]
    return named + [Column(name, "text", name, "") for name in sorted(carried - set(known))]


def cell(column: Column, row: Mapping[str, Any], words: Mapping[str, Any]) -> Cell:
    """One value of a row."""
    if column.name not in row:
        return Cell(CLOSED, "closed")
    value = row[column.name]
    word = _word(column.name, value, words)
    if word:
        return word
    if value is None and column.name in _NOTHING:
        return Cell(_NOTHING[column.name])
    if value is None or value == "":
        return Cell(UNKNOWN, "unknown")
    if isinstance(value, bool):
        return Cell("是" if value else "否")
    if isinstance(value, list):
        return Cell("、".join(map(str, value)) if value else "无")
    if isinstance(value, int | float) and column.type == "numeric":
        return Cell(f"{value:,.2f}" if column.unit else f"{value:.4f}", "number")
    return Cell(str(value), "number" if isinstance(value, int | float) else "")


def _word(name: str, value: Any, words: Mapping[str, Any]) -> Cell | None:
    """The word for a code: the county's, else ours."""
    if not isinstance(value, str):
        return None
    given = words.get(_GROUPS.get(name, ""), {}).get(value)
    if isinstance(given, dict):
        return Cell(str(given.get("label", value)), colour=str(given.get("colour", "")))
    said = given or _WORDS.get(name, {}).get(value) or words.get("words", {}).get(name, {}).get(value)
    return Cell(str(said), "unknown" if said == UNKNOWN else "") if said else None
