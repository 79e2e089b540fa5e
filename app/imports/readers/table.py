"""Excel (calamine) and CSV: headers, every cell kept as text."""

import csv
import datetime as dt
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from app.imports.checks.catalogue import issue
from app.imports.errors import FileUnreadable, LayerAmbiguous, LayerUnknown, asking
from app.imports.readers import coordinates
from app.imports.readers import encoding as encodings
from app.imports.readers.base import STATED, Delivery, Detected, ReadOptions, sha256_of
from app.imports.readers.container import Source
from app.imports.readers.formulas import suspect
from app.imports.readers.headers import HEADER_ROWS, Grid, headers_of
from app.imports.workbooks import own

_SUM = re.compile(r"[合总總小共][计計][::]?")
_EXACT = 10**15
"""A spreadsheet keeps 15 digits: of a longer whole number the last ones are lost."""
_MOST_COLUMNS = 16_384
"""As many as Excel has."""
csv.field_size_limit(1 << 28)
"""A cell may hold the WKT of a county's outline; Python's own limit is 131,072."""


def read(source: Source, options: ReadOptions, detected: Detected) -> Delivery:
    """The one sheet (or CSV) of a table file."""
    uncomputed: list[tuple[str, int, int]] = []
    if source.format == "csv":
        grid, prefilled = _read_csv(source, options, detected)
    else:
        grid, prefilled = _read_sheet(source, options, detected, uncomputed)
    headers = headers_of(grid)
    if headers is None:
        raise FileUnreadable(f"{source.name} 里没有数据")
    if headers.depth > 1:
        detected.notes.append(f"表头占 {headers.depth} 行,已合成一行:{'、'.join(filter(None, headers.names))[:200]}")
    body = [[c if c is None or c.strip() else None for c in row] for row in grid[headers.first :]]
    frame, rows = _frame(headers.names, body)
    delivery = Delivery(Path(source.name), sha256_of(source.parts), detected, frame, None, rows, units_said=headers.units)
    delivery.uncomputed = {
        (row - headers.first + 1, frame.columns[column]): cell
        for cell, row, column in uncomputed
        if row >= headers.first and column < frame.shape[1]
    }
    if longer := [row for row, cells in zip(rows, body, strict=True) if any(cells[len(headers.names) :])]:
        detected.notes.append(f"{len(longer)} 行的单元格多于表头,多出的未采用(例如第 {longer[0]} 行)")
    _note_empty_rows(delivery, prefilled)
    detected.saw(delivery.frame)
    coordinates.take(delivery, options)
    return delivery


def cell_text(value: Any) -> str | None:
    """A cell as text: dates in ISO form, whole numbers without a point."""
    if value is None or value == "":
        return None
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**63 else repr(value)
    return str(value)


def _read_sheet(
    source: Source, options: ReadOptions, detected: Detected, uncomputed: list[tuple[str, int, int]]
) -> tuple[Grid, frozenset[str]]:
    """The sheet with the data, and the columns that a template filled in beforehand; `uncomputed` takes (cell, row, column of the grid)."""
    try:
        with _workbook(source.path) as book:
            sheets = {name: book.get_sheet_by_name(name) for name in book.sheet_names}
            grids = {name: sheet.to_python(skip_empty_area=True) for name, sheet in sheets.items()}
            hidden = {meta.name for meta in book.sheets_metadata if meta.visible != SheetVisibleEnum.Visible}
    except (CalamineError, OSError, ValueError) as error:
        raise FileUnreadable(f"{source.name} 不是有效的 Excel 文件({_what(source.path, error)})", hint="请另存为 .xlsx") from error
    prefilled = own.prefilled(grids)
    grids = {name: grid for name, grid in grids.items() if not own.is_own(grid)}
    filled = [name for name, grid in grids.items() if grid]
    if options.layer is not None and options.layer in grids:
        chosen = options.layer
    elif options.layer is not None and not options.layer_is_label:
        raise LayerUnknown(
            f"{source.name} 没有工作表“{options.layer}”,现有:{'、'.join(grids)}", **asking("layer", [(name, name) for name in grids])
        )
    elif len(filled) == 1:
        chosen = filled[0]
    elif not filled:
        raise FileUnreadable(f"{source.name} 里没有数据")
    else:
        raise LayerAmbiguous(
            f"{source.name} 有 {len(filled)} 个工作表:{'、'.join(filled)}", hint="请用 --layer 指定", layers=filled,
            **asking("layer", [(name, name, f"{len(grids[name])} 行{',隐藏' if name in hidden else ''}") for name in filled]),
        )  # fmt: skip
    detected.chose_layer(chosen, STATED if chosen == options.layer else "唯一有数据的工作表" + ("(隐藏)" if chosen in hidden else ""))
    detected.found("encoding", "UTF-8", 0.99, "格式规定")
    uncomputed += _check_cells(source, chosen, sheets[chosen], grids[chosen], detected)
    return [[cell_text(cell) for cell in row] for row in grids[chosen]], prefilled


def _workbook(path: Path) -> CalamineWorkbook:
    """By its suffix, else by its content: .xls files are often .xlsx by another name."""
    try:
        return CalamineWorkbook.from_path(path)
    except CalamineError:
        return CalamineWorkbook.from_filelike(io.BytesIO(path.read_bytes()))


def _what(path: Path, error: Exception) -> str:
    head = path.read_bytes()[:512].lstrip(b"\xef\xbb\xbf \r\n\t")
    if head.startswith(b"<"):
        return "内容是网页或 XML"
    return "内容是文本" if head and b"\x00" not in head and not head.startswith(b"PK") else f"损坏或加密:{str(error)[:99]}"


def _check_cells(source: Source, name: str, sheet: CalamineSheet, grid: list[list[Any]], detected: Detected) -> list[tuple[str, int, int]]:
    """Cells whose value is not what a person sees are told; returns formulas that were never computed, (cell, row, column)."""
    uncomputed = []
    if source.format == "xlsx":
        found = suspect(source.path, name)
        top, left = sheet.start or (0, 0)
        places = [(cell, *_place_of(cell)) for cell in found.uncomputed]
        uncomputed = [(cell, row - top, column - left) for cell, row, column in places if row >= top and column >= left]
        if found.wrong:
            detected.notes.append(f"{len(found.wrong)} 个单元格的公式出错(例如 {found.wrong[0]}),按未知处理")
    long = [(r, c) for r, row in enumerate(grid) for c, cell in enumerate(row) if isinstance(cell, float) and abs(cell) >= _EXACT]
    if long:
        detected.notes.append(f"{len(long)} 个单元格是超过15位的数字,表格软件只存15位,末几位可能已失真(例如 {_cell_name(sheet, *long[0])})")
    down = [(top, left) for (top, left), (bottom, _) in sheet.merged_cell_ranges or [] if bottom > top]
    first = headers_of([[cell_text(cell) for cell in row] for row in grid[: HEADER_ROWS + 1]])
    inside = [place for place in down if first is not None and place[0] >= (sheet.start or (0, 0))[0] + first.first]
    if inside:
        detected.notes.append(f"数据中有 {len(inside)} 处上下合并的单元格(例如 {_name_of(*inside[0])}),只有第一行取其值,其余行按空白")

    return uncomputed


def _place_of(cell: str) -> tuple[int, int]:
    """Row 4 and column 2 for C5, counted from 0."""
    letters, number = cell.rstrip("0123456789"), 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return int(cell[len(letters) :]) - 1, number - 1


def _cell_name(sheet: CalamineSheet, row: int, column: int) -> str:
    top, left = sheet.start or (0, 0)
    return _name_of(top + row, left + column)


def _name_of(row: int, column: int) -> str:
    """C5 for row 4 and column 2, counted from 0."""
    letters, number = "", column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"


def _read_csv(source: Source, options: ReadOptions, detected: Detected) -> tuple[Grid, frozenset[str]]:
    raw = source.path.read_bytes()
    found = encodings.detect(raw.splitlines() if not raw.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")) else [raw],
                             explicit=options.encoding, source=source.name)  # fmt: skip
    if found.name.startswith("utf-16"):
        found = encodings.Encoding("utf-16", found.reason, found.confidence)
    text = raw.decode(found.name, errors="replace").lstrip("\ufeff")
    detected.found("encoding", found.name, found.confidence, found.reason)
    if "\x00" in text:
        raise FileUnreadable(f"{source.name} 含有二进制内容,不是 CSV 文本")
    lines = [line for line in text[:1_000_000].splitlines() if line.strip()][:HEADER_ROWS]
    delimiter = max(",\t;|", key=next((line for line in lines if any(d in line for d in ",\t;|")), "").count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise FileUnreadable(f"{source.name} 的 CSV 结构有误:{error}") from error
    if (widest := max(map(len, rows), default=0)) > _MOST_COLUMNS:
        raise FileUnreadable(f"{source.name} 有 {widest} 列,不是表格(最多 {_MOST_COLUMNS} 列)", hint="请核对分隔符和换行")
    return [[cell or None for cell in row] for row in rows], frozenset()


def _frame(headers: list[str], body: Grid) -> tuple[pd.DataFrame, np.ndarray]:
    """Columns by header; one without header that holds anything is named by its place; trailing empty rows are no rows at all."""
    while body and not any(body[-1]):
        body.pop()
    width = len(headers)
    padded = [(row + [None] * width)[:width] for row in body]
    names: dict[str, None] = {}
    given: dict[str, int] = {}
    for place, header in enumerate(headers, 1):
        number, name = given.get(header, 1), header or f"第{place}列"
        while name in names:
            number += 1
            name = f"{header}_{number}"
        names[name], given[header] = None, number
    frame = pd.DataFrame(padded, columns=list(names), dtype=object)
    told = [bool(header) or bool(frame[name].notna().any()) for header, name in zip(headers, names, strict=True)]
    return frame.loc[:, told] if not all(told) else frame, np.arange(1, len(body) + 1)


def _note_empty_rows(delivery: Delivery, prefilled: frozenset[str]) -> None:
    """Rows that hold nothing, nothing but what a template held already, a sum or the headers again are left out and told."""
    to_fill = delivery.frame.drop(columns=[c for c in delivery.frame.columns if c in prefilled])
    judged = to_fill if to_fill.shape[1] else delivery.frame
    empty = judged.isna().all(axis=1).to_numpy() if len(delivery.frame) else np.zeros(0, dtype=bool)
    blank = delivery.frame.isna().all(axis=1).to_numpy()
    why = {int(n): "" if blank[n] else "预填的行没有填写" for n in np.flatnonzero(empty)} | _no_rows(delivery.frame, ~empty)
    if why:
        out = np.isin(np.arange(len(delivery.frame)), list(why))
        delivery.issues += [
            issue("row_empty", file=delivery.file, layer=delivery.detected.layer, row=delivery.rows[n], value=why[n]) for n in sorted(why)
        ]
        delivery.frame, delivery.rows = delivery.frame[~out].reset_index(drop=True), delivery.rows[~out]


def _no_rows(frame: pd.DataFrame, among: np.ndarray) -> dict[int, str]:
    """Rows that are none: sums (合计 in the first cell that holds anything), the headers printed again."""
    found: dict[int, str] = {}
    suspects = {
        n
        for name in frame.columns
        for n, c in enumerate(frame[name])
        if c is not None and (c == name or (len(c) < 9 and c[:1] in "合总總小共" and ("计" in c or "計" in c)))
    }
    for n in sorted(suspects & set(np.flatnonzero(among).tolist())):
        cells = [
            (str(name), str(cell)) for name, cell in zip(frame.columns, frame.iloc[n], strict=True) if cell is not None and cell == cell
        ]
        if cells and _SUM.fullmatch("".join(cells[0][1].split())):
            found[n] = "合计行"
        elif len(cells) > 1 and all(name == cell.strip() for name, cell in cells):
            found[n] = "重复的表头行"
    return found
