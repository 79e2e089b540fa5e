"""Values as a file's header promises them."""

from __future__ import annotations

from geodata.sheets import Cell, Sheet


def cell(sheet: Sheet, column: str, value: Cell) -> Cell:
    """An area of m² in 亩 where the header says 亩 and the column is kept in m²."""
    if isinstance(value, float) and "亩" in sheet.header(column) and "亩" not in column:
        return round(value * 0.0015, 6)
    return value
