"""Row checks survive anything and find what they should."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import GeometryCollection, LineString, MultiPolygon, Point, Polygon

from app.core import crs
from app.imports.checks.catalogue import CATALOGUE
from app.imports.checks.geometry import check_overlaps, check_shapes, polygons_of, repaired
from app.imports.checks.keys import parcel_keys
from app.imports.checks.places import Places, check_outside, check_towns, towns_by_share
from app.imports.checks.tables import check_rented_out
from app.imports.errors import GeometryRequired
from app.imports.kinds import kind_of
from app.imports.readers import ReadOptions
from app.imports.stage import Staged, stage

from . import makers
from .makers import square


def parcels(folder: Path, shapes: list, codes: list | None = None, **columns: list) -> Staged:
    names = codes or [f"330282001001GB{n:05d}" for n in range(1, len(shapes) + 1)]
    rows = [{"宗地代码": name, **{k: v[i] for k, v in columns.items()}} for i, name in enumerate(names)]
    path = makers.gpkg(folder / "a.gpkg", rows, shapes)
    return stage([path], kind_of("parcels"), options=ReadOptions(), data_on=date(2025, 6, 30))


def found(staged: Staged) -> list[tuple[int, str]]:
    return sorted((i.row, i.code) for i in staged.issues)


def test_missing_collapsed_and_invalid_shapes_are_told_apart(tmp_path: Path) -> None:
    bow = Polygon([(620000, 3339000), (620100, 3339100), (620100, 3339000), (620000, 3339100)])
    thread = Polygon([(620000, 3339000), (620040, 3339000), (620080, 3339000.00002), (620000, 3339000)])
    staged = parcels(tmp_path, [square(0, 0), None, thread, bow])
    shapes = check_shapes(staged, 4549)
    assert found(staged) == [(2, "geometry_missing"), (3, "geometry_unusable"), (4, "geometry_repaired")]
    assert staged.rows() == [0, 3]
    assert shapes.area[3] == pytest.approx(5000, rel=1e-6)


def test_overlaps_are_told_once_on_the_later_row(tmp_path: Path) -> None:
    staged = parcels(tmp_path, [square(0, 0), square(99, 0), square(200, 0), square(299.995, 0), square(0, 0), square(0, 500)])
    shapes = check_shapes(staged, 4549)
    check_overlaps(staged, shapes, parcel_keys(staged))
    assert [(i.row, i.code, i.value[-1]) for i in staged.issues] == [
        (5, "duplicate_geometry", "1"), (2, "overlap", "1"), (4, "overlap_sliver", "3"), (5, "overlap", "2"),
    ]  # fmt: skip


def test_keys_missing_wrong_and_doubled(tmp_path: Path) -> None:
    codes = ["330282001001GB00001", None, "33028200100100", "330282001001GB00001", "33028200100100"]
    staged = parcels(tmp_path, [square(200 * n, 0) for n in range(5)], codes)
    keys = parcel_keys(staged)
    assert keys == ["330282001001GB00001", "row:2", "33028200100100", "330282001001GB00001", "33028200100100"]
    assert found(staged) == [
        (2, "key_missing"), (3, "cadastral_code_invalid"), (4, "duplicate_key"), (5, "cadastral_code_invalid"), (5, "duplicate_key"),
    ]  # fmt: skip
    assert staged.rows() == [0, 1, 2]


def test_the_town_is_the_one_with_the_largest_share(tmp_path: Path) -> None:
    staged = parcels(tmp_path, [square(0, 0), square(60, 0), square(900, 0)], 乡镇代码=["330282101"] * 3)
    shapes = check_shapes(staged, 4549)
    towns = {"330282101": _stored(square(-500, -500, 600, 1000)), "330282102": _stored(square(100, -500, 600, 1000)), "330282103": None}
    places = Places.of(_stored(square(-500, -500, 1300, 1000)), towns, 4549)
    shares = towns_by_share(shapes.plane, places)
    check_towns(staged, shares)
    check_outside(staged, shapes, places.outline)
    assert shares == ["330282101", "330282102", None]
    assert found(staged) == [(2, "town_mismatch"), (3, "outside_county")]


def _stored(geom: shapely.Geometry) -> shapely.Geometry:
    return crs.reproject(np.array([geom], dtype=object), 4549, 4490)[0]


def test_a_parcel_delivery_without_geometry_is_refused(tmp_path: Path) -> None:
    path = makers.xlsx(tmp_path / "a.xlsx", ["宗地代码"], [["330282001001GB00001"]])
    with pytest.raises(GeometryRequired):
        stage([path], kind_of("parcels"), options=ReadOptions(), data_on=date(2025, 6, 30))


def test_letting_out_more_than_held_is_told_beyond_rounding(tmp_path: Path) -> None:
    code = "91330100799655058B"
    header = ["统一社会信用代码", "宗地代码", "关系", "面积(亩)"]
    rows = [
        [code, "1", "自有", 6.5653],
        [code, "1", "出租", 2.2424],
        [code, "1", "出租", 4.3230],
        [code, "2", "自有", 1],
        [code, "2", "出租", 1.1],
    ]
    staged = stage([makers.xlsx(tmp_path / "a.xlsx", header, rows)], kind_of("occupancy"), options=ReadOptions(), data_on=date(2025, 6, 30))
    check_rented_out(staged)
    assert found(staged) == [(5, "rented_out_exceeds_held")]


def test_mu_become_square_metres_exactly(tmp_path: Path) -> None:
    path = makers.gpkg(tmp_path / "a.gpkg", [{"宗地代码": "1", "证载面积（亩）": "50", "批准面积(公顷)": "3.3333"}], [square(0, 0)])
    staged = stage([path], kind_of("parcels"), options=ReadOptions(), data_on=date(2025, 6, 30))
    assert [str(staged.columns[c][0]) for c in ("area_registered", "area_contract")] == ["33333.33", "33333.00"]


def test_every_issue_code_of_the_contract_is_in_the_catalogue() -> None:
    assert set(CATALOGUE) == {
        "geometry_missing", "geometry_unusable", "geometry_repaired", "overlap", "overlap_sliver", "duplicate_geometry", "outside_county",
        "town_mismatch", "duplicate_key", "key_missing", "cadastral_code_invalid", "unit_code_invalid", "uscc_invalid", "reference_unknown",
        "number_invalid", "date_invalid", "value_unknown", "area_registered_missing", "area_differs", "rented_out_exceeds_held",
        "contract_dates_out_of_order", "row_empty", "area_declared_differs", "point_count_differs", "point_numbers_irregular",
        "axes_swapped", "area_unit_slip",
    }  # fmt: skip


COORDINATES = st.tuples(st.floats(-200, 200), st.floats(-200, 200))
RINGS = st.lists(COORDINATES, min_size=3, max_size=9)


@settings(max_examples=150, deadline=None)
@given(st.lists(RINGS, min_size=1, max_size=4), st.sampled_from(["polygon", "multi", "collection", "line", "point"]), st.booleans())
def test_any_geometry_ends_valid_or_refused(rings: list, kind: str, nan: bool) -> None:
    made = [Polygon(r) for r in rings]
    geom = {
        "polygon": made[0], "multi": MultiPolygon(made), "collection": GeometryCollection([*made, LineString(rings[0])]),
        "line": LineString(rings[0]), "point": Point(rings[0][0]),
    }[kind]  # fmt: skip
    if nan and kind in ("polygon", "line"):
        geom = shapely.transform(geom, lambda xy: np.where(np.arange(len(xy))[:, None] == len(xy) // 2, np.nan, xy))
    shape, why = repaired(geom)
    if shape is None:
        assert why
    else:
        assert shape.is_valid
        assert shape.geom_type == "MultiPolygon"
        assert shape.area > 0


def test_nested_collections_give_their_polygons() -> None:
    inner = GeometryCollection([square(0, 0), Point(0, 0)])
    assert polygons_of(GeometryCollection([inner, square(200, 0)])).area == pytest.approx(16000)
    assert polygons_of(Point(0, 0)) is None
