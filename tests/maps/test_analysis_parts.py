"""Parts of a range add up to it, whatever the shapes; outlines are read or refused by name."""

from decimal import Decimal

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core import crs
from app.core.errors import Problem
from app.maps import stats
from app.maps.analysis import files, outline, parts

SQUARE = [[121.0, 30.0], [121.01, 30.0], [121.01, 30.01], [121.0, 30.01], [121.0, 30.0]]
corner = st.floats(0, 900, allow_nan=False)


@given(st.lists(st.tuples(corner, corner, st.floats(1, 300), st.floats(1, 300), st.floats(0, 90)), max_size=25), st.floats(0, 360))
@settings(max_examples=60, deadline=None)
def test_parts_add_up_to_the_range(boxes: list[tuple[float, float, float, float, float]], turn: float) -> None:
    """Overlapping, touching, contained and outside parcels against a ring with a hole."""
    ring = shapely.difference(shapely.box(100, 100, 800, 700), shapely.box(300, 300, 450, 500))
    range_ = shapely.affinity.rotate(ring, turn)
    parcels = np.array(
        [shapely.affinity.rotate(shapely.box(x, y, x + w, y + h), a) for x, y, w, h, a in boxes] or [shapely.box(0, 0, 1, 1)]
    )
    cut = parts.cut(range_, parcels)
    assert abs(cut.difference_m2) < 1e-5
    assert cut.uncovered_m2 == pytest.approx(shapely.difference(range_, shapely.union_all(parcels)).area, abs=0.02 * len(boxes) + 1e-5)
    assert (cut.counted <= cut.covered + 1e-6).all()
    printed, total = parts.apportioned([*cut.counted, cut.uncovered_m2], cut.range_m2)
    assert sum(printed) == total
    assert all(abs(p - Decimal(float(e))) < Decimal("0.011") for p, e in zip(printed, [*cut.counted, cut.uncovered_m2], strict=True))


def test_the_earlier_parcel_keeps_shared_ground_and_the_pair_is_named() -> None:
    cut = parts.cut(
        shapely.box(0, 0, 100, 100), np.array([shapely.box(0, 0, 60, 100), shapely.box(40, 0, 100, 100), shapely.box(100, 0, 200, 100)])
    )
    assert cut.counted.tolist() == [6000, 4000, 0]
    assert cut.covered.tolist() == [6000, 6000, 0]
    assert cut.overlaps == [(0, 1, 2000.0)]
    assert cut.uncovered_m2 == 0


def test_what_is_left_over_is_measured_on_the_ground_itself() -> None:
    """Islands, a block of neighbours, one on the range's edge, one in its hole and one around it: as cut from the range in one piece."""
    range_ = shapely.difference(shapely.box(0, 0, 100, 100), shapely.box(60, 60, 80, 80))
    block = [shapely.box(x, y, x + 5, y + 5) for x in (10, 15, 20) for y in (10, 15, 20) if (x, y) != (15, 15)]
    others = [
        shapely.box(40, 40, 45, 45),
        shapely.box(-5, 50, 5, 55),
        shapely.box(65, 65, 75, 75),
        shapely.box(55, 55, 85, 58),
        shapely.box(42, 40, 48, 45),
    ]
    parcels = np.array([*block, *others])
    cut = parts.cut(range_, parcels)
    assert cut.uncovered_m2 == pytest.approx(shapely.difference(range_, shapely.union_all(parcels)).area, abs=1e-9)
    assert cut.uncovered_m2 == pytest.approx(9600 - 8 * 25 - 25 - 25 - 90 - 15)


def test_thousands_of_parcels_far_from_the_origin_add_up() -> None:
    """Plane coordinates have nine digits before the point's millionth: cut there the parts would miss by more than 0.01 m²."""
    corners = [(121 + (n % 80) * 0.00037, 30 + (n // 80) * 0.00037, 0.00039 if n % 10 == 0 else 0.00037) for n in range(4000)]
    parcels = crs.reproject(np.array([shapely.box(x, y, x + w, y + 0.00036) for x, y, w in corners]), 4490, 4549)
    range_ = crs.reproject(np.array([shapely.Point(121.015, 30.01).buffer(0.011, quad_segs=300)]), 4490, 4549)[0]
    cut = parts.cut(range_, parcels)
    assert len(cut.overlaps) > 200
    assert abs(cut.difference_m2) < 1e-4


def test_apportioning_reports_what_does_not_add_up() -> None:
    printed, total = parts.apportioned([1.0, 2.0], 4.0)
    assert (sum(printed), total) == (Decimal(3), Decimal(4))


@pytest.mark.parametrize(
    ("geometry", "code"),
    [
        (None, "range_invalid"),
        ({"type": "Point", "coordinates": [1, 2]}, "range_not_polygon"),
        ({"type": "LineString", "coordinates": SQUARE}, "range_not_polygon"),
        ({"type": "Polygon", "coordinates": []}, "range_empty"),
        ({"type": "Polygon"}, "range_invalid"),
        ({"type": "Polygon", "coordinates": [[[1, 2], [3, 4]]]}, "range_invalid"),
        ({"type": "Polygon", "coordinates": [[["a", 2], [3, 4], [5, 6]]]}, "range_invalid"),
        ({"type": "Polygon", "coordinates": [[[float("nan"), 2], [3, 4], [5, 6]]]}, "range_invalid"),
        ({"type": "Polygon", "coordinates": [[[10**400, 2], [3, 4], [5, 6]]]}, "range_invalid"),
        ({"type": "Polygon", "coordinates": [[[500000, 3300000], [500001, 3300000], [500001, 3300001]]]}, "range_not_degrees"),
        ({"type": "Polygon", "coordinates": [[[121, 30], [121.1, 30], [121.2, 30], [121, 30]]]}, "range_empty"),
        ({"type": "Polygon", "coordinates": [[[121 + i * 1e-6, 30] for i in range(10_001)]]}, "range_too_complex"),
        ({"type": "MultiPolygon", "coordinates": SQUARE}, "range_invalid"),
    ],
)
def test_bad_outlines_are_named(geometry: object, code: str) -> None:
    with pytest.raises(Problem) as told:
        outline.from_geojson(geometry)
    assert told.value.code == code


def test_a_bow_tie_is_repaired_and_said() -> None:
    found = outline.from_geojson({"type": "Polygon", "coordinates": [[[121, 30], [121.01, 30.01], [121.01, 30], [121, 30.01], [121, 30]]]})
    assert found.geom.is_valid
    assert found.geom.area == pytest.approx(0.01 * 0.01 / 2)
    assert any("已自动修复" in note for note in found.notes)


def test_an_open_ring_is_closed_and_said() -> None:
    found = outline.from_geojson({"type": "Polygon", "coordinates": [SQUARE[:-1]]})
    assert found.geom.area == pytest.approx(1e-4)
    assert found.notes == ["有环首尾未闭合,已闭合"]


def test_dxf_outlines_hole_duplicate_and_open_line() -> None:
    outer, inner = shapely.box(0, 0, 10, 10).exterior, shapely.box(2, 2, 4, 4).exterior
    shape, notes = files.closed_outlines([outer, inner, outer, shapely.LineString([(0, 0), (5, 5)]), shapely.Point(1, 1)])
    assert shape.area == 96
    assert "略去未闭合的线 1 条" in notes[0]
    filled, _ = files.closed_outlines([outer, shapely.box(0, 0, 10, 10)])
    assert filled.area == 100
    with pytest.raises(Problem, match="没有闭合线"):
        files.closed_outlines([shapely.LineString([(0, 0), (5, 5)])])


def test_two_counts_are_hidden_where_one_would_be_told_by_the_total() -> None:
    assert stats.suppressed({"a": 1, "b": 7, "c": 9}) == {"a", "b"}
    assert stats.suppressed({"a": 1, "b": 2, "c": 9}) == {"a", "b"}
    assert stats.suppressed({"a": 5, "b": 7}) == set()
