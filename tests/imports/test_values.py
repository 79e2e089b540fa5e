"""Cells to values: missing words, numbers, dates, words of lists; headers with units."""

import contextlib
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.imports import values
from app.imports.columns import aliases, map_columns, read_mapping, split_unit
from app.imports.errors import ColumnsMissing, MappingInvalid
from app.imports.kinds import KINDS, kind_of
from app.imports.readers.vector import _texts, int_or_none


@pytest.mark.parametrize("raw", ["", " ", "—", "/", "无", "尚無資料", "NA", "\u3000", "\ufeff", "\t", None])
def test_words_for_nothing_are_unknown_not_zero(raw: str | None) -> None:
    assert values.clean(raw) is None
    assert values.number(raw) is None
    assert values.day(raw) is None


@given(st.lists(st.none() | st.from_regex(r"[0-9]{1,12}(\.[0-9]{0,3})?", fullmatch=True) | st.sampled_from(["-1", "1e3", "无", "1,000"])))
def test_numbers_that_are_read_at_once_are_read_as_one_by_one(cells: list[str | None]) -> None:
    for some in (cells, [cell for cell in cells if cell and len(cell) < 12 and "." in cell[-3:-1]]):
        found = values.cents(pa.array(some, pa.large_string()))
        if found is not None:
            assert found.to_pylist() == [None if (said := values.number(cell)) is None else said.quantize(Decimal("0.01")) for cell in some]


@given(st.lists(st.none() | st.floats() | st.integers(-(10**11), 10**11).map(lambda n: n / 100), max_size=9))
def test_numbers_of_a_file_are_written_as_python_writes_them(numbers: list[float | None]) -> None:
    for some in (numbers, [n for n in numbers if n is None or 1e-4 <= abs(n) < 1e10]):
        spelled = [None if n is None or n != n else str(int(n)) if n == int_or_none(n) else repr(n) for n in some]
        assert _texts(pa.array(some, pa.float64())).to_pylist() == spelled


def test_tabs_boms_and_full_width_spaces_are_stripped() -> None:
    assert values.clean("\ufeff\t 慈溪\u3000") == "慈溪"
    assert values.code("\t3302 82gb") == "330282GB"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [("1,234.50", "1234.50"), ("12.5", "12.5"), ("-3", "-3"), ("1e3", "1E+3"), ("0", "0"), (" 7 ", "7")],
)
def test_numbers_in_common_spellings(raw: str, expected: str) -> None:
    assert values.number(raw) == Decimal(expected)


@pytest.mark.parametrize("raw", ["约50人", "三层半", "12%", "1,23", "1.2.3", "1e99", "∞", "."])
def test_what_is_no_number_is_unreadable(raw: str) -> None:
    with pytest.raises(values.Unreadable):
        values.number(raw)


@pytest.mark.parametrize("raw", ["2024-01-02", "2024/1/2", "2024年1月2日", "20240102", "2024.1.2", "2024-01-02 00:00:00", "2024-01-02T08:30:00+08:00",
                                 "2.1.2024", "45293", "２０２４-1-2"])  # fmt: skip
def test_dates_in_common_spellings(raw: str) -> None:
    assert values.day(raw) == date(2024, 1, 2)


@pytest.mark.parametrize("raw", ["2023-02-30", "9999-99-99", "2020-13-45", "2024年", "1/2/2024", "04-Mar-19", "123"])
def test_what_is_no_date_is_unreadable(raw: str) -> None:
    with pytest.raises(values.Unreadable):
        values.day(raw)


@given(st.text(max_size=40))
def test_no_text_breaks_the_parsers(raw: str) -> None:
    for parse in (values.clean, values.code, values.number, values.integer, values.day, lambda t: values.word(t, "status")):
        with contextlib.suppress(values.Unreadable):
            parse(raw)


def test_words_of_lists_have_stable_codes() -> None:
    assert values.word("国有", "ownership") == "G"
    assert values.word("标准地出让", "supply_mode") == "standard_land"
    assert values.word("≥", "comparator") == ">="
    with pytest.raises(values.Unreadable):
        values.word("待定", "legality")


@pytest.mark.parametrize(
    ("header", "name", "unit"),
    [
        ("证载面积（亩）", "证载面积", "亩"),
        ("证载面积(㎡)", "证载面积", "m2"),
        ("证载面积(公顷)", "证载面积", "公顷"),
        ("税收(万元)", "税收", "万元"),
        ("名称", "名称", ""),
    ],
)
def test_units_are_read_from_headers(header: str, name: str, unit: str) -> None:
    assert split_unit(header) == (name, unit)


def test_every_column_of_every_kind_has_a_header() -> None:
    for kind in KINDS.values():
        assert set(aliases(kind.name)) == {column.name for column in kind.columns}


def test_the_preferred_header_wins_and_the_rest_is_told() -> None:
    found = map_columns(["编号", "宗地代码", "mj"], kind_of("parcels"))
    assert found.matches["cadastral_code"].header == "宗地代码"
    assert found.unused == ["编号", "mj"]


def test_ten_byte_field_names_of_shapefiles_are_known() -> None:
    found = map_columns(["不动产单元", "统一社"], kind_of("parcels"), short_headers=True)
    assert found.matches["real_estate_unit_code"].header == "不动产单元"


def test_a_missing_required_column_is_named() -> None:
    with pytest.raises(ColumnsMissing, match="统一社会信用代码"):
        map_columns(["企业名称"], kind_of("enterprises"))


def test_a_mapping_file_wins_and_must_fit(tmp_path: Path) -> None:
    mapping = tmp_path / "map.toml"
    mapping.write_text('cadastral_code = "参考号"\narea_registered = {header = "參考面", unit = "亩"}\n', encoding="utf-8")
    found = map_columns(["参考号", "參考面", "宗地代码"], kind_of("parcels"), override=read_mapping(mapping))
    assert found.matches["cadastral_code"].header == "参考号"
    assert found.matches["area_registered"].unit == "亩"
    with pytest.raises(MappingInvalid, match="參考面"):
        map_columns(["参考号"], kind_of("parcels"), override=read_mapping(mapping))


@pytest.mark.parametrize("text", ["1e999999999999", "-1e9999999", "1e-99999999", "9" * 400])
def test_a_number_beyond_all_figures_is_unreadable(text: str) -> None:
    with pytest.raises(values.Unreadable):
        values.number(text)
