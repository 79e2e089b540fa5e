"""Deliveries as they come from other desks: each gives rows, a question with choices or a refusal by name, never a silent guess."""

import json
import sqlite3
import struct
import zipfile
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
import shapely

from app.core.errors import Problem
from app.imports.kinds import kind_of
from app.imports.readers import ReadOptions
from app.imports.readers.base import Place
from app.imports.stage import Staged, stage

from . import makers
from .conftest import stored
from .makers import EAST, NORTH, square

CIXI = Place(stored(square(-20_000, -15_000, 40_000, 30_000)), 4549)
USCC, PARCEL = "91330100799655058B", "330282001001GB00001"
CORNERS = list(square(0, 0).exterior.coords)[:-1]


def taken(path: Path, kind: str = "parcels", mapping: Any = None, **options: Any) -> Staged:
    return stage([path], kind_of(kind), options=ReadOptions(place=CIXI, **options), data_on=date(2025, 6, 30), mapping=mapping)


def refused(path: Path, kind: str = "parcels", **options: Any) -> tuple[str, list[str]]:
    with pytest.raises(Problem) as caught:
        taken(path, kind, **options)
    return caught.value.code, [choice["value"] for choice in caught.value.extra.get("choices", [])]


def notes(staged: Staged) -> str:
    return " ".join(note for delivery in staged.deliveries for note in delivery.detected.notes)


class Named(zipfile.ZipInfo):
    """A member whose name stands in the archive as bytes of another encoding, as Windows packs it."""

    raw = b""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        return self.raw, self.flag_bits & ~0x800


def pack(path: Path, members: dict[str, bytes], encoding: str = "gbk") -> Path:
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in members.items():
            one = Named(name)
            one.raw = name.encode(encoding)
            packed.writestr(one, content)
    return path


@pytest.mark.parametrize("encoding", ["gbk", "utf-8", "cp950"])
def test_an_archive_in_an_archive_with_chinese_names(tmp_path: Path, encoding: str) -> None:
    shp = makers.shapefile(tmp_path / "a.shp", [{"宗地代码": PARCEL}], [square(0, 0)])
    parts = {f"工業用地/{'慈' * 90}{s}": shp.with_suffix(s).read_bytes() for s in (".shp", ".shx", ".dbf", ".prj")}
    inner = pack(tmp_path / "in.zip", parts, encoding).read_bytes()
    staged = taken(pack(tmp_path / "out.zip", {"工業/用地.zip": inner, "工業/圖.dwg": b"AC1015"}, encoding))
    assert staged.columns["cadastral_code"] == [PARCEL]
    assert "工業/圖.dwg" in notes(staged), "what is not read is told"
    for depth in range(3):
        inner = pack(tmp_path / f"{depth}.zip", {"x.zip": inner}).read_bytes()
    assert refused(tmp_path / "2.zip") == ("file_unreadable", [])


def test_a_file_of_another_kind_in_the_archive_is_asked_about(tmp_path: Path) -> None:
    content = {
        "宗地.gpkg": makers.gpkg(tmp_path / "a.gpkg", [{"宗地代码": PARCEL}], [square(0, 0)]).read_bytes(),
        "房屋.gpkg": makers.gpkg(tmp_path / "b.gpkg", [{"幢号": "1"}], [square(0, 0)]).read_bytes(),
    }
    path = pack(tmp_path / "c.zip", content)
    assert refused(path) == ("layer_ambiguous", ["宗地.gpkg", "房屋.gpkg", "*"])
    assert len(taken(path, layer="宗地.gpkg")) == 1
    assert len(taken(path, layer="*")) == 2


def drawing(path: Path, *entities: str, blocks: str = "", header: str = "") -> Path:
    """R12 in GBK, the header as given."""
    sections = [("HEADER", header), ("BLOCKS", blocks), ("ENTITIES", "\n".join(entities))]
    text = "".join(f"0\nSECTION\n2\n{name}\n{body}\n0\nENDSEC\n".replace("\n\n", "\n") for name, body in sections if body)
    path.write_bytes((text + "0\nEOF\n").encode("gbk"))
    return path


def polyline(layer: str, corners: list, *, closed: int = 1) -> str:
    vertices = "\n".join(f"0\nVERTEX\n8\n{layer}\n10\n{x}\n20\n{y}\n30\n0" for x, y in corners)
    return f"0\nPOLYLINE\n8\n{layer}\n66\n1\n70\n{closed}\n{vertices}\n0\nSEQEND\n8\n{layer}"


def text_in(said: str, x: float = EAST + 50) -> str:
    return f"0\nTEXT\n8\n注记\n10\n{x}\n20\n{NORTH + 40}\n30\n0\n40\n2.5\n1\n{said}"


@pytest.mark.parametrize("header", ["", "9\n$ACADVER\n1\nAC1009", "9\n$DWGCODEPAGE\n3\nANSI_1252", "9\n$DWGCODEPAGE\n3\nANSI_936"])
def test_texts_of_a_drawing_are_read_whatever_its_header_says(tmp_path: Path, header: str) -> None:
    path = drawing(tmp_path / "a.dxf", polyline("宗地界线", CORNERS), text_in("慈溪市第一机械厂\\U+7532"), header=header)
    assert taken(path, crs="EPSG:4549").columns["name"] == ["慈溪市第一机械厂甲"]


def test_blocks_are_drawn_where_they_are_inserted_and_two_codes_in_an_outline_are_none(tmp_path: Path) -> None:
    local = [[(x - EAST + dx, y - NORTH) for x, y in CORNERS] for dx in (0, 200)]
    block = "\n".join(["0\nBLOCK\n8\n0\n2\nK\n70\n0\n10\n0\n20\n0\n30\n0", *(polyline("宗地", c) for c in local), "0\nENDBLK\n8\n0"])
    insert = f"0\nINSERT\n8\n宗地\n2\nK\n10\n{EAST}\n20\n{NORTH}\n30\n0"
    staged = taken(
        drawing(tmp_path / "a.dxf", insert, text_in(PARCEL), text_in(PARCEL[:-1] + "2"), blocks=block, header="9\n$ACADVER\n1\nAC1009"),
        crs="EPSG:4549",
    )
    assert (len(staged), staged.columns["cadastral_code"]) == (2, [None, None])
    assert "2 个宗地代码" in notes(staged)


def test_open_lines_of_a_drawing_are_rows_where_the_kind_takes_them(tmp_path: Path) -> None:
    path = drawing(tmp_path / "a.dxf", polyline("KZX", CORNERS, closed=0), polyline("KZX", [(x + 300, y) for x, y in CORNERS]))
    staged = taken(path, "control-lines", {"code": "序号"}, crs="EPSG:4549")
    assert sorted(g.geom_type for g in staged.geometry) == ["LineString", "Polygon"]
    assert len(taken(path, crs="EPSG:4549")) == 1


def book(path: Path, rows: list[list[Any]], merged: tuple[str, ...] = ()) -> Path:
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    for span in merged:
        made.active.merge_cells(span)
    made.save(path)
    return path


@pytest.mark.parametrize(
    "head",
    [
        [["统一社会信用代码", "宗地代码", "关系", "面积(亩)", None], [None, None, None, "用地面积", "建筑占地"]],
        [["用地关系表"], ["企业", None, None, "面积(亩)", None], ["统一社会信用代码", "宗地代码", "关系", "用地面积", "建筑占地"]],
        [["用地关系表"], ["填报单位:慈溪市", None, None, "单位:亩"], ["统一社会信用代码", "宗地代码", "关系", "用地面积", "备注"]],
    ],
)
def test_headers_of_two_rows_and_a_unit_said_above(tmp_path: Path, head: list) -> None:
    staged = taken(book(tmp_path / "a.xlsx", [*head, [USCC, PARCEL, "自有", 3, None]]), "occupancy")
    assert (staged.columns["uscc"], [float(v) for v in staged.columns["area"]]) == ([USCC], [2000.0])


def test_a_workbook_whose_cells_say_less_than_they_show(tmp_path: Path) -> None:
    header = ["统一社会信用代码", "宗地代码", "关系", "面积(亩)"]
    path = book(tmp_path / "a.xlsx", [header, [USCC, PARCEL, "自有", "=1+2"]])
    assert [(i.row, i.code, i.value) for i in taken(path, "occupancy").issues] == [(1, "formula_uncomputed", "D2")]
    path = book(tmp_path / "b.xlsx", [header, [USCC, 3302822018123456789, "自有", 1], [None, PARCEL, "出租", 1]], ("A2:A3",))
    told = notes(taken(path, "occupancy"))
    assert "B2" in told
    assert "A2" in told
    assert len(taken(path.rename(tmp_path / "c.xls"), "occupancy")) == 2, "by its content"


def test_sums_and_repeated_headers_are_no_rows(tmp_path: Path) -> None:
    header = ["项目编号", "项目名称", "腾出面积(亩)"]
    staged = taken(book(tmp_path / "a.xlsx", [header, ["T1", "甲", 10], header, ["T2", "乙", 5], ["合 计", None, 15]]), "ledger-opening")
    assert staged.columns["project_code"] == ["T1", "T2"]
    assert [(i.row, i.code, i.value) for i in staged.issues] == [(2, "row_empty", "重复的表头行"), (4, "row_empty", "合计行")]


def test_a_shapefile_whose_parts_disagree_and_a_drawing_with_paper_space(tmp_path: Path) -> None:
    path = makers.shapefile(tmp_path / "a.shp", [{"宗地代码": "1"}, {"宗地代码": "2"}], [square(0, 0), square(200, 0)])
    dbf = path.with_suffix(".dbf")
    dbf.write_bytes(dbf.read_bytes()[:4] + struct.pack("<I", 1) + dbf.read_bytes()[8:])
    assert refused(path) == ("file_unreadable", [])
    sheet = polyline("宗地", [(x + 300, y) for x, y in CORNERS]).replace("66\n1", "67\n1\n66\n1", 1)
    staged = taken(drawing(tmp_path / "a.dxf", polyline("宗地", CORNERS), sheet), crs="EPSG:4549")
    assert len(staged) == 1
    assert "图纸空间" in notes(staged)


def test_json_that_is_not_geojson_speaks_for_itself(tmp_path: Path) -> None:
    said = {"geometryType": "esriGeometryPolygon", "spatialReference": {"wkid": 4214}, "fields": [{"name": "n", "type": "esriFieldTypeString"}],
            "features": [{"attributes": {"n": "1"}, "geometry": {"rings": [list(stored(square(0, 0)).exterior.coords)]}}]}  # fmt: skip
    (tmp_path / "a.json").write_text(json.dumps(said))
    assert refused(tmp_path / "a.json") == ("datum_unsupported", [])
    (tmp_path / "b.geojson").write_bytes(
        makers.geojson(tmp_path / "c.geojson", [({"名称": "慈溪"}, stored(square(0, 0)))]).read_text().encode("gbk")
    )
    assert refused(tmp_path / "b.geojson") == ("file_unreadable", [])


def test_a_shape_nobody_reads_is_named(tmp_path: Path) -> None:
    path = makers.gpkg(tmp_path / "a.gpkg", [{"宗地代码": "1"}, {"宗地代码": "2"}], [square(0, 0), square(200, 0)])
    triangle = struct.pack("<BIII", 1, 17, 1, 4) + struct.pack("<8d", EAST, NORTH, EAST + 9, NORTH, EAST, NORTH + 9, EAST, NORTH)
    blob = b"GP\x00\x01" + struct.pack("<i", 4549) + struct.pack("<BII", 1, 16, 1) + triangle
    with closing(sqlite3.connect(path)) as database, database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = '宗地'").fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute('UPDATE "宗地" SET geom = ? WHERE fid = 1', (blob,))
    staged = taken(path)
    assert [(i.row, i.code) for i in staged.issues] == [(1, "geometry_unusable")]
    assert "TIN" in staged.issues[0].value


def test_parquet_without_metadata_asks_and_a_prj_in_gbk_is_read(tmp_path: Path) -> None:
    pd.DataFrame({"宗地代码": ["1"], "图形": [shapely.to_wkb(square(0, 0))]}).to_parquet(tmp_path / "a.parquet")
    assert refused(tmp_path / "a.parquet") == ("crs_missing", ["EPSG:4549"])
    makers.frame([{"宗地代码": "1"}], [square(0, 0)]).to_parquet(
        tmp_path / "b.parquet", geometry_encoding="geoarrow", schema_version="1.1.0"
    )
    assert refused(tmp_path / "b.parquet") == ("file_unreadable", [])
    path = makers.shapefile(tmp_path / "c.shp", [{"宗地代码": "1"}], [square(0, 0)])
    prj = path.with_suffix(".prj")
    prj.write_bytes(prj.read_text().replace("CGCS2000_3_Degree_GK_CM_120E", "国家2000").encode("gbk"))
    assert "国家2000" in taken(path).deliveries[0].detected.crs


def test_attributes_of_kml_placemarks_and_a_prefix_that_leads_away(tmp_path: Path) -> None:
    xy = " ".join(f"{x},{y}" for x, y in stored(square(0, 0)).exterior.coords)
    body = f"<Polygon><outerBoundaryIs><LinearRing><coordinates>{xy}</coordinates></LinearRing></outerBoundaryIs></Polygon>"
    data = f'<ExtendedData><Data name="宗地代码"><value>{PARCEL}</value></Data></ExtendedData>'
    text = f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark>{data}{body}</Placemark><Placemark>{body}</Placemark></Document></kml>'
    with zipfile.ZipFile(tmp_path / "a.kmz", "w") as packed:
        packed.writestr("doc.kml", text)
    assert taken(tmp_path / "a.kmz").columns["cadastral_code"] == [PARCEL, None]
    (tmp_path / "a.txt").write_bytes(makers.txt([CORNERS], prefix=39, zone="39").encode("gbk"))
    assert refused(tmp_path / "a.txt") == ("crs_doubtful", ["EPSG:4549", "EPSG:4527"])
    assert len(taken(tmp_path / "a.txt", crs="EPSG:4549").rows()) == 1


@pytest.mark.parametrize(
    ("said", "codec", "outcome"), [("停业", "gbk", "停业"), ("高雄", "cp950", "encoding_unknown"), ("状态", "utf-8", "状态")]
)
def test_a_word_is_too_little_to_tell_an_encoding_by(tmp_path: Path, said: str, codec: str, outcome: str) -> None:
    (tmp_path / "a.csv").write_bytes(f"uscc,name\n{USCC},{said}\n".encode(codec))
    mapping = {"uscc": "uscc", "name": "name"}
    if outcome == "encoding_unknown":
        with pytest.raises(Problem) as caught:
            taken(tmp_path / "a.csv", "enterprises", mapping)
        assert (caught.value.code, len(caught.value.extra["choices"])) == (outcome, 3)
    else:
        assert taken(tmp_path / "a.csv", "enterprises", mapping).columns["name"] == [outcome]
