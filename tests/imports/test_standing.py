"""A delivery that lies half a kilometre beside the register's own parcels is asked about, and fits once the offset is taken back."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from app.core.errors import Problem
from app.core.shift import gcj02

from . import makers
from .conftest import SECOND, TestCounty, stored
from .makers import square

SHAPES = [square(90 * (i % 8), 90 * (i // 8), 50 + i, 60) for i in range(40)]


async def test_parcels_on_an_offset_map_are_asked_about(county: TestCounty, tmp_path: Path) -> None:
    rows = [{"宗地代码": county.key(n)} for n in range(1, 41)]
    path = makers.gpkg(tmp_path / "a.gpkg", rows, SHAPES)
    await county.load(path)
    again = await county.load(path, on=SECOND, dry_run=True)
    assert {f["fact"]: f["value"] for f in again.files[0]["findings"]}["shift"] == "无偏移"
    moved = shapely.transform(np.array([stored(g) for g in SHAPES], dtype=object), gcj02)
    gpd.GeoDataFrame(rows, geometry=list(moved), crs="EPSG:4490").to_file(tmp_path / "b.gpkg", engine="pyogrio")
    with pytest.raises(Problem) as caught:
        await county.load(tmp_path / "b.gpkg", on=SECOND, dry_run=True)
    assert (caught.value.code, caught.value.extra["choices"][0]["value"]) == ("crs_doubtful", "urn:yima:crs:GCJ02")
    back = await county.load(tmp_path / "b.gpkg", on=SECOND, dry_run=True, crs="urn:yima:crs:GCJ02")
    assert not back.issue_counts.get("outside_county")
    kept = await county.load(tmp_path / "b.gpkg", on=SECOND, dry_run=True, crs="EPSG:4490")
    assert kept.counts["applied"] == 40
