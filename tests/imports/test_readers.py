"""Readers: encodings, CRS, layers, damage; nothing guessed silently."""

import datetime as dt
import zipfile
from pathlib import Path

import pytest
import shapely

from app.core.errors import Problem
from app.imports.checks.geometry import repaired
from app.imports.readers import ReadOptions, read
from app.imports.readers.encoding import detect

from . import makers
from .makers import square

ROWS = [{"宗地代码": "330282001001GB00042", "宗地名称": "慈溪工业用地", "电子监管": 9144030019220382}]


def code_of(path: Path, options: ReadOptions | None = None) -> str:
    with pytest.raises(Problem) as caught:
        read(path, options)
    return caught.value.code


@pytest.mark.parametrize(
    ("text", "codec", "name"),
    [("浙江省慈溪市观海卫镇工业用地", "gbk", "gb18030"), ("臺中市西屯區工業區都市計畫", "cp950", "cp950"), ("慈溪市", "utf-8", "utf-8"),
     ("Propriété à Nîmes – zone d'activité", "cp1252", "cp1252"), ("plain", "ascii", "utf-8"), ("简体国语", "gbk", "gb18030"),
     ("乙種工業區", "cp950", "cp950"), ("慈溪", "gbk", "gb18030"), ("宗地", "gbk", "gb18030")],
)  # fmt: skip
def test_encodings_are_told_apart(text: str, codec: str, name: str) -> None:
    assert detect([text.encode(codec)]).name == name


def test_a_wrong_hint_does_not_win_and_an_explicit_encoding_does() -> None:
    gbk = ["浙江省慈溪市观海卫镇工业用地".encode("gbk")]
    assert detect(gbk, hint="cp1252").name == "gb18030"
    assert detect(gbk, explicit="Big5").name == "cp950"


def test_bytes_that_read_as_nothing_are_asked_about() -> None:
    with pytest.raises(Problem) as caught:
        detect([bytes([0x81, 0x8D, 0x8F, 0x90, 0x9D])])
    assert caught.value.code == "encoding_unknown"


@pytest.mark.parametrize("encoding", ["GBK", "UTF-8"])
def test_a_shapefile_without_cpg_is_read_right(tmp_path: Path, encoding: str) -> None:
    path = makers.shapefile(tmp_path / "宗地.shp", ROWS, [square(0, 0)], encoding=encoding)
    (delivery,) = read(path)
    assert delivery.frame.iloc[0].tolist()[:2] == ["330282001001GB00042", "慈溪工业用地"]
    assert delivery.frame.iloc[0].tolist()[2] == "9144030019220382"
    assert delivery.detected.crs == "EPSG:4549"


def test_long_digits_stay_text(tmp_path: Path) -> None:
    path = makers.gpkg(tmp_path / "a.gpkg", [{"宗地代码": 914403001922038216}], [square(0, 0)])
    assert read(path)[0].frame.iloc[0, 0] == "914403001922038216"


def test_a_zipped_shapefile_is_read_and_damaged_ones_are_refused_by_name(tmp_path: Path) -> None:
    path = makers.shapefile(tmp_path / "a.shp", ROWS, [square(0, 0)])
    packed = tmp_path / "a.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for suffix in (".shp", ".shx", ".dbf", ".prj"):
            archive.write(path.with_suffix(suffix), f"交付/a{suffix}")
    assert len(read(packed)[0].frame) == 1
    path.with_suffix(".dbf").write_bytes(b"")
    assert code_of(path) == "file_unreadable"
    path.with_suffix(".dbf").unlink()
    assert code_of(path) == "file_unreadable"
    packed.write_bytes(packed.read_bytes()[:200])
    assert code_of(packed) == "file_unreadable"


@pytest.mark.parametrize(("name", "content"), [("a.gpkg", b"SQLite format 3\x00 cut"), ("a.geojson", b'{"type":'), ("a.xlsx", b"PK\x03\x04 no"),
                                               ("a.gpkg", b""), ("a.txt", b"no plots here\n"), ("a.parquet", b"PAR1")])  # fmt: skip
def test_damaged_files_are_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert code_of(tmp_path / name) == "file_unreadable"


def test_an_empty_zip_and_an_unknown_format_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "empty.zip", "w") as archive:
        archive.writestr("dummyfile.txt", "")
    assert code_of(tmp_path / "empty.zip") == "file_unreadable"
    (tmp_path / "plan.dwg").write_bytes(b"AC1027")
    assert code_of(tmp_path / "plan.dwg") == "format_unknown"
    assert code_of(tmp_path / "absent.gpkg") == "file_unreadable"


def test_several_layers_have_to_be_chosen(tmp_path: Path) -> None:
    path = makers.gpkg(tmp_path / "a.gpkg", ROWS, [square(0, 0)], layer="宗地")
    makers.gpkg(path, ROWS, [square(0, 0)], layer="控制线")
    with pytest.raises(Problem, match="控制线") as caught:
        read(path)
    assert caught.value.code == "layer_ambiguous"
    assert read(path, ReadOptions(layer="控制线"))[0].detected.layer == "控制线"
    assert code_of(path, ReadOptions(layer="无此层")) == "layer_unknown"


def test_without_a_crs_a_file_is_refused_unless_it_is_stated(tmp_path: Path) -> None:
    path = makers.shapefile(tmp_path / "a.shp", ROWS, [square(0, 0)])
    path.with_suffix(".prj").unlink()
    assert code_of(path) == "crs_missing"
    assert read(path, ReadOptions(crs="EPSG:4549"))[0].detected.crs_reason == "用户指定"
    assert code_of(path, ReadOptions(crs="EPSG:1")) == "crs_invalid"


@pytest.mark.parametrize("epsg", [4610, 2383, 4214, 2434])
def test_old_datums_are_not_moved_by_a_null_shift(tmp_path: Path, epsg: int) -> None:
    path = makers.gpkg(tmp_path / "a.gpkg", ROWS, [square(0, 0)])
    assert code_of(path, ReadOptions(crs=f"EPSG:{epsg}")) == "datum_unsupported"


def test_geojson_is_crs84_unless_it_says_otherwise(tmp_path: Path) -> None:
    degrees = shapely.box(121.25, 30.17, 121.251, 30.171)
    assert read(makers.geojson(tmp_path / "a.geojson", [({}, degrees)]))[0].detected.crs == "OGC:CRS84"
    metres = makers.geojson(tmp_path / "b.geojson", [({}, square(0, 0))])
    assert code_of(metres) == "crs_missing"
    stated = read(makers.geojson(tmp_path / "c.geojson", [({}, square(0, 0))], crs="urn:ogc:def:crs:EPSG::4549"))
    assert stated[0].detected.crs == "EPSG:4549"
    assert code_of(makers.geojson(tmp_path / "d.geojson", [({}, square(0, 0))], crs="urn:ogc:def:crs:EPSG::4490")) == "crs_invalid"


def test_a_collection_gives_its_polygons_and_height_is_dropped(tmp_path: Path) -> None:
    tall = shapely.force_3d(shapely.box(121.25, 30.17, 121.251, 30.171), 5)
    both = shapely.GeometryCollection([tall, shapely.Point(121.25, 30.17)])
    (delivery,) = read(makers.geojson(tmp_path / "a.geojson", [({}, both)]))
    shape, why = repaired(delivery.geometry[0])
    assert shape is not None
    assert (shape.geom_type, shape.has_z, bool(why)) == ("MultiPolygon", False, True)


def test_a_sheet_below_a_title_is_read_as_text(tmp_path: Path) -> None:
    rows = [["91330282MA", 12.5, dt.date(2024, 1, 2)], [None, None, None], ["x", 3, None]]
    path = makers.xlsx(tmp_path / "a.xlsx", ["统一社会信用代码", "税收(万元)", "数据日期"], rows, title="2024年度汇总表")
    (delivery,) = read(path)
    assert delivery.frame.iloc[0].tolist() == ["91330282MA", "12.5", "2024-01-02"]
    assert delivery.rows.tolist() == [1, 3]
    assert [(i.code, i.row) for i in delivery.issues] == [("row_empty", 2)]


def test_several_sheets_have_to_be_chosen(tmp_path: Path) -> None:
    path = makers.xlsx(tmp_path / "a.xlsx", ["编号"], [["1"]], sheets=("甲", "乙"))
    assert code_of(path) == "layer_ambiguous"
    assert read(path, ReadOptions(layer="乙"))[0].detected.layer == "乙"


def test_csv_in_gbk_with_wkt(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(f'宗地代码,宗地名称,WKT\n"1","慈溪工业用地","{square(0, 0).wkt}"\n'.encode("gbk"))
    assert code_of(path) == "crs_missing"
    (delivery,) = read(path, ReadOptions(crs="4549"))
    assert (delivery.detected.encoding, delivery.frame.iloc[0, 1]) == ("gb18030", "慈溪工业用地")
    assert delivery.geometry is not None
