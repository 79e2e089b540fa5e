"""Rows in batches: none is lost or doubled between them, whatever chooses; what is read ahead keeps order and errors."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import geopandas
import pytest

from app.core.principal import Role
from app.maps.exports import source
from app.maps.exports.ahead import ahead
from app.maps.exports.source import packed
from tests.maps.conftest import BASE, OWN, person


@pytest.mark.parametrize("asked", [{}, {"filter": "grade IN ('A', 'B', 'C')"}, {"bbox": "121.0,30.0,121.0095,30.0045"}])
@pytest.mark.parametrize("role", [Role.planner, Role.officer, Role.viewer])
async def test_batches_of_seven_say_what_one_says(
    role: Role, asked: dict[str, str], made: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    who = person(role, OWN if role is Role.officer else None)
    whole = json.loads(made("geojson", who, **asked)[0].read_text())["features"]
    monkeypatch.setattr(source, "BATCH", 7)
    file, said = made("geojson", who, **asked)
    assert json.loads(file.read_text())["features"] == whole
    frame = geopandas.read_parquet(made("geoparquet", who, **asked)[0])
    assert said.rows == len(frame) == len(whole) > 14
    assert list(frame["row_no"]) == [f["properties"]["row_no"] for f in whole] == list(range(1, len(whole) + 1))
    assert list(frame["id"]) == [f["id"] for f in whole] == sorted(f["id"] for f in whole)
    assert list(frame["land_code"]) == [f["properties"]["land_code"] for f in whole]
    assert list(frame["grade"].fillna("")) == [f["properties"].get("grade") or "" for f in whole]
    if not asked:
        assert list(frame["id"]) == list(range(BASE + 1, BASE + 61))


def test_values_that_follow_one_another() -> None:
    lengths = b"".join(n.to_bytes(4, "big", signed=True) for n in (2, -1, 0, 3))
    assert packed(lengths, b"abcde").to_pylist() == [b"ab", None, b"", b"cde"]
    assert packed(lengths[4:8], None).to_pylist() == [None]


def test_an_error_comes_in_its_place_and_the_thread_ends() -> None:
    def source_of() -> Iterator[int]:
        yield 1
        yield 2
        raise ValueError("three")

    given = ahead(source_of())
    assert [next(given), next(given)] == [1, 2]
    with pytest.raises(ValueError, match="three"):
        next(given)

    before = threading.active_count()
    endless = ahead(iter(int, 1))
    assert next(endless) == 0
    endless.close()
    end = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < end:
        time.sleep(0.05)
    assert threading.active_count() == before
