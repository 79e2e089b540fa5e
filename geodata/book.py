"""The county's tables while they are being made: one list of rows a kind, and the numbers handed out."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from geodata.sheets import COLUMNS, Cell, Row
from geodata.uscc import enterprise_code

DATE_WORDS = ("日期",)


class Book:
    """Rows by kind. Dates given as ISO text become dates; unknown columns are refused."""

    def __init__(self, county: str, registrar: str = "330282") -> None:
        self.county = county
        self.registrar = registrar
        self.rows: dict[str, list[Row]] = defaultdict(list)
        self._enterprises = 0
        self._contracts = 0

    def add(self, kind: str, *values: Cell, **named: Cell) -> Row:
        """Append a row; values in the order of the kind's columns."""
        columns = COLUMNS[kind]
        cells: dict[str, Cell] = dict(zip(columns, values, strict=False)) | named
        unknown = set(cells) - set(columns)
        if unknown:
            raise KeyError(f"{kind}: {unknown}")
        row = Row({name: _date(name, value) for name, value in cells.items()})
        self.rows[kind].append(row)
        return row

    def new_enterprise(self) -> str:
        """统一社会信用代码 of the next enterprise."""
        self._enterprises += 1
        return enterprise_code(self._enterprises, self.registrar)

    def new_contract(self) -> str:
        """电子监管号 of the next contract; a later one is larger."""
        self._contracts += 1
        return f"{self.county}2018B{self._contracts:05d}"


def _date(name: str, value: Cell) -> Cell:
    if name.endswith(DATE_WORDS) and isinstance(value, str) and len(value) == 10:
        try:
            return date.fromisoformat(value)
        except ValueError:
            return value
    return value
