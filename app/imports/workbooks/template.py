"""The Excel template of a kind for a responsible body: codes filled in and protected, drop-downs, notes at each header. Pure."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import xlsxwriter

from app.imports.errors import GeometryRequired
from app.imports.kinds import Column, Kind
from app.imports.values import words
from app.imports.workbooks import own
from app.imports.workbooks.meanings import header, meanings, remark
from app.imports.workbooks.subjects import Pair, Subjects

SPARE = 2_000
"""Rows below the filled-in ones that have the drop-downs too."""
AUTHOR = "一码管地"
_FIRST_LIST_ROW = 3
_GIVEN = {
    "buildings": ("parcels", "parcel", "现登记宗地名称"), "occupancy": ("parcels", "parcel", "现登记宗地名称"),
    "contracts": ("parcels", "parcel", "现登记宗地名称"), "enterprises": ("enterprises", "uscc", "现登记企业名称"),
    "indicators": ("enterprises", "uscc", "现登记企业名称"), "grades": ("enterprises", "uscc", "现登记企业名称"),
    "supplements": ("contracts", "electronic_no", "所在宗地代码"), "standard-land": ("contracts", "electronic_no", "所在宗地代码"),
}  # fmt: skip
"""Kind → what is filled in, in which column, and the header of what is shown beside it (no column of the kind)."""
_PROTECT = {
    "format_cells": True, "format_columns": True, "format_rows": True, "insert_rows": True, "delete_rows": True, "sort": True,
    "autofilter": True,
}  # fmt: skip
_NUMBERS = {"validate": "decimal", "criteria": "between", "error_title": "不是数字", "error_message": "请填数字,单位见表头"}
_LARGEST = 999_999_999_999


@dataclass(frozen=True)
class Field:
    """A column of the sheet; `column` is None for what is only shown."""

    header: str
    note: str
    must: str
    column: Column | None
    given: Sequence[str] = ()


def template(kind: Kind, subjects: Subjects) -> bytes:
    """The workbook (.xlsx). Errors: GeometryRequired for a kind that can't be delivered as a table."""
    if kind.geometry == "required":
        raise GeometryRequired(f"“{kind.label}”以图形交付,没有表格模板", pointer="query:kind")
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        fields = _fields(kind, subjects)
        sheet, lists, guide = (book.add_worksheet(name) for name in (kind.label, own.LISTS, own.GUIDE))
        rows = max((len(field.given) for field in fields), default=0)
        _headers(book, sheet, fields)
        _given(book, sheet, fields)
        _validate(sheet, fields, _lists(lists, fields, subjects), rows + SPARE)
        _guide(book, guide, kind, subjects, fields)
    return out.getvalue()


def _fields(kind: Kind, subjects: Subjects) -> list[Field]:
    """The columns: the one filled in first, what is shown beside it, then the rest."""
    said = meanings(kind)
    made = {c.name: Field(header(c, said[c.name]), said[c.name].note, said[c.name].must, c) for c in kind.columns}
    if kind.name not in _GIVEN:
        return list(made.values())
    source, name, shown = _GIVEN[kind.name]
    pairs: list[Pair] = getattr(subjects, source)
    key = made.pop(name)
    first = Field(key.header, key.note + "\n已预填并锁定;增行填在下面", key.must, key.column, [code for code, _ in pairs])
    beside = Field(shown, "仅供核对,不导入", "", None, [text for _, text in pairs])
    return [first, beside, *made.values()]


def _headers(book: Any, sheet: Any, fields: list[Field]) -> None:
    shades = {"": "#EDEDED", "必填": "#F8CBAD"}
    sheet.freeze_panes(1, 1)
    sheet.protect("", _PROTECT)
    sheet.ignore_errors({"number_stored_as_text": "A1:AZ1048576"})
    for place, field in enumerate(fields):
        kind = field.column.type if field.column else "text"
        shown = {"date": "yyyy-mm-dd", "number": "General", "int": "0"}.get(kind, "@")
        sheet.set_column(place, place, max(12, 2 * len(field.header) + 2), book.add_format({"num_format": shown, "locked": False}))
        bold = book.add_format({"bold": True, "border": 1, "bg_color": shades.get(field.must, "#FFE699")})
        sheet.write_string(0, place, field.header, bold)
        sheet.write_comment(0, place, field.note, {"author": AUTHOR, "x_scale": 2, "y_scale": 1.4})


def _given(book: Any, sheet: Any, fields: list[Field]) -> None:
    locked = book.add_format({"num_format": "@", "bg_color": "#F2F2F2", "locked": True})
    for place, field in enumerate(fields):
        for row, text in enumerate(field.given, 1):
            sheet.write_string(row, place, text, locked)
        if field.given:
            sheet.set_column(place, place, 26, book.add_format({"num_format": "@", "locked": False}))


def _lists(sheet: Any, fields: list[Field], subjects: Subjects) -> dict[str, str]:
    """The hidden sheet of words; header → range of its list."""
    sheet.hide()
    sheet.write_string(0, 0, own.MARK)
    sheet.write_row(1, 0, [own.PREFILLED, *(field.header for field in fields if field.given)])
    ranges = {}
    for place, (name, choices) in enumerate(_choices(fields, subjects).items(), 1):
        sheet.write_string(_FIRST_LIST_ROW - 1, place, name)
        sheet.write_column(_FIRST_LIST_ROW, place, choices)
        letter = xlsxwriter.utility.xl_col_to_name(place)
        ranges[name] = f"='{own.LISTS}'!${letter}${_FIRST_LIST_ROW + 1}:${letter}${_FIRST_LIST_ROW + len(choices)}"
    return ranges


def _choices(fields: list[Field], subjects: Subjects) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for field in fields:
        column = field.column
        if column is None:
            continue
        if column.words:
            found[field.header] = words(column.words)
        elif column.name == "parcel":
            found[field.header] = [code for code, _ in subjects.parcels]
        elif column.name == "electronic_no" and field.given:
            found[field.header] = list(field.given)
    return {name: choices for name, choices in found.items() if choices}


def _validate(sheet: Any, fields: list[Field], lists: dict[str, str], last: int) -> None:
    for place, field in enumerate(fields):
        if rule := _rule(field, lists):
            sheet.data_validation(1, place, last, place, {"ignore_blank": True, **rule})


def _rule(field: Field, lists: dict[str, str]) -> dict[str, Any] | None:
    """What may be typed into a cell of the column; a code that is not in its list is asked about, not refused (it may be new)."""
    column = field.column
    if column is None:
        return None
    if field.header in lists:
        kind = "stop" if column.words else "warning"
        return {"validate": "list", "source": lists[field.header], "error_type": kind, "error_title": "不在名单内",
                "error_message": "请从下拉名单中选取"}  # fmt: skip
    if column.type == "uscc" or column.name == "counterparty":
        return {"validate": "length", "criteria": "==", "value": 18, "error_title": "位数不对", "error_message": "统一社会信用代码为18位"}
    if column.type == "date":
        return {"validate": "date", "criteria": "between", "minimum": date(1949, 1, 1), "maximum": date(2099, 12, 31),
                "error_title": "不是日期", "error_message": "请按 2025-09-30 的样式填写"}  # fmt: skip
    if column.type == "int":
        least, most = (1990, 2099) if column.name == "year" else (0, 1_000_000)
        return {**_NUMBERS, "validate": "integer", "minimum": least, "maximum": most, "error_message": f"请填 {least} 到 {most} 的整数"}
    if column.type == "number":
        return {**_NUMBERS, "minimum": 0 if column.dimension == "area" else -_LARGEST, "maximum": _LARGEST}
    return None


def _guide(book: Any, sheet: Any, kind: Kind, subjects: Subjects, fields: list[Field]) -> None:
    bold, wrap = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 90)
    sheet.write_string(0, 0, own.MARK)
    told = [
        ("模板", f"{kind.label} · {subjects.place}"),
        ("怎样填", "灰底的格是预填的,已锁定;其余都可以填。不够在下面加行。空着就是不知道,从不当作0。预填而没有填写的行导入时略过。"),
        ("说明", remark(kind)),
        ("导入", f"yima import 本文件 --kind {kind.name} --county 县代码 --data-date 资料日期"),
    ]
    for row, (name, text) in enumerate(told, 2):
        sheet.write_string(row, 0, name, bold)
        sheet.write_string(row, 1, text, wrap)
    for row, field in enumerate(fields, len(told) + 3):
        sheet.write_string(row, 0, field.header, bold)
        sheet.write_string(row, 1, field.note, wrap)
