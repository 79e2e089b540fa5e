"""CSV with the shape as WKT, and Excel without shapes: Chinese headers, a sheet that explains the columns."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import shapely
import xlsxwriter

from app.maps.exports import batches
from app.maps.exports.errors import ExportTooLarge
from app.maps.exports.writers.job import Job

SHEET_ROWS = 1_048_575
_FORMULA = r"^[=+\-@\t\r]"


def write_csv(file: Path, job: Job) -> None:
    """UTF-8 with BOM (spreadsheets need it) or GBK; a text that looks like a formula is kept one by an apostrophe."""
    encoding = job.order.encoding
    lost = 0
    with file.open("wb", buffering=1 << 20) as out:
        out.write(_encoded(",".join((*job.table.names, "wkt")) + "\n", encoding)[0] if encoding == "GBK" else
                  ("\ufeff" + ",".join((*job.table.names, "wkt")) + "\n").encode())  # fmt: skip
        for batch in job.arrow():
            shapes = shapely.from_wkb(batch.column("geom").to_numpy(zero_copy_only=False))
            wkt = pa.array(shapely.to_wkt(shapes, rounding_precision=9 if job.target.is_degrees else 4), pa.string())
            columns = [_safe(c) for c in batches.flat(batch).columns[:-1]]
            sink = pa.BufferOutputStream()
            pcsv.write_csv(pa.table([*columns, wkt], [*job.table.names, "wkt"]), sink, pcsv.WriteOptions(include_header=False))
            body = sink.getvalue().to_pybytes()
            if encoding == "GBK":
                body, n = _encoded(body.decode(), encoding)
                lost += n
            out.write(body)
    if lost:
        job.notes.append(f"{lost} 行含 {encoding} 没有的字,已用 ? 代替;需要全文请用 UTF-8")


def _encoded(text: str, encoding: str) -> tuple[bytes, int]:
    """The text in the encoding and how many of its lines lost a letter."""
    try:
        return text.encode(encoding), 0
    except UnicodeEncodeError:
        lines = text.splitlines(keepends=True)
        written = [line.encode(encoding, "replace") for line in lines]
        return b"".join(written), sum(a.decode(encoding) != b for a, b in zip(written, lines, strict=True))


def _safe(column: pa.Array) -> pa.Array:
    if not pa.types.is_string(column.type):
        return column
    suspect = pc.match_substring_regex(column, _FORMULA)
    return pc.if_else(suspect, pc.binary_join_element_wise("'", column, ""), column) if pc.any(suspect).as_py() else column


def write_excel(file: Path, job: Job) -> None:
    """One sheet of rows under Chinese headers with units, one that says what the columns are and where they come from."""
    if job.head.rows > SHEET_ROWS:
        raise ExportTooLarge(f"{job.head.rows} 行,一个工作表最多 {SHEET_ROWS} 行", hint="请加筛选条件,或用 CSV、GeoPackage")
    book = xlsxwriter.Workbook(
        str(file), {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "tmpdir": str(file.parent)}
    )
    sheet, bold = book.add_worksheet("数据"), book.add_format({"bold": True})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.freeze_panes(1, 0)
    sheet.write_row(0, 0, [c.title for c in job.table.columns], bold)
    number = 1
    for batch in job.arrow():
        columns = [c.to_pylist() for c in batches.flat(batch).columns[:-1]]
        for row in zip(*columns, strict=True):
            _row(sheet, number, row, day)
            number += 1
    _explain(book, bold, job)
    book.close()


def _row(sheet: Any, number: int, row: tuple[Any, ...], day: Any) -> None:
    for place, value in enumerate(row):
        if isinstance(value, str):
            sheet.write_string(number, place, value)
        elif isinstance(value, bool):
            sheet.write_string(number, place, "是" if value else "否")
        elif isinstance(value, int) and value >= 10**11:
            sheet.write_string(number, place, str(value))  # spreadsheets show longer numbers in powers of ten
        elif isinstance(value, int | float):
            sheet.write_number(number, place, value)
        elif value is not None:
            sheet.write_datetime(number, place, value, day)


def _explain(book: Any, bold: Any, job: Job) -> None:
    sheet = book.add_worksheet("说明")
    for number, pair in enumerate(job.about.items()):
        sheet.write_row(number, 0, pair)
    start = len(job.about) + 1
    sheet.write_row(start, 0, ["列", "名称", "单位", "来源"], bold)
    for number, column in enumerate(job.table.columns, start + 1):
        sheet.write_row(number, 0, [column.name, column.label, column.unit or "", column.source])
