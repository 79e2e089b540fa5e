"""Texts for the channel that shows them: they are written in the command line's options; over HTTP they speak of the form's choices."""

import re
from typing import Any, Final

_CHOICES: Final = {
    "--crs": "「坐标系」", "--encoding": "「文字编码」", "--layer": "「图层或工作表」", "--axis-order": "「坐标次序」",
    "--unit": "「面积单位」", "--map": "「对应列」", "--family": "「规划控制种类」", "--covers": "「完整的乡镇」",
}  # fmt: skip
AXIS_ORDERS: Final = {"east_north": "照文件原样", "north_east": "全部对调", "per_row": "逐行调换颠倒的行"}
_OPTION = re.compile(r"\s*(--[a-z][a-z-]*)\s*")


def for_form(told: Any) -> Any:
    """The same text, or the same structure of texts, as the form says it."""
    if isinstance(told, dict):
        return {name: for_form(value) for name, value in told.items()}
    if isinstance(told, list):
        return [for_form(value) for value in told]
    if not isinstance(told, str) or "--" not in told:
        return told
    for value, label in AXIS_ORDERS.items():
        told = told.replace(value, label)
    return _OPTION.sub(lambda match: _CHOICES.get(match[1], match[0]), told)
