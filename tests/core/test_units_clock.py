"""Test vectors of DOMAIN Appendix A: 亩, dates, CRS."""

from datetime import date
from decimal import Decimal

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from app.core import clock, crs, units


@pytest.mark.parametrize(
    ("m2", "places", "mu"),
    [("2000", 2, "3.00"), ("33333.33", 4, "50.0000"), ("33330.00", 4, "49.9950"), ("6666666.67", 2, "10000.00")],
)
def test_mu_from_square_metres(m2: str, places: int, mu: str) -> None:
    assert units.m2_to_mu(Decimal(m2), places) == Decimal(mu)


@given(st.decimals(min_value=0, max_value=10**9, places=2))
def test_mu_round_trip_moves_less_than_a_centimetre_square(m2: Decimal) -> None:
    assert abs(units.mu_to_m2(units.m2_to_mu(m2, 6)) - m2) <= Decimal("0.01")


@pytest.mark.parametrize(
    ("day", "years", "then"),
    [(date(2022, 3, 15), 1, date(2023, 3, 15)), (date(2024, 2, 29), 1, date(2025, 2, 28)), (date(2024, 2, 29), 4, date(2028, 2, 29))],
)
def test_corresponding_date_or_month_end(day: date, years: int, then: date) -> None:
    assert clock.add_years(day, years) == then


def test_cixi_point_in_the_countys_plane() -> None:
    point = crs.reproject(np.array([shapely.Point(121.25, 30.17)]), 4490, 4549)[0]
    assert (round(point.x, 3), round(point.y, 3)) == (620406.516, 3339618.711)
    back = crs.reproject(np.array([shapely.Point(40620406.516, 3339618.711)]), 4528, 4490)[0]
    assert (round(back.x, 7), round(back.y, 7)) == (121.25, 30.17)


def test_planar_area_is_359_ppm_larger_than_geodesic_at_cixi() -> None:
    x, y = 620406.516, 3339618.711
    square = crs.reproject(np.array([shapely.box(x - 250, y - 250, x + 250, y + 250)]), 4549, 4490)
    ppm = (crs.planar_area_m2(square, 4549)[0] / crs.geodesic_area_m2(square[0]) - 1) * 1e6
    assert 350 < ppm < 370


@given(st.integers(0, 2**32 - 1), st.sampled_from([1e-4, 1e-3, 9e-3, 0.02, 1.0]))
def test_geodesic_areas_are_those_of_proj(seed: int, size: float) -> None:
    """Stars with a hole anywhere in the country, edges along meridians and parallels too; a short edge beside a long one."""
    draw = np.random.default_rng(seed)
    turns = np.sort(draw.random(8)) * 2 * np.pi
    far = size / 2 * (0.3 + 0.7 * draw.random(8))
    x, y = draw.uniform(73, 135) + far * np.cos(turns), draw.uniform(3, 54) + far * np.sin(turns)
    x[1], y[3] = x[0], y[2]
    outer, inner = np.column_stack((x, y)), np.column_stack((x, y)).mean(axis=0) + np.array([(0, 0), (size / 99, 0), (0, size / 99)])
    want = [abs(crs.GEOD.polygon_area_perimeter(*ring.T)[0]) for ring in (outer, inner)]
    shapes = np.array(
        [shapely.Polygon(outer, [inner]), shapely.Polygon(outer), None, shapely.Polygon(), shapely.Polygon(inner)], dtype=object
    )
    found = crs.geodesic_areas_m2(shapes)
    assert found.tolist() == pytest.approx([want[0] - want[1], want[0], 0, 0, want[1]], abs=2e-4, rel=1e-12)
