"""Cells to values: text cleaned, numbers, dates in the spellings counties use, words of fixed lists. None = unknown, never 0."""

import csv
import re
import unicodedata
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from app.imports.traditional import simplified

MISSING = frozenset(
    {"", "-", "--", "—", "——", "/", "\\", "无", "無", "尚無資料", "尚无资料", "暂无", "NA", "N/A", "#N/A", "NULL", "NONE", "NAN"}
)
_SMALLEST = -20
"""Decimal place below which a number other than zero is no figure of anything."""
LARGEST = Decimal(10) ** 12
"""Beyond this no column of the register holds a number."""
_INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u2060\x00"))
_UNSEEN = re.compile("[\t\r\n\ufeff\u200b\u200c\u200d\u2060\x00]")
_SPACES = r"[\x00-\x20\x{85}\x{a0}\x{1680}\x{2000}-\x{200d}\x{2028}\x{2029}\x{202f}\x{205f}\x{2060}\x{3000}\x{feff}]"
"""Every character that `clean` may take away, as RE2 has it."""
_LONGEST_MISSING = max(map(len, MISSING))
_LARGEST_INT = 2**31
_EXCEL_EPOCH = date(1899, 12, 30)
_EXCEL_DAYS = range(20_000, 80_000)
"""Excel serial days of 1954–2119: what a date cell without date format holds."""
_YMD = re.compile(
    r"^(\d{4})\s*(?:[-/.年])\s*(\d{1,2})\s*(?:[-/.月])\s*(\d{1,2})\s*日?(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$"
)
_DMY = re.compile(r"^(\d{1,2})\.(\d{1,2})\.(\d{4})$")
_NUMBER = re.compile(r"^[+-]?(\d{1,3}(,\d{3})+|\d+)?(\.\d*)?(e[+-]?\d{1,3})?$", re.IGNORECASE)


class Unreadable(ValueError):
    """The cell holds something that is not of the field's type."""


def clean(raw: str | None) -> str | None:
    """Text without TAB, BOM, invisible marks and outer white space (full-width too); None when it means 'nothing'."""
    if raw is None:
        return None
    text = raw.strip()
    if _UNSEEN.search(text):
        text = text.translate(_INVISIBLE).replace("\t", "").strip()
        text = re.sub(r"\s*[\r\n]+\s*", " ", text)  # a line broken within a cell
    return None if len(text) <= _LONGEST_MISSING and (text in MISSING or text.upper() in MISSING) else text


def all_clean(texts: pa.Array, *, longest: int) -> bool:
    """Whether `clean` surely leaves every one of these as it is, and none has more characters."""
    length = pc.utf8_length(texts)
    within = pc.and_(pc.greater(length, _LONGEST_MISSING), pc.less_equal(length, longest))
    return bool(pc.all(within).as_py() is not False and not pc.any(pc.match_substring_regex(texts, _SPACES)).as_py())


def cents(texts: pa.Array) -> pa.Array | None:
    """The numbers, where all are digits with at most two decimals: what `number` says of each, at two decimals. Else None."""
    plain = pc.match_substring_regex(texts, r"^[0-9]{1,11}(?:\.[0-9]{1,2})?$")
    return pc.cast(texts, pa.decimal128(38, 2)) if pc.all(plain).as_py() else None


def code(raw: str | None) -> str | None:
    """An identifier: full-width folded, no white space, upper case."""
    text = clean(raw)
    if text is None:
        return None
    return "".join((text if text.isascii() else unicodedata.normalize("NFKC", text)).split()).upper()


def number(raw: str | None) -> Decimal | None:
    """A number with or without thousands separators; Unreadable otherwise."""
    text = clean(raw)
    if text is None:
        return None
    try:
        return _finite(Decimal(text))  # the plain case, most cells
    except InvalidOperation:
        pass
    folded = unicodedata.normalize("NFKC", text).replace(" ", "").replace("−", "-")
    if not _NUMBER.match(folded) or not any(c.isdigit() for c in folded):
        raise Unreadable(text)
    return _finite(Decimal(folded.replace(",", "")))


def _finite(value: Decimal) -> Decimal:
    if not value.is_finite() or value.copy_abs() >= LARGEST or (value and value.adjusted() < _SMALLEST):  # abs() of 1e999999999 raises
        raise Unreadable(str(value))
    return value


def integer(raw: str | None) -> int | None:
    """A whole number (a year may end in 年 or 年度)."""
    text = clean(raw)
    value = number(re.sub("年度?$", "", text)) if text else None
    if value is not None and (value != value.to_integral_value() or abs(value) >= _LARGEST_INT):
        raise Unreadable(str(raw))
    return None if value is None else int(value)


@cache
def day(raw: str | None) -> date | None:
    """A date: 2024-01-02, 2024/1/2, 2024.1.2, 2024年1月2日, 20240102, 2.1.2024, Excel's serial day."""
    text = clean(raw)
    if text is None:
        return None
    text = unicodedata.normalize("NFKC", text)
    try:
        if match := _YMD.match(text):
            return date(*map(int, match.groups()))
        if match := _DMY.match(text):
            return date(*map(int, reversed(match.groups())))
        if text.isdigit() and len(text) == 8:
            return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError as error:
        raise Unreadable(text) from error
    if re.fullmatch(r"\d{5}(\.\d+)?", text) and int(text[:5]) in _EXCEL_DAYS:
        return _EXCEL_EPOCH + timedelta(days=int(text[:5]))
    raise Unreadable(text)


@cache
def vocabulary(name: str) -> dict[str, str]:
    """Word (folded) → stored value of one list."""
    with Path(__file__).with_name("vocabularies.csv").open(encoding="utf-8", newline="") as handle:
        return {fold_word(row["word"]): row["value"] for row in csv.DictReader(handle) if row["list"] == name}


@cache
def words(name: str) -> list[str]:
    """The preferred word of each stored value of one list, in the list's order."""
    first: dict[str, str] = {}
    with Path(__file__).with_name("vocabularies.csv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            if row["list"] == name:
                first.setdefault(row["value"], row["word"])
    return list(first.values())


def fold_word(text: str) -> str:
    """Full-width forms, brackets and traditional characters folded, white space and quotation marks dropped."""
    return simplified(re.sub(r"[\s“”\"'‘’]", "", unicodedata.normalize("NFKC", text)).upper())


def word(raw: str | None, name: str) -> str | None:
    """A word of a fixed list as its stored value."""
    text = clean(raw)
    if text is None:
        return None
    try:
        return vocabulary(name)[fold_word(text)]
    except KeyError as error:
        raise Unreadable(text) from error
