"""What is found out about a file: each fact with confidence and reason; what is not sure is asked with choices, never taken."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely

from app.core import crs
from app.core.errors import Problem
from app.core.shift import SHIFTED, bd09, gcj02, true_of
from app.imports.readers import ReadOptions, read
from app.imports.readers.base import Place
from app.imports.readers.encoding import detect

from . import makers
from .conftest import stored
from .makers import square

OUTLINE = stored(square(-20_000, -15_000, 40_000, 30_000))
CIXI = Place(OUTLINE, 4549)
SQUARES = [square(200 * i, 0) for i in range(12)]


def rows(count: int) -> list[dict]:
    return [{"宗地代码": f"330282001001GB{n:05d}"} for n in range(1, count + 1)]


def asked(path: Path, options: ReadOptions | None = None) -> Problem:
    with pytest.raises(Problem) as caught:
        read(path, options or ReadOptions(place=CIXI))
    return caught.value


def values(problem: Problem) -> list[str]:
    return [choice["value"] for choice in problem.extra["choices"]]


def written(path: Path, geometry: list, *, epsg: int | None, driver: str = "GPKG") -> Path:
    frame = gpd.GeoDataFrame(rows(len(geometry)), geometry=geometry, crs=None if epsg is None else f"EPSG:{epsg}")
    pyogrio.write_dataframe(frame, path, driver=driver, layer="宗地" if driver == "GPKG" else None)
    return path


def shifted(geometry: list, forward) -> list:
    return list(shapely.transform(np.array([stored(g) for g in geometry], dtype=object), forward))


def test_every_fact_has_value_confidence_and_reason(tmp_path: Path) -> None:
    (delivery,) = read(written(tmp_path / "a.gpkg", SQUARES, epsg=4549), ReadOptions(place=CIXI))
    told = {f.fact: f for f in delivery.detected.findings}
    assert {"encoding", "layer", "crs", "axis_order"} <= set(told)
    assert all(f.value and f.reason and 0 < f.confidence <= 1 for f in told.values())
    assert told["crs"].confidence > 0.95
    assert "100%" in told["crs"].reason.replace(" ", "")
    assert delivery.detected.as_dict()["findings"][0]["fact"]


def test_what_the_user_states_is_told_as_such(tmp_path: Path) -> None:
    path = makers.shapefile(tmp_path / "a.shp", [{"名称": "慈溪工业用地"}], [square(0, 0)])
    (delivery,) = read(path, ReadOptions(crs="EPSG:4549", encoding="GBK", axis_order="east_north", place=CIXI))
    told = {f.fact: f for f in delivery.detected.findings}
    for fact in ("crs", "encoding", "axis_order"):
        assert (told[fact].confidence, told[fact].reason) == (1, "用户指定"), fact


@pytest.mark.parametrize(("label", "real"), [(4548, 4549), (4549, 4528), (4490, 4549), (4549, 4490), (4550, 4549), (4508, 4549)])
def test_a_crs_that_leads_away_from_the_county_is_asked_about(tmp_path: Path, label: int, real: int) -> None:
    drawn = list(crs.reproject(np.array(SQUARES, dtype=object), 4549, real))
    problem = asked(written(tmp_path / "a.gpkg", drawn, epsg=label))
    assert problem.code in ("crs_doubtful", "crs_invalid")
    assert problem.extra["question"] == "crs"
    assert values(problem)[0] == f"EPSG:{real}"
    assert len(read(tmp_path / "a.gpkg", ReadOptions(crs=f"EPSG:{real}", place=CIXI))[0].frame) == 12


def test_what_lies_elsewhere_under_every_crs_is_only_told(tmp_path: Path) -> None:
    far = [shapely.box(10, 50, 10.001, 50.001)]
    (delivery,) = read(written(tmp_path / "a.gpkg", far, epsg=4490), ReadOptions(place=CIXI))
    (told,) = [f for f in delivery.detected.findings if f.fact == "crs"]
    assert told.confidence == 0.5
    assert "不在本县" in told.reason


@pytest.mark.parametrize(("real", "place"), [(4549, CIXI), (4528, CIXI), (4528, Place()), (4490, CIXI), (4491 + 8, CIXI)])
def test_without_a_declared_crs_the_likely_ones_are_proposed(tmp_path: Path, real: int, place: Place) -> None:
    drawn = list(crs.reproject(np.array(SQUARES, dtype=object), 4549, real))
    problem = asked(written(tmp_path / "a.gpkg", drawn, epsg=None), ReadOptions(place=place))
    assert (problem.code, problem.extra["question"]) == ("crs_missing", "crs")
    assert f"EPSG:{real}" in values(problem)


def test_a_whole_file_written_north_first_is_asked_about_and_turned_when_told(tmp_path: Path) -> None:
    turned = [shapely.transform(stored(g), lambda xy: xy[:, ::-1]) for g in SQUARES]
    path = makers.geojson(tmp_path / "a.geojson", [({"宗地代码": str(n)}, g) for n, g in enumerate(turned)])
    problem = asked(path)
    assert (problem.code, values(problem)) == ("axis_order_doubtful", ["north_east", "east_north"])
    (delivery,) = read(path, ReadOptions(axis_order="north_east", place=CIXI))
    assert delivery.geometry[0].equals_exact(stored(SQUARES[0]), 1e-12)


def test_swapped_rows_are_kept_out_one_by_one_until_the_user_decides(tmp_path: Path) -> None:
    drawn = [shapely.transform(g, lambda xy: xy[:, ::-1]) if n in (2, 7) else g for n, g in enumerate(SQUARES)]
    path = written(tmp_path / "a.gpkg", drawn, epsg=4549)
    (delivery,) = read(path, ReadOptions(place=CIXI))
    assert [(i.code, i.row) for i in delivery.issues] == [("axes_swapped", 3), ("axes_swapped", 8)]
    assert [n for n, g in enumerate(delivery.geometry) if g is None] == [2, 7]
    (decided,) = read(path, ReadOptions(axis_order="per_row", place=CIXI))
    assert not decided.issues
    assert all(g.equals_exact(stored(s), 1e-9) for g, s in zip(decided.geometry, SQUARES, strict=True))


@pytest.mark.parametrize(("urn", "forward"), [("urn:yima:crs:GCJ02", gcj02), ("urn:yima:crs:BD09", bd09)])
def test_an_offset_county_outline_is_asked_about_and_taken_back(tmp_path: Path, urn: str, forward) -> None:
    outline = square(-20_000, -15_000, 40_000, 30_000)
    halves = [square(-20_000, -15_000, 20_000, 30_000), square(0, -15_000, 20_000, 30_000)]
    path = written(tmp_path / "a.gpkg", shifted(halves, forward), epsg=4326)
    problem = asked(path)
    assert (problem.code, problem.extra["question"]) == ("crs_doubtful", "crs")
    assert values(problem) == [urn, "EPSG:4326"]
    (delivery,) = read(path, ReadOptions(crs=urn, place=CIXI))
    assert crs.planar_area_m2(delivery.geometry, 4549).sum() == pytest.approx(outline.area, rel=1e-6)
    told = {f.fact: f for f in delivery.detected.findings}
    assert told["shift"].confidence == 1
    assert "偏差" in told["shift"].reason
    (kept,) = read(path, ReadOptions(crs="EPSG:4326", place=CIXI))
    assert {f.fact: f.value for f in kept.detected.findings}["shift"] == "疑有偏移"


def test_a_true_county_outline_is_not_taken_for_an_offset_one(tmp_path: Path) -> None:
    (delivery,) = read(written(tmp_path / "a.gpkg", [OUTLINE], epsg=4490), ReadOptions(place=CIXI))
    (told,) = [f for f in delivery.detected.findings if f.fact == "shift"]
    assert told.value == "无偏移"
    assert told.confidence > 0.9


@pytest.mark.parametrize("urn", list(SHIFTED))
def test_offsets_are_taken_back_exactly(urn: str) -> None:
    true = np.random.default_rng(4).uniform((80, 20), (130, 50), (500, 2))
    forward = SHIFTED[urn][1]
    assert np.abs(true_of(forward(true), forward) - true).max() < 1e-9


def test_a_survey_text_in_the_wrong_zone_or_without_a_crs_is_asked_about(tmp_path: Path) -> None:
    ring = list(square(0, 0).exterior.coords)
    path = tmp_path / "a.txt"
    path.write_bytes(makers.txt([ring], zone="39", prefix=0).encode("gbk"))
    problem = asked(path)
    assert (problem.code, values(problem)[0]) == ("crs_doubtful", "EPSG:4549")
    path.write_bytes(makers.txt([ring], crs="").encode("gbk"))
    problem = asked(path)
    assert (problem.code, values(problem)) == ("crs_missing", ["EPSG:4528"])
    (delivery,) = read(path, ReadOptions(crs="EPSG:4528", place=CIXI))
    assert {f.fact: f.value for f in delivery.detected.findings}["zone"] == "40"


def test_an_encoding_that_a_file_states_wrongly_is_told() -> None:
    gbk = ["浙江省慈溪市观海卫镇工业用地".encode("gbk")]
    assert "未采用" in detect(gbk, hint="cp1252").reason
    assert "未采用" in detect(["慈溪市观海卫镇".encode()], hint="GBK").reason
    assert 0.5 < detect(gbk).confidence < 1
    with pytest.raises(Problem) as caught:
        detect([bytes([0x81, 0x8D, 0x8F, 0x90, 0x9D])])
    assert {c["value"] for c in caught.value.extra["choices"]} == {"gb18030", "cp950", "cp1252"}


def test_layers_are_offered_with_what_they_hold(tmp_path: Path) -> None:
    path = makers.gpkg(tmp_path / "a.gpkg", rows(1), [square(0, 0)], layer="宗地")
    makers.gpkg(path, rows(2), SQUARES[:2], layer="控制线")
    problem = asked(path)
    assert (problem.code, values(problem)) == ("layer_ambiguous", ["宗地", "控制线"])
    assert "2 行" in problem.extra["choices"][1]["reason"]
    assert "EPSG:4549" in problem.extra["choices"][1]["reason"]
