"""DXF outlines, geodatabases, KML, coordinate columns, curves, heights, mixtures of CRS, tables without shapes."""

import shutil
import sqlite3
import struct
import zipfile
from contextlib import closing
from datetime import date
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from shapely.geometry import LineString, MultiLineString

from app.core import crs
from app.core.errors import Problem
from app.imports.kinds import kind_of
from app.imports.readers import ReadOptions, read
from app.imports.stage import stage

from . import makers
from .conftest import stored
from .makers import EAST, NORTH, square

PLANE = ReadOptions(crs="EPSG:4549")


def code_of(path: Path, options: ReadOptions | None = None) -> str:
    with pytest.raises(Problem) as caught:
        read(path, options)
    return caught.value.code


def area_of(path: Path, options: ReadOptions | None = None) -> list[float]:
    (delivery,) = read(path, options)
    return [round(float(a), 1) for a in crs.planar_area_m2(delivery.geometry, 4549)]


def dxf(path: Path, things: list[tuple[str, shapely.Geometry]]) -> Path:
    frame = gpd.GeoDataFrame({"Layer": [layer for layer, _ in things]}, geometry=[g for _, g in things])
    pyogrio.write_dataframe(frame, path, driver="DXF")
    return path


def text_at(path: Path, x: float, y: float, said: str, layer: str) -> None:
    """A TEXT entity put before the end of the ENTITIES section."""
    entity = f"  0\nTEXT\n  5\nFFF1\n100\nAcDbEntity\n  8\n{layer}\n100\nAcDbText\n 10\n{x}\n 20\n{y}\n 30\n0.0\n 40\n2.5\n  1\n{said}\n100\nAcDbText\n"
    content = path.read_text("utf-8")
    head, entities, tail = content.partition("ENTITIES\n")
    inner, end, rest = tail.partition("  0\nENDSEC\n")
    path.write_text(head + entities + inner + entity + end + rest, "utf-8")


def ring(x: float, y: float, width: float = 100, height: float = 80) -> LineString:
    return LineString(square(x, y, width, height).exterior.coords)


def test_closed_outlines_of_a_drawing_become_rows(tmp_path: Path) -> None:
    hole = ring(20, 20, 20, 20)
    open_line = LineString([(EAST, NORTH - 50), (EAST + 100, NORTH - 50)])
    path = dxf(tmp_path / "a.dxf", [("ZD", ring(0, 0)), ("ZD", hole), ("ZD", ring(0, 0)), ("ZD", ring(300, 0)), ("ZD", open_line)])
    text_at(path, EAST + 310, NORTH + 10, "330282001001GB00042", "ZJ")
    text_at(path, EAST + 320, NORTH + 30, "Plant 2", "ZJ")
    assert code_of(path) == "crs_missing"
    assert sorted(area_of(path, PLANE)) == [7600.0, 8000.0]
    (delivery,) = read(path, PLANE)
    named = delivery.frame[delivery.frame["宗地代码"].notna()]
    assert named[["宗地代码", "名称", "CAD图层"]].to_numpy().tolist() == [["330282001001GB00042", "Plant 2", "ZD"]]
    assert any("未闭合" in note for note in delivery.detected.notes)


def test_a_drawing_with_outlines_on_several_layers_asks_which(tmp_path: Path) -> None:
    path = dxf(tmp_path / "a.dxf", [("ZD", ring(0, 0)), ("JZW", ring(10, 10, 20, 20))])
    with pytest.raises(Problem) as caught:
        read(path, PLANE)
    assert (caught.value.code, [c["value"] for c in caught.value.extra["choices"]]) == ("layer_ambiguous", ["JZW", "ZD"])
    assert area_of(path, ReadOptions(crs="EPSG:4549", layer="ZD")) == [8000.0]
    assert code_of(path, ReadOptions(crs="EPSG:4549", layer="TK")) == "layer_unknown"


def test_edges_that_close_become_outlines_and_doubled_ones_count_once(tmp_path: Path) -> None:
    corners = list(square(0, 0).exterior.coords)
    edges = [("ZD", LineString(pair)) for pair in pairwise(corners)]
    assert area_of(dxf(tmp_path / "a.dxf", [*edges, edges[0], edges[2]]), PLANE) == [8000.0]


def test_a_drawing_without_closed_lines_is_refused(tmp_path: Path) -> None:
    assert code_of(dxf(tmp_path / "a.dxf", [("ZD", LineString([(0, 0), (1, 1)]))]), PLANE) == "file_unreadable"


def geodatabase(path: Path, *, layers: tuple[str, ...] = ("宗地",)) -> Path:
    for layer in layers:
        pyogrio.write_dataframe(
            makers.frame([{"宗地代码": "1"}], [square(0, 0)]), path, layer=layer, driver="OpenFileGDB", append=path.exists()
        )
    return path


@pytest.mark.parametrize("inside", ["交付.gdb/", "", "目录/交付.gdb/"])
def test_a_file_geodatabase_is_read_also_from_a_zip(tmp_path: Path, inside: str) -> None:
    path = geodatabase(tmp_path / "a.gdb")
    assert area_of(path) == [8000.0]
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        for part in path.iterdir():
            packed.write(part, inside + part.name)
    assert area_of(tmp_path / "a.zip") == [8000.0]
    shutil.copytree(path, tmp_path / "b.gdb")
    geodatabase(tmp_path / "b.gdb", layers=("控制线",))
    assert code_of(tmp_path / "b.gdb") == "layer_ambiguous"
    assert area_of(tmp_path / "b.gdb", ReadOptions(layer="控制线")) == [8000.0]


def test_kml_is_read_in_degrees(tmp_path: Path) -> None:
    xy = " ".join(f"{x},{y},0" for x, y in stored(square(0, 0)).exterior.coords)
    (tmp_path / "a.kml").write_text(
        '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>甲地块</name>'
        f"<Polygon><outerBoundaryIs><LinearRing><coordinates>{xy}</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>"
        "</Document></kml>",
        "utf-8",
    )
    (delivery,) = read(tmp_path / "a.kml")
    assert delivery.frame["Name"].tolist() == ["甲地块"]
    assert area_of(tmp_path / "a.kml") == [8000.0]


def csv_of(path: Path, header: str, lines: list[str]) -> Path:
    path.write_text("\n".join([header, *lines]) + "\n", "utf-8")
    return path


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("X,Y", (EAST, NORTH)),
        ("X坐标,Y坐标", (NORTH, EAST)),
        ("东坐标,北坐标", (EAST, NORTH)),
        ("x,y", (NORTH, EAST)),
        ("X,Y", (NORTH, EAST + 40e6)),
    ],
)
def test_coordinate_columns_become_points_and_north_is_found(tmp_path: Path, header: str, cells: tuple) -> None:
    path = csv_of(tmp_path / "a.csv", f"宗地代码,{header}", [f"{n},{cells[0]},{cells[1]}" for n in range(5)])
    assert code_of(path) == "crs_missing"
    epsg = 4528 if max(cells) > 40e6 else 4549
    (delivery,) = read(path, ReadOptions(crs=f"EPSG:{epsg}"))
    x, y = shapely.get_coordinates(delivery.geometry[0])[0]
    assert 121 < x < 121.5
    assert 30 < y < 30.5
    assert next(iter(delivery.frame.columns)) == "宗地代码"


def test_degrees_with_minutes_and_a_column_that_names_the_crs(tmp_path: Path) -> None:
    path = csv_of(tmp_path / "a.csv", "编号,经度,纬度,坐标系", ["1,121°15′00″,30°10′12″,2000国家大地坐标系", "2,121.3,x30,CGCS2000"])
    (delivery,) = read(path)
    assert shapely.get_coordinates(delivery.geometry).tolist() == [[121.25, pytest.approx(30.17)]]
    assert [(i.row, i.code) for i in delivery.issues] == [(2, "geometry_unusable")]
    assert "2000国家大地坐标系" in delivery.detected.crs_reason
    mixed = csv_of(tmp_path / "b.csv", "编号,经度,纬度,坐标系", ["1,121.2,30.1,CGCS2000", "2,121.3,30.2,WGS84"])
    assert code_of(mixed) == "crs_mixed"


def test_coordinates_of_a_kind_without_shapes_are_not_asked_about(tmp_path: Path) -> None:
    path = csv_of(tmp_path / "a.csv", "统一社会信用代码,企业名称,经度,纬度", ["91330100799655058B,甲厂,121.2,30.1"])
    staged = stage([path], kind_of("enterprises"), options=ReadOptions(), data_on=date(2025, 6, 30))
    assert len(staged.rows()) == 1


def test_wkt_with_a_srid_and_a_cell_that_cannot_be_read(tmp_path: Path) -> None:
    lines = [f'1,"SRID=4549;{square(0, 0).wkt}"', '2,"POLYGON((0 0, 1"', "3,"]
    (delivery,) = read(csv_of(tmp_path / "a.csv", "编号,范围线", lines))
    assert [g is None for g in delivery.geometry] == [False, True, True]
    assert [(i.row, i.code) for i in delivery.issues] == [(2, "geometry_unusable")]
    two = [f'1,"SRID=4549;{square(0, 0).wkt}"', f'2,"SRID=4528;{square(0, 0).wkt}"']
    assert code_of(csv_of(tmp_path / "b.csv", "编号,范围线", two)) == "crs_mixed"


def test_heights_are_dropped_with_a_note(tmp_path: Path) -> None:
    feature = (
        f'{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":{{}},"geometry":'
        f"{shapely.to_geojson(shapely.force_3d(stored(square(0, 0)), 5))}}}]}}"
    )
    (tmp_path / "a.geojson").write_text(feature, "utf-8")
    (delivery,) = read(tmp_path / "a.geojson")
    assert not delivery.geometry[0].has_z
    assert any("高程" in note for note in delivery.detected.notes)


def circle(path: Path) -> Path:
    """A GeoPackage with a circle of 50 m as CurvePolygon of one CircularString."""
    pyogrio.write_dataframe(makers.frame([{"宗地代码": "1"}], [square(0, 0)]), path, driver="GPKG", layer="宗地", SPATIAL_INDEX="NO")
    points = [(EAST, NORTH), (EAST + 50, NORTH + 50), (EAST + 100, NORTH), (EAST + 50, NORTH - 50), (EAST, NORTH)]
    arc = struct.pack("<BII", 1, 8, len(points)) + b"".join(struct.pack("<2d", *p) for p in points)
    blob = b"GP\x00\x01" + struct.pack("<i", 4549) + struct.pack("<BII", 1, 10, 1) + arc
    with closing(sqlite3.connect(path)) as database, database:
        database.execute('UPDATE "宗地" SET geom = ?', (blob,))
        database.execute("UPDATE gpkg_geometry_columns SET geometry_type_name = 'CURVEPOLYGON'")
    return path


def test_curves_are_stroked_which_is_told(tmp_path: Path) -> None:
    path = circle(tmp_path / "a.gpkg")
    (delivery,) = read(path)
    assert any("圆弧" in note for note in delivery.detected.notes)
    assert area_of(path) == [pytest.approx(3.14159 * 2500, rel=1e-3)]


def test_an_archive_with_two_crs_is_refused_by_name(tmp_path: Path) -> None:
    makers.gpkg(tmp_path / "a.gpkg", [{"宗地代码": "1"}], [square(0, 0)])
    gpd.GeoDataFrame([{"宗地代码": "2"}], geometry=[stored(square(0, 0))], crs="EPSG:4490").to_file(tmp_path / "b.gpkg")
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as packed:
        packed.write(tmp_path / "a.gpkg", "a.gpkg")
        packed.write(tmp_path / "b.gpkg", "b.gpkg")
    with pytest.raises(Problem, match="EPSG:4490") as caught:
        read(tmp_path / "c.zip")
    assert caught.value.code == "crs_mixed"


def test_tables_without_shapes_beside_one_layer_do_not_need_a_choice(tmp_path: Path) -> None:
    path = makers.gpkg(tmp_path / "a.gpkg", [{"宗地代码": "1"}], [square(0, 0)], layer="宗地")
    pyogrio.write_dataframe(pd.DataFrame([{"说明": "x"}]), path, layer="说明", driver="GPKG", append=True)
    (delivery,) = read(path)
    assert delivery.detected.layer == "宗地"


def test_closed_lines_are_taken_as_areas_and_open_ones_where_the_kind_takes_them(tmp_path: Path) -> None:
    rows = [{"区块编号": "1", "编号": "1"}, {"区块编号": "2", "编号": "2"}]
    path = makers.gpkg(tmp_path / "a.gpkg", rows, [ring(0, 0), MultiLineString([ring(200, 0), ring(220, 20, 20, 20)])])
    staged = stage([path], kind_of("control-lines"), options=ReadOptions(), data_on=date(2025, 6, 30))
    assert [(g.geom_type, len(shapely.get_rings(shapely.get_parts(g)))) for g in staged.geometry] == [
        ("Polygon", 1),
        ("MultiPolygon", 2),
    ], "one in another is a hole"
    assert any("闭合线" in note for note in staged.deliveries[0].detected.notes)
    for name, shape, word in (("b", LineString([(EAST, NORTH), (EAST + 9, NORTH)]), "线"), ("c", shapely.Point(EAST, NORTH), "点")):
        path = makers.gpkg(tmp_path / f"{name}.gpkg", rows[:1], [shape])
        assert (
            stage([path], kind_of("control-lines"), options=ReadOptions(), data_on=date(2025, 6, 30)).geometry[0].geom_type
            == shape.geom_type
        )
        with pytest.raises(Problem, match=f"全是{word}") as caught:
            stage([path], kind_of("blocks"), options=ReadOptions(), data_on=date(2025, 6, 30))
        assert caught.value.code == "geometry_required"
