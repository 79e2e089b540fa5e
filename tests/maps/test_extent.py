"""bbox and moments: every malformed value is a named refusal."""

from datetime import date

import pytest

from app.core.errors import BadParameter
from app.maps import moments
from app.maps.extent import Envelope, parse_bbox


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "1,2,3",
        "1,2,3,4,5",
        "a,b,c,d",
        "nan,0,1,1",
        "0,inf,1,1",
        "0,2,1,1",
        "0,0,1,91",
        "-181,0,1,1",
        "0,0,9,1,1,3",
        "1,2,3,4,5,6,7",
        "1,,2,3",
    ],
)
def test_a_bbox_that_is_no_box_is_refused(bad: str) -> None:
    with pytest.raises(BadParameter) as refusal:
        parse_bbox(bad)
    assert refusal.value.pointer == "query:bbox"


def test_four_or_six_numbers_and_the_antimeridian() -> None:
    assert parse_bbox(None) == ()
    assert parse_bbox("121,30,122,31") == parse_bbox("121,30,0,122,31,9") == (Envelope(121, 30, 122, 31),)
    assert parse_bbox("179,29,-179,31") == (Envelope(179, 29, 180, 31), Envelope(-180, 29, -179, 31))


def test_moments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moments.clock, "today", lambda: date(2025, 9, 30))
    assert moments.parse().is_now
    assert moments.parse(date(2025, 9, 30)).is_now
    assert not moments.parse(date(2024, 9, 30)).is_now
    assert not moments.parse(known_at="2025-09-30").is_now
    assert moments.parse(interval="2024-01-01/2024-06-30").end == date(2024, 6, 30)
    assert moments.parse(interval="2024-01-01T20:00:00Z").start == date(2024, 1, 2), "a moment is a day in Shanghai"
    for bad in ("x", "2024-13-01", "..", "2024-02-01/2024-01-01", "1/2/3"):
        with pytest.raises(BadParameter):
            moments.parse(interval=bad)
    with pytest.raises(BadParameter):
        moments.parse(known_at="yesterday")
