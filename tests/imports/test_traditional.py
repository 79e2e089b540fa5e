"""Headers, units and words in traditional characters are those of aliases.csv and vocabularies.csv; texts stay as delivered."""

import csv
from pathlib import Path

import pytest

from app.imports import columns, values
from app.imports.columns import UNITS, map_columns
from app.imports.kinds import KINDS
from app.imports.traditional import TABLE

from .conftest import FIRST, TestCounty
from .makers import square

FOLDER = Path(columns.__file__).parent
HEADERS = {
    "parcels": {"宗地代碼": "cadastral_code", "證載面積(畝)": "area_registered", "權屬性質": "ownership", "鄉鎮代碼": "", "責任主體": "responsible_body",
                "不動產單元號": "real_estate_unit_code", "土地證面積": "area_registered", "合法性": "legality", "地類編碼": "land_use_code",
                "出讓面積": "area_contract", "區塊編號": "block_code"},
    "indicators": {"統一社會信用代碼": "uscc", "年度": "year", "稅收(萬元)": "tax", "營業收入(億元)": "revenue", "綜合能耗(噸標準煤)": "energy",
                   "用電量(萬千瓦時)": "electricity", "從業人員(人)": "staff", "研發費用": "rd", "數據日期": "data_on"},
    "contracts": {"電子監管號": "electronic_no", "約定動工日期": "agreed_start_on", "約定竣工日期": "agreed_complete_on",
                  "實際動工日期": "actual_start_on", "簽訂日期": "signed_on", "總投資(萬元)": "total_investment"},
}  # fmt: skip


@pytest.mark.parametrize(("kind", "header", "canonical"), [(k, h, c) for k, told in HEADERS.items() for h, c in told.items() if c])
def test_a_header_is_known(kind: str, header: str, canonical: str) -> None:
    found = columns.matched([header], KINDS[kind]).matches
    assert set(found) == {canonical}


def test_a_cut_header_of_a_big5_shapefile_is_known() -> None:
    cut = "不動產單元號".encode("cp950")[:10].decode("cp950")
    found = columns.matched([cut], KINDS["parcels"], short_headers=True)
    assert set(found.matches) == {"real_estate_unit_code"}


def test_only_characters_of_our_words_are_folded() -> None:
    ours = set("".join(unit for known in UNITS.values() for unit in known)) | set(
        "经度纬度东坐标北坐标横坐标纵坐标图形单位合计总计小计共计"
    )
    for name, column in (("aliases.csv", "alias"), ("vocabularies.csv", "word")):
        with (FOLDER / name).open(encoding="utf-8", newline="") as rows:
            ours |= set("".join(row[column] for row in csv.DictReader(rows)))
    assert not ours & {chr(c) for c in TABLE}, "our own words would no longer be found"
    assert {chr(c) for c in TABLE.values()} <= ours


@pytest.mark.parametrize(
    ("words", "said", "stored"),
    [("ownership", "國有", "G"), ("ownership", "集體", "J"), ("legality", "有證", "certified"), ("relation", "承租", "rent_in"),
     ("supply_mode", "標準地出讓", values.word("标准地出让", "supply_mode")), ("status", "註銷", values.word("注销", "status"))],
)  # fmt: skip
def test_a_word_is_known(words: str, said: str, stored: str) -> None:
    assert values.word(said, words) == stored


async def test_a_delivery_in_traditional_characters(county: TestCounty, tmp_path: Path) -> None:
    lines = [
        "宗地代碼,宗地名稱,證載面積(畝),權屬性質,責任主體,WKT",
        f'{county.key(1)},東廠區,12,國有,甲镇,"{square(0, 0).wkt}"',
        '總計,,12,,,""',
    ]
    (path := tmp_path / "宗地.csv").write_text("\n".join(lines), encoding="cp950", errors="xmlcharrefreplace")
    report = await county.load(path, on=FIRST, crs="EPSG:4549")
    assert [(i.row, i.code) for i in report.issues if i.code != "value_unknown"] == [(2, "row_empty")], report.issues
    (row,) = await county.rows("SELECT name, area_registered_m2, ownership FROM parcel_version WHERE county_code = :c")
    assert (row.name, float(row.area_registered_m2), row.ownership) == ("東廠區", 8000.0, "G")


def test_thousands_of_headers_are_mapped_soon_and_told_in_short() -> None:
    many = [f"c{n}" for n in range(16_000)]
    with pytest.raises(columns.ColumnsMissing) as refused:
        map_columns(many, KINDS["grades"])
    assert "等 16000 列" in (refused.value.hint or "")
    assert len(refused.value.hint or "") < 500
    assert len(refused.value.extra["headers"]) == 500


def test_a_header_of_a_million_characters_is_none(tmp_path: Path) -> None:
    from app.imports.errors import FileUnreadable
    from app.imports.readers import read

    (path := tmp_path / "a.csv").write_bytes(b'"' * (2 << 20))
    with pytest.raises(FileUnreadable, match="表头长"):
        read(path)
