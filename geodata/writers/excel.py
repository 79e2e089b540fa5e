"""Excel workbooks as departments send them: one sheet, header in the first row."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import xlsxwriter

from geodata.sheets import Sheet

CREATED = datetime(2025, 9, 30)
SHEET_NAME = "Sheet1"


def write_excel(sheet: Sheet, path: Path) -> None:
    """Dates that are dates become date cells; text stays text (also codes of digits)."""
    with xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_numbers": False}) as book:
        book.set_properties({"created": CREATED})
        page = book.add_worksheet(SHEET_NAME)
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for column, name in enumerate(sheet.columns):
            page.write_string(0, column, sheet.header(name))
        for number, row in enumerate(sheet.rows, start=1):
            for column, name in enumerate(sheet.columns):
                value = row.values.get(name)
                if value is None:
                    continue
                if isinstance(value, str):
                    page.write_string(number, column, value)
                elif isinstance(value, date):
                    page.write_datetime(number, column, datetime(value.year, value.month, value.day), day)
                else:
                    page.write_number(number, column, value)
