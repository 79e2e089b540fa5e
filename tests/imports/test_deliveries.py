"""Real deliveries of ../shared/data: figures written before the readers were tuned. Skipped where the folder is absent."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from app.core import crs
from app.core.errors import Problem
from app.imports.checks.geometry import check_shapes
from app.imports.kinds import kind_of
from app.imports.readers import ReadOptions, read
from app.imports.stage import stage

from .conftest import TestCounty


async def test_taiwan_industrial_zoning_loads_whole(county: TestCounty, real: Path) -> None:
    report = await county.load(real / "taiwan_industrial/tw_zoning_industrial.gpkg")
    assert report.counts["applied"] == 3173
    counts = report.issue_counts
    assert counts["geometry_repaired"] == 1
    assert counts["outside_county"] == 3173
    # 19 pairs share more than 0.001 m², 15 of them more than 1 m²; one of those is the same shape twice.
    pairs = ("overlap", "overlap_contained", "overlap_sliver", "duplicate_geometry")
    assert [counts.get(code, 0) for code in pairs] == [14, 0, 4, 1]
    total = await county.value("SELECT sum(area_geodesic_m2) FROM parcel_version WHERE county_code = :c AND is_current")
    assert float(total) == pytest.approx(130_880_518.8, abs=1)


async def test_the_survey_text_gives_its_declared_area(county: TestCounty, real: Path) -> None:
    await county.load(real / "guotu_txt/hangzhou_pengbu_BR14_gbk.txt")
    sql = "SELECT area_planar_m2, area_contract_m2, name, ST_X(ST_Centroid(geom)) AS x, ST_Y(ST_Centroid(geom)) AS y FROM parcel_version WHERE county_code = :c"
    row = (await county.rows(sql))[0]
    assert (str(row.area_planar_m2), str(row.area_contract_m2), row.name) == ("57089.50", "57089.00", "彭埠单元B/R-14地块")
    assert (row.x, row.y) == (pytest.approx(120.21665, abs=1e-5), pytest.approx(30.29867, abs=1e-5))


def test_gbk_without_cpg_reads_cixi(real: Path) -> None:
    (delivery,) = read(real / "zhejiang_counties/zhejiang_counties_gbk_nocpg.shp")
    assert delivery.detected.encoding == "gb18030"
    assert dict(zip(delivery.frame["gb"], delivery.frame["name"], strict=True))["156330282"] == "慈溪市"
    total = sum(crs.geodesic_area_m2(g) for g in delivery.geometry)
    assert total == pytest.approx(104_159_383_729.5, abs=1)


def test_big5_without_cpg_is_neither_gbk_nor_latin(real: Path) -> None:
    (delivery,) = read(real / "taiwan_industrial/tw_industrial_big5_nocpg.shp")
    assert delivery.detected.encoding == "cp950"
    (original,) = read(real / "taiwan_industrial/tw_zoning_industrial.gpkg")
    assert delivery.frame["計畫_1"].tolist() == original.frame["計畫_1"].tolist()


@pytest.mark.parametrize(
    ("name", "code"),
    [("broken_containers/empty_zipfile.zip", "file_unreadable"), ("broken_containers/corrupt_too_long.shp", "file_unreadable"),
     ("crs_ambiguous/null_crs_gdal.gpkg", "crs_missing"), ("crs_ambiguous/blockgroups.zip", "crs_missing"),
     ("dbf_encodings/ldid/chinese.shp", "crs_invalid")],
)  # fmt: skip
def test_broken_and_ambiguous_files_are_refused_by_name(real: Path, name: str, code: str) -> None:
    with pytest.raises(Problem) as caught:
        read(real / name)
    assert caught.value.code == code


@pytest.mark.parametrize(("name", "text"), [("gbk", "简体国语"), ("gb2312", "简体国语"), ("utf8", "国语國語")])
def test_lone_attribute_tables_are_read_in_their_encoding(real: Path, name: str, text: str) -> None:
    (delivery,) = read(real / f"dbf_encodings/{name}.dbf")
    assert delivery.frame["NAME"].tolist() == [text]


def test_cp1252_of_england_and_france(real: Path) -> None:
    assert read(real / "uk_brownfield/45e645b8570f.csv")[0].detected.encoding == "cp1252"
    (zones,) = read(real / "french_plu_30014/30014_ZONE_URBA_20171013.shp")
    assert (len(zones.frame), zones.detected.encoding) == (90, "cp1252")
    assert "spécifique" in " ".join(zones.frame["LIBELONG"]) or "particulières" in " ".join(zones.frame["LIBELONG"])


def test_tahoe_repairs_every_invalid_shape(real: Path) -> None:
    staged = stage([real / "tahoe_planning_areas/planning_areas.zip"], kind_of("parcels"), options=ReadOptions(), data_on=date(2025, 1, 1))
    check_shapes(staged, 4549)
    codes = [i.code for i in staged.issues]
    assert (codes.count("geometry_repaired"), codes.count("too_few_points")) == (22, 15)
    assert len(staged.rows()) == 270


def test_philadelphia_in_feet(real: Path) -> None:
    staged = stage(
        [real / "philadelphia_vacant/land_backup_2024_06_24.parquet"], kind_of("parcels"), options=ReadOptions(), data_on=date(2025, 1, 1)
    )
    shapes = check_shapes(staged, 4549)
    assert [i.code for i in staged.issues] == ["geometry_repaired"]
    assert np.sum([crs.geodesic_area_m2(g) for g in shapes.stored]) == pytest.approx(13_079_410.4, abs=1)
