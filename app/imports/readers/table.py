"""Excel (calamine) and CSV: one header row, every cell kept as text."""

import csv
import datetime as dt
import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from python_calamine import CalamineError, CalamineWorkbook

from app.imports.checks.catalogue import issue
from app.imports.errors import FileUnreadable, LayerAmbiguous, LayerUnknown, asking
from app.imports.readers import coordinates
from app.imports.readers import encoding as encodings
from app.imports.readers.base import STATED, Delivery, Detected, ReadOptions, sha256_of
from app.imports.readers.container import Source
from app.imports.workbooks import own

Grid = list[list[str | None]]
_HEADER_ROWS = 10


def read(source: Source, options: ReadOptions, detected: Detected) -> Delivery:
    """The one sheet (or CSV) of a table file."""
    grid, prefilled = _read_csv(source, options, detected) if source.format == "csv" else _read_sheet(source, options, detected)
    headers, body = _split(grid, source)
    frame, rows = _frame(headers, body)
    delivery = Delivery(Path(source.name), sha256_of(source.parts), detected, frame, None, rows)
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


def _read_sheet(source: Source, options: ReadOptions, detected: Detected) -> tuple[Grid, frozenset[str]]:
    """The sheet with the data, and the columns that a template filled in beforehand."""
    try:
        with CalamineWorkbook.from_path(source.path) as book:
            grids = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=True) for name in book.sheet_names}
    except (CalamineError, OSError, ValueError) as error:
        raise FileUnreadable(f"{source.name} 不是有效的 Excel 文件(损坏或加密):{str(error)[:99]}", hint="请另存为 .xlsx") from error
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
            **asking("layer", [(name, name, f"{len(grids[name])} 行") for name in filled]),
        )  # fmt: skip
    detected.chose_layer(chosen, STATED if chosen == options.layer else "唯一有数据的工作表")
    detected.found("encoding", "UTF-8", 0.99, "格式规定")
    return [[cell_text(cell) for cell in row] for row in grids[chosen]], prefilled


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
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",\t;|", key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise FileUnreadable(f"{source.name} 的 CSV 结构有误:{error}") from error
    return [[cell or None for cell in row] for row in rows], frozenset()


def _split(grid: Grid, source: Source) -> tuple[list[str], Grid]:
    """Headers, and the rows below them."""
    grid = [[c if c is None or c.strip() else None for c in row] for row in grid]
    position = header_row(grid)
    if position is None:
        raise FileUnreadable(f"{source.name} 里没有数据")
    return [(c or "").strip() for c in grid[position]], grid[position + 1 :]


def header_row(grid: Grid) -> int | None:
    """The first row filled over at least half of the width, below any title lines."""
    widest = max((sum(c is not None for c in row) for row in grid[:_HEADER_ROWS]), default=0)
    filled = (p for p, row in enumerate(grid[:_HEADER_ROWS]) if sum(c is not None for c in row) * 2 >= widest)
    return next(filled, None) if widest else None


def _frame(headers: list[str], body: Grid) -> tuple[pd.DataFrame, np.ndarray]:
    """Columns by header; one without header that holds anything is named by its place; trailing empty rows are no rows at all."""
    while body and not any(body[-1]):
        body.pop()
    width = len(headers)
    padded = [(row + [None] * width)[:width] for row in body]
    names: list[str] = []
    for place, header in enumerate(headers, 1):
        number, name = 1, header or f"第{place}列"
        while name in names:
            number += 1
            name = f"{header}_{number}"
        names.append(name)
    frame = pd.DataFrame(padded, columns=names, dtype=object)
    told = [bool(header) or bool(frame[name].notna().any()) for header, name in zip(headers, names, strict=True)]
    return frame.loc[:, told] if not all(told) else frame, np.arange(1, len(body) + 1)


def _note_empty_rows(delivery: Delivery, prefilled: frozenset[str]) -> None:
    """Rows that hold nothing, or nothing but what a template held already, are left out and told."""
    to_fill = delivery.frame.drop(columns=[c for c in delivery.frame.columns if c in prefilled])
    judged = to_fill if to_fill.shape[1] else delivery.frame
    empty = judged.isna().all(axis=1).to_numpy() if len(delivery.frame) else np.zeros(0, dtype=bool)
    if empty.any():
        layer, blank = delivery.detected.layer, delivery.frame.isna().all(axis=1)
        delivery.issues += [
            issue("row_empty", file=delivery.file, layer=layer, row=row, value="" if nothing else "预填的行没有填写")
            for row, nothing in zip(delivery.rows[empty], blank[empty], strict=True)
        ]
        delivery.frame, delivery.rows = delivery.frame[~empty].reset_index(drop=True), delivery.rows[~empty]
