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
