"""The Excel files of a county: which table goes into which file, in the order they refer to one another."""

from __future__ import annotations

from datetime import date

from geodata.book import Book
from geodata.sheets import Delivery, Sheet

TABLES = (
    ("enterprises", date(2025, 8, 31), "企业名录.xlsx"),
    ("occupancy", date(2025, 1, 15), "用地关系.xlsx"),
    ("buildings", date(2025, 6, 30), "厂房楼幢.xlsx"),
    ("contracts", date(2025, 6, 30), "出让合同.xlsx"),
    ("supplements", date(2025, 6, 30), "补充协议.xlsx"),
    ("standard-land", date(2025, 6, 30), "标准地指标.xlsx"),
)
LISTS = ("高耗低效", "散乱污", "落后产能")
LIST_DATE = date(2025, 9, 30)
FIGURES = (
    ("indicators", date(2025, 7, 31), "企业指标.xlsx"),
    ("grades", date(2025, 8, 8), "亩均评价结果.xlsx"),
)


def table_deliveries(book: Book) -> list[Delivery]:
    """The Excel files in the order in which they refer to one another."""
    result = [Delivery(kind, day, [Sheet(name, kind, book.rows[kind])]) for kind, day, name in TABLES]
    for name in LISTS:
        rows = [row for row in book.rows["lists"] if row.values["清单"] == name]
        layer = "" if rows else name
        result.append(Delivery("lists", LIST_DATE, [Sheet(f"清单_{name}.xlsx", "lists", rows)], layer=layer))
    return result + [Delivery(kind, day, [Sheet(name, kind, book.rows[kind])]) for kind, day, name in FIGURES]
