"""A delivered workbook given back: faulty cells coloured by severity with what was found and what to do, and a sheet 问题清单. Pure.

Values, formulas, styles and sheets stay as they were delivered; marks of an earlier return are taken away first.
"""

import contextlib
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import openpyxl
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils.exceptions import InvalidFileException
from python_calamine import CalamineError, CalamineWorkbook

from app.imports.checks.catalogue import CATALOGUE
from app.imports.checks.issue import Issue
from app.imports.columns import Stated, label, map_columns
from app.imports.errors import ColumnsMissing, FileUnreadable, MappingInvalid
from app.imports.kinds import Kind
from app.imports.readers.headers import headers_of
from app.imports.readers.table import cell_text
from app.imports.workbooks import own
from app.imports.workbooks.template import AUTHOR

COLOURS = {"error": "FFFFC7CE", "warning": "FFFFEB9C", "notice": "FFDDEBF7"}
LABELS = {"error": "错误", "warning": "提醒", "notice": "提示"}
SECTION = "【导入检查】"
"""Begins our part of a cell's comment; what stands before it is the supplier's own."""
_COLUMNS = ("工作表", "单元格", "行", "列", "级别", "问题代码", "含义", "原值", "怎么办")
_WORST = list(COLOURS)


class _Places:
    """Where rows and columns of one sheet's data stand in the workbook (1-based)."""

    def __init__(self, sheet: Any, kind: Kind, mapping: Stated | None) -> None:
        grid = [[cell_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=True)]
        self.is_data = bool(grid) and not own.is_own(grid)
        found = headers_of(grid) if self.is_data else None
        self.is_data = found is not None
        top, left = sheet.start or (0, 0)
        headers = [] if found is None else found.names
        self._first, self._left = top + (found.first if found else 1), left + 1
        self._columns = {name: place for place, name in reversed(list(enumerate(headers, left + 1))) if name}
        with contextlib.suppress(ColumnsMissing, MappingInvalid):  # another sheet, of something else
            known = map_columns(list(self._columns), kind, override=mapping).matches
            self._columns |= {label(kind.name, name): self._columns[match.header] for name, match in known.items()}

    def of(self, issue: Issue) -> tuple[int, int]:
        """Row and column of an issue; the row's first cell where it speaks of no column, the header for the whole file."""
        return self._first + issue.row, self._columns.get(issue.field, self._left)


def returned(content: bytes, issues: Sequence[Issue], kind: Kind, *, mapping: Stated | None = None) -> bytes:
    """The workbook (.xlsx, .xlsm) with its issues. Errors: FileUnreadable, and what map_columns refuses."""
    places = _places(content, kind, mapping)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            has_macros = "xl/vbaProject.bin" in packed.namelist()
        book = openpyxl.load_workbook(io.BytesIO(content), keep_vba=has_macros, rich_text=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise FileUnreadable("只有 .xlsx、.xlsm 工作簿可以标注后退回", hint="请另存为 .xlsx 后重新交付") from error
    for sheet in book.worksheets:
        _unmark(sheet)
    if own.FINDINGS in book.sheetnames and book[own.FINDINGS]["A1"].value == own.MARK:
        del book[own.FINDINGS]
    marked = list(_located(issues, places))
    cells: dict[tuple[str, int, int], list[Issue]] = {}
    for name, row, column, issue in marked:
        cells.setdefault((name, row, column), []).append(issue)
    for (name, row, column), found in cells.items():
        _mark(book[name], row, column, found)
    _list(book, marked)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _places(content: bytes, kind: Kind, mapping: Stated | None) -> dict[str, _Places]:
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            found = {name: _Places(book.get_sheet_by_name(name), kind, mapping) for name in book.sheet_names}
    except (CalamineError, OSError, ValueError) as error:
        raise FileUnreadable("工作簿损坏或加密,无法标注", hint="请另存为 .xlsx 后重新交付") from error
    return {name: places for name, places in found.items() if places.is_data}


def _located(issues: Iterable[Issue], places: dict[str, _Places]) -> Iterator[tuple[str, int, int, Issue]]:
    """Issues in order of sheet, row and column; those of no known sheet speak of the only one there is."""
    only = next(iter(places)) if len(places) == 1 else ""
    found = [(name, *places[name].of(i), i) for i in issues if (name := i.layer if i.layer in places else only)]
    yield from sorted(found, key=lambda f: (list(places).index(f[0]), f[1], f[2], _WORST.index(f[3].severity)))


def _mark(sheet: Any, row: int, column: int, found: list[Issue]) -> None:
    cell = _whole(sheet, sheet.cell(row, column))
    worst = min((issue.severity for issue in found), key=_WORST.index)
    cell.fill = PatternFill("solid", start_color=COLOURS[worst], end_color=COLOURS[worst])
    told = "\n".join(f"{LABELS[i.severity]}:{CATALOGUE[i.code].message}{f'({i.field})' if i.field else ''}\n{i.hint}" for i in found)
    before = f"{cell.comment.text}\n" if cell.comment else ""
    comment = Comment(_printable(f"{before}{SECTION}\n{told}"), cell.comment.author if cell.comment else AUTHOR)
    comment.width, comment.height = 320, 60 + 40 * len(found)
    cell.comment = comment


def _whole(sheet: Any, cell: Any) -> Any:
    """The cell that speaks for a merged range."""
    if not isinstance(cell, MergedCell):
        return cell
    span = next(span for span in sheet.merged_cells.ranges if cell.coordinate in span)
    return sheet.cell(span.min_row, span.min_col)


def _unmark(sheet: Any) -> None:
    """Take away colour and comment of an earlier return."""
    for cell in (cell for row in sheet.iter_rows() for cell in row if cell.comment and SECTION in cell.comment.text):
        kept = cell.comment.text.partition(SECTION)[0].rstrip("\n")
        cell.comment = Comment(kept, cell.comment.author) if kept else None
        cell.fill = PatternFill()


def _list(book: Any, marked: list[tuple[str, int, int, Issue]]) -> None:
    sheet = book.create_sheet(own.FINDINGS)
    sheet["A1"] = own.MARK
    rows: list[tuple[Any, ...]] = [_COLUMNS] + [
        (name, openpyxl.utils.get_column_letter(column) + str(row), row, i.field, LABELS[i.severity], i.code, CATALOGUE[i.code].message,
         i.value, i.hint)
        for name, row, column, i in marked
    ]  # fmt: skip
    for number, values in enumerate(rows, 3):
        for place, value in enumerate(values, 1):
            cell = sheet.cell(number, place)
            cell.value = _printable(value) if isinstance(value, str) else value
            if isinstance(value, str):
                cell.data_type = "s"  # a value that begins with = is no formula
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if number == 3:
                cell.font = Font(bold=True)
        if number > 3:
            where = sheet.cell(number, 2)
            where.hyperlink = openpyxl.worksheet.hyperlink.Hyperlink(where.coordinate, location=f"'{values[0]}'!{values[1]}")
            sheet.cell(number, 5).fill = PatternFill("solid", start_color=COLOURS[marked[number - 4][3].severity])
    for letter, width in zip("ABCDEFGHI", (14, 9, 7, 18, 8, 22, 40, 24, 40), strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "A4"


def _printable(text: str) -> str:
    return str(ILLEGAL_CHARACTERS_RE.sub("", text))
