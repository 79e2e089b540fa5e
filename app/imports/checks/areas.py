"""Declared areas against each other and against the shape: 证载, 批准, 图形, each pair with its tolerance. Arrays."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from app.imports.checks.catalogue import limit
from app.imports.checks.keys import header
from app.imports.packed import PackedColumn
from app.imports.stage import Staged

_PAIRS = (
    ("area_differs", "area_registered", "证载", "图形"), ("area_contract_differs", "area_contract", "批准", "图形"),
    ("area_declared_pair_differs", "area_registered", "证载", "批准"),
)  # fmt: skip
_ROUNDING = 1e-6


def check_areas(staged: Staged, planar: np.ndarray) -> None:
    """证载面积 missing; 证载 and 图形, 批准 and 图形, 证载 and 批准 apart by more than the pair's share and its m².

    planar: m² of each row's shape, NaN where there is none.
    """
    areas = {
        "证载": floats(staged.columns["area_registered"]), "批准": floats(staged.columns["area_contract"]),
        "图形": np.round(np.where(planar > 0, planar, np.nan), 2),
    }  # fmt: skip
    slipped = staged.unsure.get("area_registered", set())  # there is one, in an unknown unit, which is told
    for index in staged.rows(np.isnan(areas["证载"])):
        if index not in slipped:
            staged.report(index, "area_registered_missing", field=header(staged, "area_registered"))
    for code, name, declared, against in _PAIRS:
        left, right = areas[declared], areas[against]
        with np.errstate(invalid="ignore"):
            apart = np.abs(left - right) > np.maximum(right * limit(code), limit(code, 1)) + _ROUNDING
        for index in staged.rows(apart):
            said = f"{declared} {left[index]:.2f},{against} {right[index]:.2f}"
            staged.report(index, code, field=header(staged, name), value=said)


def floats(column: Sequence[Any]) -> np.ndarray:
    """A column of numbers, NaN for unknown."""
    if isinstance(column, PackedColumn):
        return column.floats()
    return np.array([np.nan if value is None else value for value in column], dtype=np.float64)
