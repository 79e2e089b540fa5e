"""Sheets that the service writes beside the data, known again when the workbook comes back: they are not data."""

from collections.abc import Mapping, Sequence
from typing import Any

Grid = Sequence[Sequence[Any]]
MARK = "本表由系统生成,导入时不读"
"""First cell of such a sheet."""
PREFILLED = "预填的列"
"""First cell of the row that names the columns filled in beforehand: a row that holds nothing else was not filled in."""
LISTS, GUIDE, FINDINGS = "取值", "填写说明", "问题清单"


def is_own(grid: Grid) -> bool:
    """Whether a sheet is one of these."""
    return bool(grid) and bool(grid[0]) and bool(grid[0][0] == MARK)


def prefilled(grids: Mapping[str, Grid]) -> frozenset[str]:
    """Headers of the columns filled in beforehand; none in a workbook that is no template."""
    rows = (row for grid in grids.values() if is_own(grid) for row in grid if row and row[0] == PREFILLED)
    return frozenset(cell for row in rows for cell in row[1:] if cell)
