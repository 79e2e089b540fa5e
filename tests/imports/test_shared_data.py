"""Every file of ../shared/data gives what its row of the README says, or a named refusal. Skipped where the folder is absent."""

from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import shapely

from app.core import crs
from app.core.errors import Problem
from app.imports import values
from app.imports.checks.geometry import check_shapes
from app.imports.checks.overlaps import check_overlaps
from app.imports.kinds import kind_of
from app.imports.readers import Delivery, ReadOptions, read
from app.imports.readers.base import Place
from app.imports.stage import stage

DAY = date(2025, 1, 1)


def refusal(path: Path, options: ReadOptions | None = None) -> Problem:
    with pytest.raises(Problem) as caught:
        read(path, options)
    return caught.value


def one(path: Path, options: ReadOptions | None = None) -> Delivery:
    (delivery,) = read(path, options)
    return delivery


def geodesic(geometry: np.ndarray) -> float:
    return float(sum(crs.geodesic_area_m2(g) for g in geometry if g is not None))


def counted(delivery: Delivery) -> dict[str, int]:
    shapes = delivery.geometry
    return {
        "invalid": int((~shapely.is_valid(shapes)).sum()),
        "holed": int(sum(any(shapely.get_num_interior_rings(shapely.get_parts(g)) > 0) for g in shapes)),
        "multipart": int((shapely.get_num_geometries(shapes) > 1).sum()),
    }


@pytest.fixture(scope="module")
def counties(shared: Path) -> np.ndarray:
    return one(shared / "data/zhejiang_counties/zhejiang_counties_4490.gpkg").geometry


@pytest.fixture(scope="module")
def cixi(shared: Path) -> Place:
    delivery = one(shared / "data/zhejiang_counties/zhejiang_counties_4490.gpkg")
    return Place(delivery.geometry[delivery.frame["gb"].tolist().index("156330282")], 4549)


def test_taiwan_industrial_zoning(real: Path) -> None:
    delivery = one(real / "taiwan_industrial/tw_zoning_industrial.gpkg")
    assert (len(delivery.frame), delivery.detected.crs) == (3173, "EPSG:3826")
    assert counted(delivery) == {"invalid": 1, "holed": 14, "multipart": 24}
    staged = stage([real / "taiwan_industrial/tw_zoning_industrial.gpkg"], kind_of("parcels"), options=ReadOptions(), data_on=DAY)
    shapes = check_shapes(staged, 4549)
    assert geodesic(shapes.stored) == pytest.approx(130_880_518.8, abs=1)
    assert {"計畫_1", "使用分"} <= set(delivery.frame.columns)


def test_taiwan_declares_areas_as_text(real: Path) -> None:
    """參考面 in m² against the shape in its own plane; 建蔽率 and spellings of the class stay as they are written."""
    delivery = one(real / "taiwan_industrial/tw_zoning_industrial.gpkg")
    plane = shapely.make_valid(crs.reproject(delivery.geometry, crs.STORED, 3826))
    drawn = shapely.area(plane)
    assert drawn.sum() == pytest.approx(130_863_461.9, abs=1)
    off = np.array([abs(float(values.number(said)) / area - 1) for said, area in zip(delivery.frame["參考面"], drawn, strict=True)])
    assert [int(n) for n in ((off <= 0.001).sum(), (off > 0.01).sum(), (off > 0.1).sum())] == [3155, 14, 9]
    assert {"70", "70%", "尚無資料", "210"} <= set(delivery.frame["建蔽率"])
    assert {"乙種工業區", "乙(工)", "工乙", "工業區（乙種）"} <= {cell for name in delivery.frame for cell in delivery.frame[name].dropna()}


def test_taiwan_in_big5_without_cpg(real: Path) -> None:
    delivery = one(real / "taiwan_industrial/tw_industrial_big5_nocpg.shp")
    original = one(real / "taiwan_industrial/tw_zoning_industrial.gpkg")
    assert delivery.detected.encoding == "cp950"
    assert delivery.frame["計畫_1"].tolist() == original.frame["計畫_1"].tolist()


def test_zhejiang_counties(real: Path) -> None:
    for name in ("zhejiang_counties_4490.gpkg", "zhejiang_counties_gbk_nocpg.shp"):
        delivery = one(real / "zhejiang_counties" / name)
        assert dict(zip(delivery.frame["gb"], delivery.frame["name"], strict=True))["156330282"] == "慈溪市"
        assert len(delivery.frame) == 90
        assert geodesic(delivery.geometry) == pytest.approx(104_159_383_729.5, abs=1)


def test_the_offset_county_outline_is_flagged_and_can_be_taken_back(real: Path, cixi: Place) -> None:
    path = real / "county_outline_gcj02/330282.geojson"
    problem = refusal(path, ReadOptions(place=cixi))
    assert (problem.code, problem.extra["question"]) == ("crs_doubtful", "crs")
    assert problem.extra["choices"][0]["value"] == "urn:yima:crs:GCJ02"
    back = one(path, ReadOptions(crs="urn:yima:crs:GCJ02", place=cixi))
    moved = shapely.centroid(one(path).geometry[0]), shapely.centroid(back.geometry[0])
    east = (moved[0].x - moved[1].x) * 111_320 * np.cos(np.radians(30.2))
    north = (moved[0].y - moved[1].y) * 110_900
    assert 400 < np.hypot(east, north) < 600
    assert east > 0 > north


def test_the_survey_text(real: Path) -> None:
    delivery = one(real / "guotu_txt/hangzhou_pengbu_BR14_gbk.txt")
    (shape,) = delivery.geometry
    assert len(set(shape.exterior.coords)) == 65
    assert float(crs.planar_area_m2(delivery.geometry, 4549)[0]) == pytest.approx(57_089.5, abs=0.01)
    assert (shape.centroid.x, shape.centroid.y) == (pytest.approx(120.21665, abs=1e-5), pytest.approx(30.29867, abs=1e-5))
    assert (delivery.detected.crs, delivery.detected.encoding) == ("EPSG:4528", "gb18030")
    assert {f.fact: f.value for f in delivery.detected.findings}["zone"] == "40"
    assert delivery.frame["勘测面积(公顷)"].tolist() == ["5.7089"]
    assert delivery.issues == []


def test_philadelphia_in_us_feet(real: Path) -> None:
    path = real / "philadelphia_vacant/land_backup_2024_06_24.parquet"
    delivery = one(path)
    assert (len(delivery.frame), delivery.detected.crs) == (25_663, "EPSG:2272")
    assert counted(delivery) == {"invalid": 1, "holed": 5, "multipart": 19}
    # The README's 14 repeated numbers are 15 rows without one: no number stands twice.
    assert (delivery.frame["opa_id"].duplicated().sum(), delivery.frame["opa_id"].isna().sum()) == (14, 15)
    staged = stage([path], kind_of("parcels"), options=ReadOptions(), data_on=DAY)
    shapes = check_shapes(staged, 4549)
    assert geodesic(shapes.stored) == pytest.approx(13_079_410.4, abs=1)
    check_overlaps(staged, shapes, delivery.frame["opa_id"].fillna("").tolist(), 4549)
    found = Counter(i.code for i in staged.issues)
    # 408 pairs share more than 1e-9 m² (in feet's own plane); 287 of them more than the 0.001 m² that are no rounding, none more than 1 m².
    assert found == {"overlap_sliver": 287, "geometry_repaired": 1}
    square_metres = 0.3048006096**2
    feet = shapely.make_valid(crs.reproject(delivery.geometry, crs.STORED, 2272))
    first, second = shapely.STRtree(feet).query(feet, predicate="intersects")
    shared = shapely.area(shapely.intersection(feet[first], feet[second])) * square_metres
    assert ((shared > 1e-5) & (first < second)).sum() == 400


def test_tahoe_with_a_custom_crs(real: Path) -> None:
    for name in ("planning_areas.shp", "planning_areas.zip"):
        staged = stage([real / "tahoe_planning_areas" / name], kind_of("parcels"), options=ReadOptions(), data_on=DAY)
        (delivery,) = staged.deliveries
        assert (len(delivery.frame), counted(delivery)["invalid"], counted(delivery)["multipart"]) == (270, 37, 61)
        shapes = check_shapes(staged, 4549)
        found = Counter(i.code for i in staged.issues)
        assert (found["too_few_points"], found["geometry_repaired"]) == (15, 22)
        assert geodesic(shapes.stored) == pytest.approx(818_326_529.4, rel=2e-3)


BROWNFIELD = {
    "083bcaab201e": ("crs", "EPSG:27700"), "2c8470a8cf8f": ("asked", "EPSG:4326"), "3b08e37cd8d9": ("crs", "EPSG:4258"),
    "40ba241c5f5d": ("crs", "EPSG:4258"), "45e645b8570f": ("crs", "EPSG:4326"), "5ed5da3ec0f3": ("asked", "EPSG:27700"),
    "97eb6c31f21e": ("crs", "EPSG:4258"), "cd5ea36ba52b": ("crs", "EPSG:4258"), "dda69588484b": ("asked", "EPSG:4326"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(BROWNFIELD))
def test_brownfield_registers(real: Path, name: str) -> None:
    how, where = BROWNFIELD[name]
    path = real / f"uk_brownfield/{name}.csv"
    if how == "asked":
        assert refusal(path).code == "crs_missing"
    else:
        assert one(path).detected.crs == where
    delivery = one(path, ReadOptions(crs=where, axis_order="per_row"))
    xy = shapely.get_coordinates(delivery.geometry)
    assert len(xy) >= 0.8 * len(delivery.frame)
    assert (xy[:, 0] > -8).all()
    assert (xy[:, 0] < 2).all()
    assert (xy[:, 1] > 49).all()
    assert (xy[:, 1] < 61).all()


def test_32_of_37_rows_have_swapped_axes(real: Path) -> None:
    delivery = one(real / "uk_brownfield/3b08e37cd8d9.csv")
    assert len(delivery.frame) == 37
    assert Counter(i.code for i in delivery.issues) == {"axes_swapped": 32, "geometry_unusable": 1}
    assert all(g is None for g in delivery.geometry)


def test_wkt_of_a_council(real: Path) -> None:
    delivery = one(real / "uk_brownfield/2c8470a8cf8f.csv", ReadOptions(crs="EPSG:4326"))
    assert (~shapely.is_missing(delivery.geometry)).all()
    assert not any("POINT" in str(cell) for name in delivery.frame for cell in delivery.frame[name])


@pytest.mark.parametrize(("cell", "told"), [("9999-99-99", None), ("22.09.2011", date(2011, 9, 22)), ("04-Mar-19", None)])
def test_dates_of_councils_are_days_or_told(cell: str, told: date | None) -> None:
    """A year of two digits is not guessed."""
    if told is None:
        with pytest.raises(values.Unreadable):
            values.day(cell)
    else:
        assert values.day(cell) == told
    assert values.day("NA") is None


def test_cp1252_of_the_new_forest(real: Path) -> None:
    assert one(real / "uk_brownfield/45e645b8570f.csv").detected.encoding == "cp1252"


def test_french_plans_drop_heights_and_keep_lines_and_points(real: Path) -> None:
    zones = one(real / "french_plu_30014/30014_ZONE_URBA_20171013.shp")
    assert (len(zones.frame), zones.detected.crs) == (90, "EPSG:2154")
    assert any(note.startswith("90 个图形的高程") for note in zones.detected.notes)
    kinds = {"SURF": {"Polygon", "MultiPolygon"}, "LIN": {"LineString", "MultiLineString"}, "PCT": {"Point", "MultiPoint"}}
    for name, types in kinds.items():
        delivery = one(real / f"french_plu_30014/30014_PRESCRIPTION_{name}_20171013.shp")
        assert {g.geom_type for g in delivery.geometry} <= types
        assert not shapely.has_z(delivery.geometry).any()


@pytest.mark.parametrize(("name", "text"), [("gbk", "简体国语"), ("gb2312", "简体国语"), ("utf8", "国语國語")])
def test_dbf_encodings(real: Path, name: str, text: str) -> None:
    assert one(real / f"dbf_encodings/{name}.dbf").frame["NAME"].tolist() == [text]


def test_a_language_driver_that_is_true(real: Path) -> None:
    delivery = one(real / "dbf_encodings/ldid/chinese.shp", ReadOptions(crs="EPSG:3857"))
    assert delivery.detected.encoding == "gb18030"


@pytest.mark.parametrize(
    ("name", "code"),
    [("broken_containers/empty_zipfile.zip", "file_unreadable"), ("broken_containers/corrupt_too_long.shp", "file_unreadable"),
     ("crs_ambiguous/null_crs_gdal.gpkg", "crs_missing"), ("crs_ambiguous/blockgroups.zip", "crs_missing"),
     ("dbf_encodings/ldid/chinese.shp", "crs_invalid")],
)  # fmt: skip
def test_broken_and_ambiguous_files_are_refused_by_name(real: Path, name: str, code: str) -> None:
    problem = refusal(real / name)
    assert problem.code == code
    assert Path(name).name.split(".")[0] in problem.detail
    if code == "crs_missing":
        assert problem.extra["question"] == "crs"
