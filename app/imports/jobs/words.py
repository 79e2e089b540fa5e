"""Words of imports for who shows them: kinds with their columns and units, states, steps, classes of 比对, severities. Pure."""

from functools import cache
from typing import Any

from app.imports import values
from app.imports.apply.parcel_classes import CLASSES
from app.imports.channel import AXIS_ORDERS
from app.imports.checks.catalogue import SEVERITIES, SIDES
from app.imports.columns import UNITS, aliases
from app.imports.jobs import states
from app.imports.kinds import KINDS, Kind
from app.imports.progress import STEPS
from app.zoning.families import CONTROL_LINE, FAMILIES

FACTS = {
    "layer": "图层或工作表", "encoding": "文字编码", "extent": "坐标范围", "crs": "坐标系", "axis_order": "坐标次序",
    "zone": "带号", "shift": "坐标偏移", "unit": "面积单位", "mapping": "列的对应", "family": "规划控制种类", "covers": "完整的乡镇",
}  # fmt: skip


@cache
def words() -> dict[str, Any]:
    """{kinds: [{kind, label, geometry, columns: [{name, label, dimension, units, required}]}], states, steps, classes, …: {key: label}}."""
    return {
        "kinds": [_kind(kind) for kind in KINDS.values()], "states": states.LABELS, "steps": STEPS, "classes": CLASSES,
        "severities": SEVERITIES, "sides": SIDES, "facts": FACTS,
        "axis_orders": AXIS_ORDERS,
        "families": {code: family.label for code, family in FAMILIES.items() if code != CONTROL_LINE},
    }  # fmt: skip


def _kind(kind: Kind) -> dict[str, Any]:
    labels, needed = aliases(kind.name), {*kind.required, *kind.filled}
    columns = [
        {"name": c.name, "label": labels[c.name][0], "dimension": c.dimension or None, "required": c.name in needed,
         "units": [unit for unit in UNITS.get(c.dimension, {}) if unit], "values": _values(c.words)}
        for c in kind.columns
    ]  # fmt: skip
    return {"kind": kind.name, "label": kind.label, "geometry": kind.geometry, "columns": columns}


def _values(words_of: str) -> dict[str, str]:
    """Stored value → the word it is shown by."""
    known = values.vocabulary(words_of)
    return {known[values.fold_word(word)]: word for word in values.words(words_of)}
