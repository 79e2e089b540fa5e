"""Faults of Excel deliveries: codes, references, words, numbers, dates, empty and repeated rows."""

from __future__ import annotations

from geodata.book import Book
from geodata.sheets import Row
from geodata.uscc import broken_code

USCC = "统一社会信用代码"
NOWHERE = "GB99999"


def plant_in_tables(book: Book) -> None:
    """Plant at least one of every row issue of the Excel kinds."""
    stranger = book.new_enterprise()  # valid, but in no register
    nowhere = _unknown_parcel(book)
    _enterprises(book)
    _occupancy(book, stranger, nowhere)
    _figures(book, stranger)
    _contracts(book, nowhere)
    book.add("buildings", nowhere, "1幢", 1, 900.0, 900.0, 0.0, None, 0.0, "2025-06-30").flag(
        "reference_unknown", "宗地代码", applied=False
    )
    storeys = book.rows["buildings"][2]
    storeys.values["层数"] = "三层半"
    storeys.flag("number_invalid", "层数")
    for name in ("高耗低效", "散乱污"):
        book.add("lists", name, stranger, "2024-05-06", "整治办〔2024〕8号").flag("reference_unknown", USCC, applied=False)
    book.add("lists", "落后产能", broken_code(stranger), "2024-05-06", "整治办〔2024〕8号").flag("uscc_invalid", USCC, applied=False)


def _unknown_parcel(book: Book) -> str:
    for row in book.rows["contracts"]:
        code = str(row.values["宗地代码"])
        if len(code) == 19:
            return code[:12] + NOWHERE
    raise LookupError("no contract names a parcel")


def _repeat(book: Book, kind: str, number: int) -> Row:
    """The same row once more, at the end of the sheet."""
    first = book.rows[kind][number]
    again = Row(dict(first.values))
    book.rows[kind].append(again)
    return again


def _empty_row(book: Book, kind: str, position: int) -> None:
    book.rows[kind].insert(position, Row({}).flag("row_empty", applied=False))


def _enterprises(book: Book) -> None:
    rows = book.rows["enterprises"]
    rows[4].values["规模"] = "中型"
    rows[4].flag("value_unknown", "规模")
    rows[7].values["状态日期"] = "2023-02-30"
    rows[7].flag("date_invalid", "状态日期")
    rows[9].values["曾用名"] = "无"  # a word for missing, no issue
    _repeat(book, "enterprises", 11).flag("duplicate_key", USCC, applied=False)
    tail = (None, "3857", "规下", "存续", None, "2025-08-31")
    book.add("enterprises", broken_code(book.new_enterprise()), "代码有误有限公司", *tail).flag("uscc_invalid", USCC, applied=False)
    book.add("enterprises", "913302820000", "代码不全有限公司", *tail).flag("uscc_invalid", USCC, applied=False)
    book.add("enterprises", None, "代码缺失有限公司", *tail).flag("key_missing", USCC, applied=False)
    _empty_row(book, "enterprises", 20)


def _occupancy(book: Book, stranger: str, nowhere: str) -> None:
    first = book.rows["occupancy"][0].values
    firm, parcel = str(first[USCC]), str(first["宗地代码"])
    tail = ("自有", 3.0, None, "2019-01-01", None, "2024-12-31")
    book.add("occupancy", firm, nowhere, *tail).flag("reference_unknown", "宗地代码", applied=False)
    book.add("occupancy", stranger, parcel, *tail).flag("reference_unknown", USCC, applied=False)
    book.add("occupancy", broken_code(firm), parcel, *tail).flag("uscc_invalid", USCC, applied=False)
    book.add("occupancy", firm, None, *tail).flag("key_missing", "宗地代码", applied=False)


def _figures(book: Book, stranger: str) -> None:
    rows = book.rows["indicators"]
    rows[3].values["从业人员(人)"] = "约50人"
    rows[3].flag("number_invalid", "从业人员(人)")
    rows[5].values["研发费用(万元)"] = "—"  # a sign for missing, no issue
    _repeat(book, "indicators", 8).flag("duplicate_key", USCC, applied=False)
    book.add("indicators", stranger, 2024, 30.0, **{"数据日期": "2025-07-31"}).flag("reference_unknown", USCC, applied=False)
    book.add("indicators", None, 2024, 30.0, **{"数据日期": "2025-07-31"}).flag("key_missing", USCC, applied=False)
    _empty_row(book, "indicators", 15)
    grades = book.rows["grades"]
    firm = grades[0].values[USCC]
    book.add("grades", firm, 2019, "3亩以上规下", "E", "2020-08-10", "亩均办〔2020〕3号").flag("value_unknown", "等级")
    book.add("grades", firm, 2018, "3亩以上规下", "B", "2019-13-10", "亩均办〔2019〕3号").flag("date_invalid", "公布日期")
    book.add("grades", stranger, 2024, "租赁", "B", "2025-08-08", "亩均办〔2025〕3号").flag("reference_unknown", USCC, applied=False)
    _repeat(book, "grades", 6).flag("duplicate_key", USCC, applied=False)


def _contracts(book: Book, nowhere: str) -> None:
    plain = [r for r in book.rows["contracts"] if r.values["供应方式"] == "挂牌出让" and r.values["是否动工"] == "是"
             and r.values["是否中止"] == "否" and r.values["约定动工日期"] is not None and not r.issues]  # fmt: skip
    plain[5].values["约定竣工日期"] = "2020-13-45"
    plain[5].flag("date_invalid", "约定竣工日期")
    plain[9].values["出让价款(万元)"] = "详见附件"
    plain[9].flag("number_invalid", "出让价款(万元)")
    late = plain[14].values
    late["约定竣工日期"] = late["签订日期"]
    plain[14].flag("contract_dates_out_of_order", "约定动工日期")
    early = plain[16].values
    early["实际交地日期"] = f"{int(str(early['签订日期'])[:4]) - 1}-12-20"
    plain[16].flag("contract_progress_out_of_order", "实际交地日期")
    number = book.new_contract()
    book.add("contracts", nowhere, number, "挂牌出让", "2018-03-01", 600.0, "2018-09-01", "2020-09-01").flag(
        "reference_unknown", "宗地代码", applied=False
    )
    _repeat(book, "contracts", 2).flag("duplicate_key", "电子监管号", applied=False)
    book.add("supplements", number, "补1", "2024-04-01", "2025-01-31", None, "补〔2024〕1号").flag(
        "reference_unknown", "电子监管号", applied=False
    )
    book.add("standard-land", number, "容积率", "", ">=", 2.0, "竣工", "2027-06-30").flag("reference_unknown", "电子监管号", applied=False)
