"""Each format: opened by others with equal count, area and system; taken again by our own importer without an issue."""

import io
import json
import sqlite3
import zipfile
from collections.abc import Callable
from datetime import date
from typing import Any

import geopandas
import numpy as np
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from python_calamine import CalamineWorkbook
from sqlalchemy import text

from app.core import db
from app.core.crs import planar_area_m2
from app.core.errors import BadParameter, NotFound
from app.core.principal import Role, system
from app.core.shift import bd09, gcj02
from app.imports.kinds import kind_of
from app.imports.service import Options, import_files
from app.imports.stage import stage
from app.maps.exports.errors import FormatUnfit
from app.maps.exports.spec import FORMS, plan_of, spec_of
from tests.maps.conftest import BASE, COUNTY, OTHER, OWN, person

SHAPES = [f for f, form in FORMS.items() if form.has_shape]
PLANE = "http://www.opengis.net/def/crs/EPSG/0/4549"
TOLERANCE = {"geojson": 1e-4, "geojsonseq": 1e-4, "guotu-txt": 1e-5, "csv": 1e-5, "kml": 1e-4}
"""Share of the area that the format's decimals may cost: 7 decimals of a degree are a centimetre, 3 of a metre a millimetre."""


async def area() -> float:
    async with db.engine().connect() as conn:
        shapes = (await conn.execute(text("SELECT ST_AsBinary(geom) FROM map_shape WHERE county_code = :c"), {"c": COUNTY})).scalars().all()
    return float(planar_area_m2(shapely.from_wkb(np.array(shapes, dtype=object)), 4549).sum())


@pytest.mark.parametrize("form", SHAPES)
async def test_taken_again_by_the_importer(form: str, made: Callable[..., Any]) -> None:
    file, said = made(form)
    assert said.rows == 60
    options = Options(data_date=date(2025, 9, 30), crs="EPSG:4490" if form == "csv" else None)
    kind = kind_of("parcels")
    staged = stage([file], kind, options=options.reading(kind), data_on=date(2025, 9, 30), mapping=None)
    report = await import_files([file], kind="parcels", county_code=COUNTY, options=options, principal=system(COUNTY), dry_run=True)
    missing = {"area_registered_missing": 60} if form == "guotu-txt" else {}  # the format has no place for it
    assert report.issue_counts == missing, report.as_text()
    assert report.files[0]["rows"] == 60
    found = planar_area_m2(staged.geometry, 4549).sum()
    assert found == pytest.approx(await area(), rel=TOLERANCE.get(form, 1e-9))


@pytest.mark.parametrize("encoding", ["GBK", "UTF-8"])
async def test_shapefile_in_the_encoding_asked_for(encoding: str, made: Callable[..., Any]) -> None:
    file, said = made("shapefile", encoding=encoding, crs=PLANE)
    assert not said.notes
    with zipfile.ZipFile(file) as packed:
        assert packed.read("parcels.cpg").decode() == encoding
        assert "宗地,1".encode(encoding) in packed.read("parcels.dbf")
        told = packed.read("字段对照.txt").decode()
    assert "DJMJ\tarea_registered_m2\t" in told
    frame = geopandas.read_file(file)
    assert frame.crs.to_epsg() == 4549
    assert list(frame["ROW_NO"]) == list(range(1, 61))
    assert frame["LAND_CODE"].is_unique
    assert all(len(name.encode()) <= 10 for name in frame.columns)
    assert frame.area.sum() == pytest.approx(await area(), rel=1e-9)


async def test_letters_that_an_encoding_lacks_are_told(made: Callable[..., Any]) -> None:
    async with db.engine().begin() as conn:
        await conn.execute(text("UPDATE map_parcel SET feature = convert_to(replace(convert_from(feature, 'UTF8'), '宗地,7\"', '𨱏地\"'), 'UTF8')"
                                " WHERE county_code = :c AND id = :id"), {"c": COUNTY, "id": BASE + 7})  # fmt: skip
    for form in ("shapefile", "csv", "guotu-txt"):
        _, said = made(form, encoding="GBK")
        assert said.notes, form
        assert "GBK" in said.notes[0]
        assert said.rows == 60


async def test_geoparquet_says_its_system_and_covering(made: Callable[..., Any]) -> None:
    file, said = made("geoparquet")
    opened = pq.ParquetFile(file)
    meta = json.loads(opened.metadata.metadata[b"geo"])
    column = meta["columns"]["geom"]
    assert meta["version"] == "1.1.0"
    assert column["crs"]["id"] == {"authority": "EPSG", "code": 4490}
    assert column["covering"]["bbox"]["xmin"] == ["bbox", "xmin"]
    assert json.loads(opened.metadata.metadata[b"yima"])["facts_as_of"] == "2025-09-30" == said.facts_as_of
    assert opened.metadata.num_rows == 60
    assert opened.schema_arrow.field("row_no").type == "int32"
    frame = geopandas.read_parquet(file)
    assert frame.crs.to_epsg() == 4490
    assert frame.to_crs(4549).area.sum() == pytest.approx(await area(), rel=1e-9)
    box = opened.read_row_group(0, ["bbox"]).column("bbox")[0].as_py()
    assert (box["xmin"], box["ymax"]) == (frame.geometry.iloc[0].bounds[0], frame.geometry.iloc[0].bounds[3])
    part = geopandas.read_parquet(file, bbox=(box["xmin"], box["ymin"], box["xmax"], box["ymax"]))
    assert 0 < len(part) < 60


async def test_geopackage_carries_chinese_names(made: Callable[..., Any]) -> None:
    file, _ = made("gpkg", filter="grade = 'A'", properties=("grade", "far"))
    names = dict(sqlite3.connect(file).execute("SELECT column_name, name FROM gpkg_data_columns").fetchall())
    assert set(names) == {"row_no", "id", "land_code", "grade", "far"}
    assert names["land_code"] == "本系统地块码"
    frame = geopandas.read_file(file)
    assert set(frame["grade"]) == {"A"}
    assert frame["far"].dtype == float


async def test_excel_has_words_units_and_sources(made: Callable[..., Any]) -> None:
    file, said = made("xlsx")
    book = CalamineWorkbook.from_path(file)
    head, *rows = book.get_sheet_by_name("数据").to_python()
    assert len(rows) == said.rows == 60
    assert "证载面积(㎡)" in head or any("㎡" in word for word in head)
    told = book.get_sheet_by_name("说明").to_python()
    assert ["facts_as_of", "2025-09-30"] in [row[:2] for row in told]


async def test_selected_and_moved_geojson(made: Callable[..., Any]) -> None:
    file, _ = made("geojson", crs=PLANE, properties=("land_code",), bbox="121.0,30.0,121.0045,30.0045")
    said = json.loads(file.read_text())
    assert said["crs"]["properties"]["name"].endswith("4549")
    assert set(said["features"][0]["properties"]) == {"row_no", "land_code"}
    assert said["features"][0]["id"] > BASE
    x, y = shapely.from_geojson(json.dumps(said["features"][0]["geometry"])).centroid.coords[0]
    assert 5e5 < x < 7e5
    assert 3.3e6 < y < 3.4e6
    assert 0 < len(said["features"]) < 60


async def test_shifted_coordinates_are_marked(made: Callable[..., Any]) -> None:
    plain, _ = made("geoparquet")
    true = geopandas.read_parquet(plain).geometry
    for urn, shift in (("urn:yima:crs:GCJ02", gcj02), ("urn:yima:crs:BD09", bd09)):
        file, _ = made("geoparquet", crs=urn)
        frame = geopandas.read_parquet(file)
        assert frame.crs is None
        assert frame["coordinates"].str.contains("偏移坐标, 不得用于量算").all()
        expected = shift(shapely.get_coordinates(true.iloc[0]))
        assert np.allclose(shapely.get_coordinates(frame.geometry.iloc[0]), expected, atol=1e-12)
    plan = plan_of(spec_of(person(Role.planner), collection="parcels", format="gpkg", crs="urn:yima:crs:GCJ02"))
    assert "GCJ-02偏移坐标" in plan.name(date(2025, 9, 30))


def test_shift_as_published() -> None:
    """Known points of the published algorithm; in 慈溪 about 500 m to the south-east."""
    at = np.array([[116.404, 39.915]])
    assert np.allclose(gcj02(at), [[116.41024449916938, 39.91640428150164]], atol=1e-9)
    assert np.allclose(bd09(at), [[116.41662724378733, 39.922699552216216]], atol=1e-9)
    cixi = np.array([[121.25, 30.17]])
    east, north = (gcj02(cixi) - cixi)[0]
    assert east > 0 > north
    assert 480 < np.hypot(east * 96_300, north * 110_900) < 510
    abroad = np.array([[2.35, 48.85]])
    assert np.array_equal(gcj02(abroad), abroad)


async def test_an_officer_gets_his_own_body_in_full_and_outlines_elsewhere(made: Callable[..., Any]) -> None:
    file, said = made("flatgeobuf", person(Role.officer, OWN))
    frame = pyogrio.read_dataframe(file).sort_values("row_no")
    assert said.rows == 60
    assert frame[frame["responsible_body"] == OWN].shape[0] == 30
    assert frame[frame["responsible_body"].isna()][["grade", "name", "display_class"]].isna().all(axis=None)
    assert frame["land_code"].notna().all()
    _, filtered = made("flatgeobuf", person(Role.officer, OWN), filter="grade = 'A'")
    _, all_of = made("flatgeobuf", filter=f"grade = 'A' AND responsible_body = '{OWN}'")
    assert filtered.rows == all_of.rows > 0


async def test_a_viewer_gets_the_public_form(made: Callable[..., Any]) -> None:
    viewer = person(Role.viewer)
    frame = geopandas.read_parquet(made("geoparquet", viewer)[0])
    assert set(frame.geom_type) == {"Point"}
    assert not {"name", "display_class", "tax_band", "inefficient"} & set(frame.columns)
    for asked, refusal in (
        ({"format": "guotu-txt"}, FormatUnfit), ({"format": "csv", "properties": ("tax_band",)}, BadParameter),
        ({"format": "csv", "collection": "cases"}, NotFound),
    ):  # fmt: skip
        with pytest.raises(refusal):
            plan_of(spec_of(viewer, **({"collection": "parcels"} | asked)))


async def test_small_layers(made: Callable[..., Any]) -> None:
    file, said = made("gpkg", collection="control-lines", filter="version = '2'")
    frame = geopandas.read_file(file)
    assert said.rows == len(frame) == 1
    assert frame["code"].iloc[0] == "control_line2"
    assert frame.crs.to_epsg() == 4490
    _, own = made("geojson", person(Role.officer, OTHER), collection="cases")
    assert own.rows == 1


async def test_a_layer_of_areas_lines_and_points(made: Callable[..., Any], with_lines: None) -> None:
    current = {"collection": "control-lines", "filter": "version = '2'"}
    mixed = ["MultiLineString", "MultiPoint", "MultiPolygon"]
    for form in ("gpkg", "flatgeobuf", "geojson", "geoparquet", "kml"):
        file, said = made(form, **current)
        read = geopandas.read_parquet if form == "geoparquet" else geopandas.read_file
        assert (said.rows, sorted(read(file).geom_type)) == (3, mixed), form
    file, said = made("shapefile", **current)
    assert any("control-lines_line.shp" in note for note in said.notes)
    for name, form in (("", "Polygon"), ("_line", "LineString"), ("_point", "MultiPoint")):
        frame = geopandas.read_file(f"/vsizip/{file}/control-lines{name}.shp")
        assert (len(frame), set(frame.geom_type)) == (1, {form})
    with pytest.raises(FormatUnfit, match="线或点"):
        made("guotu-txt", **current)
    areas = current | {"filter": "version = '2' AND area_planar_m2 IS NOT NULL"}
    assert made("guotu-txt", **areas)[1].rows == 1
    assert pyogrio.read_info(made("gpkg", **areas)[0])["geometry_type"] == "MultiPolygon"


async def test_nothing_matches_is_an_empty_file(made: Callable[..., Any]) -> None:
    for form in (name for name, form in FORMS.items() if not form.is_map):
        file, said = made(form, filter="land_code = 'none'")
        assert said.rows == 0
        assert file.exists()


async def test_formulas_stay_text(made: Callable[..., Any]) -> None:
    async with db.engine().begin() as conn:
        await conn.execute(text("UPDATE map_parcel SET feature = convert_to(replace(convert_from(feature, 'UTF8'), '宗地,9\"', '=1+1\"'), 'UTF8')"
                                " WHERE county_code = :c AND id = :id"), {"c": COUNTY, "id": BASE + 9})  # fmt: skip
    body = made("csv")[0].read_text("utf-8-sig")
    assert '"\'=1+1"' in body
    assert io.StringIO(body).readline().startswith("row_no,id,land_code")
