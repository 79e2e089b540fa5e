"""Headers of a table: which row they stand in, headers of two rows put together, units said above them. Pure."""

import re
from dataclasses import dataclass

from app.imports.columns import UNITS, fold_unit, split_unit
from app.imports.traditional import simplified

Cells = list[str | None]
Grid = list[Cells]
HEADER_ROWS = 10
_UNIT_SAID = re.compile(r"单位\s*[::]\s*([^))】\]]+)")
_SAID = re.compile(r"[^::]{1,12}[::]\s*\S")
_NUMBER = re.compile(r"[\d.,%+-]+")


@dataclass(frozen=True)
class Headers:
    """Names of the columns, the index of the first row of data, units said in the lines above (单位:亩、万元)."""

    names: list[str]
    first: int
    units: tuple[str, ...] = ()
    depth: int = 1


def headers_of(grid: Grid) -> Headers | None:
    """The first row filled over half of the width, below any title lines; with the row below or above where cells are merged."""
    grid = [[c if c is None or c.strip() else None for c in row] for row in grid[: HEADER_ROWS + 1]]
    at = _row(grid)
    if at is None:
        return None
    top = last = at
    names = grid[at]
    if at + 1 < len(grid) and _is_below(names, grid[at + 1]):
        last, names = at + 1, _joined(names, grid[at + 1])
    elif at and _is_below(grid[at - 1], names) and _names_groups(grid[at - 1]):
        top, names = at - 1, _joined(grid[at - 1], names)
    return Headers([(c or "").strip() for c in names], last + 1, _units(grid[:at]), last - top + 1)


def _row(grid: Grid) -> int | None:
    widest = max((sum(c is not None for c in row) for row in grid[:HEADER_ROWS]), default=0)
    filled = [p for p, row in enumerate(grid[:HEADER_ROWS]) if widest and sum(c is not None for c in row) * 2 >= widest]
    return next((p for p in filled if not _is_title(grid[p])), filled[0] if filled else None)


def _is_title(row: Cells) -> bool:
    """A line such as 填报单位:慈溪市 … 单位:亩."""
    said = [c for c in row if c is not None]
    return sum(_SAID.match(c) is not None for c in said) * 2 > len(said)


def _is_below(upper: Cells, lower: Cells) -> bool:
    """Whether the lower row names what the upper one groups: it has words, and only where the upper has none or begins a group."""
    width = max(len(upper), len(lower))
    upper, lower = _wide(upper, width), _wide(lower, width)
    free = [c is None for c in upper]
    begins = [not free[n] and n + 1 < width and free[n + 1] for n in range(width)]
    said = [n for n, c in enumerate(lower) if c is not None]
    fits = all(free[n] or begins[n] for n in said) and any(free[n] for n in said) and any(begins[n] for n in said)
    return fits and not any(_NUMBER.fullmatch(lower[n] or "") for n in said)


def _names_groups(row: Cells) -> bool:
    """Not a title line, which has one cell, or one beside that states the unit."""
    said = [c for c in row if c is not None]
    return len(said) > 1 and not any(_UNIT_SAID.search(simplified(c)) for c in said)


def _joined(upper: Cells, lower: Cells) -> Cells:
    """Names of both rows: that below where there is one, with the group's unit, after the group's name where it stands twice."""
    width = max(len(upper), len(lower))
    upper, lower = _wide(upper, width), _wide(lower, width)
    groups: list[str | None] = []
    for cell in upper:
        groups.append(cell or (groups[-1] if groups else None))
    return [
        above if own is None else _with_unit(f"{group}{own}" if lower.count(own) > 1 and group else own, group or "")
        for above, own, group in zip(upper, lower, groups, strict=True)
    ]


def _with_unit(name: str, group: str) -> str:
    unit = split_unit(group)[1]
    if not unit or split_unit(name)[1] or (unit in UNITS["area"] and "面积" not in name):
        return name
    return f"{name}({unit})" if any(unit in known for known in UNITS.values()) else name


def _wide(row: Cells, width: int) -> Cells:
    return row + [None] * (width - len(row))


def _units(above: Grid) -> tuple[str, ...]:
    """Folded units of a line such as 单位:亩、万元."""
    said = [m[1] for row in above for cell in row if cell for m in _UNIT_SAID.finditer(simplified(cell))]
    return tuple(dict.fromkeys(fold_unit(word) for text in said for word in re.split(r"[、,,;;/\s]+", text) if word))
