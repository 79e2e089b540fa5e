"""What is packed comes back just as it was; a delivery checked part by part says the same as one checked at once."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from app.imports import frames, packed, values
from app.imports.apply import parcel_rows
from app.imports.apply.parcel_rows import m2, m2_column
from app.imports.checks.places import Places
from app.imports.coded import Coded
from app.imports.context import Context
from app.imports.kinds import kind_of
from app.imports.packed import PackedColumn, PackedShapes
from app.imports.readers import ReadOptions
from app.imports.stage import stage

from . import makers
from .makers import square

SHAPES = [box(0, 0, 1, 1), None, MultiPolygon([box(2, 2, 3, 3), box(5, 5, 6, 6)]), Point(1, 2), Polygon(), LineString([(0, 0), (1, 1)])]
CELLS = st.none() | st.text(max_size=12) | st.sampled_from(["国有", " 国有", "无", "x" * 201, "\ud800"])
NUMBERS = st.none() | st.decimals(min_value=0, max_value=10**12, places=2) | st.decimals(min_value=0, max_value=10**6, places=4)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (packed, frames, parcel_rows):
        monkeypatch.setattr(module, "PART", 4)


def objects(shapes: list[Any]) -> np.ndarray:
    found = np.empty(len(shapes), dtype=object)
    found[:] = shapes
    return found


@given(st.lists(st.sampled_from(SHAPES), max_size=20), st.data())
def test_shapes_come_back_by_row(shapes: list[Any], data: st.DataObject) -> None:
    held = PackedShapes.of(objects(shapes))
    rows = data.draw(st.lists(st.integers(0, len(shapes) - 1), max_size=20)) if shapes else []
    assert (len(held), list(held)) == (len(shapes), shapes)
    assert held[rows].tolist() == [shapes[row] for row in rows]
    assert held[np.isin(np.arange(len(shapes)), rows)].tolist() == [shapes[row] for row in sorted(set(rows))]
    assert [blob and shapely.from_wkb(blob) for blob in held.wkb(rows)] == [shapes[row] for row in rows]
    assert held.kinds.tolist() == [
        -1 if s is None else {"Point": 1, "LineString": 2, "Polygon": 3, "MultiPolygon": 6}[s.geom_type] for s in shapes
    ]
    assert held.missing.tolist() == [s is None for s in shapes]
    np.testing.assert_array_equal(held.bounds, shapely.bounds(objects(shapes)).reshape(-1, 4))
    wanted = np.array(sorted(set(rows)), dtype=np.intp)
    turned = held.replaced(wanted, objects([Point(row, 0) for row in wanted]))
    assert list(turned) == [Point(row, 0) if row in rows else shape for row, shape in enumerate(shapes)]


def test_what_is_no_shape_is_none_and_heights_are_known() -> None:
    blobs = [
        shapely.to_wkb(box(0, 0, 1, 1)),
        b"\x01\x03\x00\x00\x00\x09",
        None,
        shapely.to_wkb(Point(1, 2, 3)),
        shapely.to_wkb(Point(1, 2, 3), flavor="iso"),
    ]
    held = PackedShapes.of_wkb(pa.chunked_array([pa.array(blobs, pa.binary())]))
    assert held.missing.tolist() == [False, True, True, False, False]
    assert held.kinds.tolist() == [3, 3, -1, 1001, 1001]
    assert held[0] == held[-5] == box(0, 0, 1, 1)
    with pytest.raises(IndexError):
        held[5]


@given(st.lists(st.integers(3, 8), max_size=9), st.sampled_from([None, *SHAPES]))
def test_parcels_of_one_ring_are_measured_and_moved_as_shapes_are(corners: list[int], odd: Any) -> None:
    drawn = [Polygon([(n + np.cos(k / m * 6), n - np.sin(k / m * 6)) for k in range(m)]) for n, m in enumerate(corners)]
    shapes = objects([*drawn, odd] if odd is not None else drawn)
    held = PackedShapes.of(shapes)
    np.testing.assert_array_equal(held.bounds, shapely.bounds(shapes).reshape(-1, 4))
    np.testing.assert_allclose(held.areas, shapely.area(shapes), rtol=1e-12)
    moved = held.transformed(lambda xy: xy[:, ::-1] * 3)
    assert list(moved) == list(shapely.transform(shapes, lambda xy: xy[:, ::-1] * 3))
    collected = [shapely.multipolygons([shape]) if isinstance(shape, Polygon) else shape for shape in shapes]
    assert held.collected().wkb(range(len(shapes))) == [shapely.to_wkb(shape) for shape in collected]
    assert list(held.cut(1, 3)) == list(shapes)[1:3]
    assert list(held) == list(shapes)


def test_a_ring_that_does_not_close_or_has_no_numbers_is_left_to_geos() -> None:
    sound = shapely.to_wkb(box(0, 0, 1, 1))
    open_ring = sound[:-8] + np.float64(7).tobytes()
    unreal = sound[:29] + np.float64(np.inf).tobytes() + sound[37:]
    held = PackedShapes.of_wkb(pa.chunked_array([pa.array([b"", sound, open_ring, unreal], pa.binary()).slice(1)]))
    assert held.missing.tolist() == [False, True, False]
    moved = held.transformed(lambda xy: xy + 1)
    assert (moved[0], moved[1], moved.kinds.tolist()) == (box(1, 1, 2, 2), None, [3, -1, 3])
    assert moved.wkb([2]) == [unreal]


@given(st.lists(CELLS, max_size=20) | st.lists(NUMBERS, max_size=20) | st.lists(st.none() | st.dates(), max_size=9), st.data())
def test_values_come_back_as_they_were(cells: list[Any], data: st.DataObject) -> None:
    column = PackedColumn.of(cells)
    assert [repr(value) for value in column] == [repr(value) for value in cells]
    if cells:
        row = data.draw(st.integers(0, len(cells) - 1))
        assert repr(column[row]) == repr(cells[row])
        column[row] = "改"
        assert (column[row], column[row : row + 1], column.take([row, row])) == ("改", ["改"], ["改", "改"])
        assert column == [*cells[:row], "改", *cells[row + 1 :]] == column.settled()
        stop = data.draw(st.integers(row, len(cells)))
        assert list(column.cut(row, stop)) == list(column)[row:stop]


@given(st.lists(NUMBERS, max_size=20))
def test_numbers_of_a_column_are_floats_as_python_makes_them(numbers: list[Decimal | None]) -> None:
    wanted = [np.nan if number is None else float(number) for number in numbers]
    np.testing.assert_array_equal(PackedColumn.of(numbers).floats(), np.array(wanted, dtype=float))


@given(
    st.lists(st.sampled_from([None, "甲", "乙", "\ud800", "x" * 30]), max_size=12),
    st.lists(st.sampled_from([None, "甲", "丙"]), max_size=12),
)
def test_what_is_found_once_for_a_word_holds_for_each_row(one: list[str | None], two: list[str | None]) -> None:
    several = [(a, b) for a in one for b in two]
    columns = [Coded.of(PackedColumn.of([pair[n] for pair in several])) for n in (0, 1)]
    joined = Coded.made(lambda a, b: None if a is None else a + (b or ""), *columns)
    assert list(joined.column()) == [None if a is None else a + (b or "") for a, b in several]
    assert Coded.made(lambda a, b: a == b, *columns).mask().tolist() == [a == b for a, b in several]


@given(st.lists(st.none() | st.text(max_size=12) | st.sampled_from(["宗地一二三四", "某\u200b某某某某", " 前后都有 "]), max_size=9))
def test_cells_that_are_said_to_be_clean_are(cells: list[str | None]) -> None:
    if values.all_clean(pa.array(cells, pa.string()), longest=10):
        assert [values.clean(cell) for cell in cells] == cells
        assert all(cell is None or len(cell) <= 10 for cell in cells)


def test_cells_of_a_table_come_in_parts_and_whole() -> None:
    cells = [None, "甲", "乙", "甲", None, "丙"]
    for column in (frames.framed({"列": cells}, 6)["列"], frames.framed({"列": [*cells[:5], "\ud800"]}, 6)["列"]):
        told: list[Any] = []
        for part in frames.parts(column):
            words, which = frames.words(part)
            told += [None if n < 0 else words[n] for n in which]
        assert told == frames.cells(column)
        assert told[:5] == cells[:5]


def test_a_delivery_in_parts_says_what_it_says_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bow = Polygon([(620000, 3339000), (620100, 3339100), (620100, 3339000), (620000, 3339100)])
    shapes = [square(0, 0), None, square(99, 0), bow, square(200, 0), square(0, 0), square(90_000, 0), square(300, 0), None, square(400, 0)]
    rows = [
        {"宗地代码": code, "乡镇代码": "330282101000" if n % 2 else "甲", "责任主体": "乙镇" if n % 3 else None, "证载面积": area, "权属性质": "国有"}
        for n, (code, area) in enumerate(
            zip(["a", None, "330282001001GB00003", "330283001001GB00004", None, "a", "b", "330282001001GB00003", None, "c"],
                ["10000", "一", None, "12", "15", "10000", "1", None, "9000", "10000"], strict=True)
        )
    ]  # fmt: skip
    path = makers.gpkg(tmp_path / "a.gpkg", rows, shapes)
    outline = Polygon([(121, 30), (121.5, 30), (121.5, 30.5), (121, 30.5)])
    bodies = {"330282101": "330282101"}
    county = Context("330282", 4549, Places.of(outline, {"330282101": outline}, 4549), {}, bodies, "330282000", frozenset(bodies))

    def settled(part: int) -> tuple[Any, ...]:
        for module in (packed, frames, parcel_rows):
            monkeypatch.setattr(module, "PART", part)
        staged = stage([path], kind_of("parcels"), options=ReadOptions(), data_on=date(2025, 6, 30))
        found = parcel_rows.settle(staged, county)
        drawn = shapely.to_wkt(found.shapes.stored[:]).tolist()
        assert [found.values[n] for n in range(len(found.key))] == list(found.values)
        assert found.values.taken("town_code") == [row[parcel_rows.COLUMNS.index("town_code")] for row in found.values]
        return staged.issues, list(found.index), list(found.row), found.key, list(found.values), drawn, found.present, found.covered

    at_once = settled(1000)
    assert len(at_once[0]) > 15
    assert at_once[4][0][parcel_rows.COLUMNS.index("area_registered_m2")] == Decimal("10000.00")
    assert settled(1) == settled(3) == at_once


@given(
    st.lists(
        st.floats(0, 1e9) | st.integers(0, 10**11).map(lambda n: n / 1000) | st.sampled_from([0.005, 1.005, 2.675, 1e-9, 0.015]),
        max_size=40,
    )
)
def test_areas_of_a_column_are_rounded_as_one_by_one(areas: list[float]) -> None:
    assert m2_column(np.array(areas)).to_pylist() == [max(m2(area), Decimal("0.01")) for area in areas]
