"""FlatGeobuf's spatial index: neighbours on the curve are neighbours on the ground; a search finds what lies in an extent and no other."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely

from app.maps.exports.writers import rtree
from tests.maps.conftest import BASE


def test_the_curve_goes_from_neighbour_to_neighbour() -> None:
    side = 256
    x, y = (one.ravel().astype(np.uint32) for one in np.meshgrid(np.arange(side), np.arange(side)))
    place = rtree._along(x.copy(), y.copy())
    assert sorted(place) == list(range(side * side))
    walk = np.argsort(place)
    steps = abs(np.diff(x[walk].astype(int))) + abs(np.diff(y[walk].astype(int)))
    assert set(steps) == {1}


def found(nodes: Any, count: int, extent: tuple[float, float, float, float]) -> list[int]:
    """Offsets of the leaves that a reader comes to from the root."""
    leaves, waiting, seen = len(nodes) - count, [0], []
    while waiting:
        at = waiting.pop()
        west, south, east, north = nodes[at]["box"]
        if west > extent[2] or east < extent[0] or south > extent[3] or north < extent[1]:
            continue
        if at >= leaves:
            seen.append(int(nodes[at]["offset"]))
            continue
        first = int(nodes[at]["offset"])
        level_end = next(end for end in ends_of(count) if first < end)
        waiting += range(first, min(first + rtree.NODE, level_end))
    return sorted(seen)


def ends_of(count: int) -> list[int]:
    """Where each level ends, the root first."""
    sizes = [count]
    while len(sizes) == 1 or sizes[-1] > 1:
        sizes.append(math.ceil(sizes[-1] / rtree.NODE))
    return np.cumsum(sizes[::-1]).tolist()


@pytest.mark.parametrize("count", [1, 2, 16, 17, 256, 257, 5_000])
def test_a_search_finds_what_lies_there(count: int) -> None:
    random = np.random.default_rng(count)
    low = random.random((count, 2)) * 10 + [120, 30]
    boxes = np.hstack((low, low + random.random((count, 2)) * 0.2))
    boxes = boxes[rtree.hilbert_order(boxes)]
    offsets = np.arange(count) * 7
    nodes = np.concatenate([np.asarray(level) for level in rtree.index(boxes, offsets)])
    assert len(nodes) == ends_of(count)[-1]
    assert nodes.dtype.itemsize == 40
    for west, south in random.random((40, 2)) * 10 + [120, 30]:
        extent = (west, south, west + 0.7, south + 0.5)
        inside = (boxes[:, 0] <= extent[2]) & (boxes[:, 2] >= extent[0]) & (boxes[:, 1] <= extent[3]) & (boxes[:, 3] >= extent[1])
        assert found(nodes, count, extent) == offsets[inside].tolist()
    assert found(nodes, count, (0, 0, 180, 90)) == offsets.tolist()


def test_shapes_in_one_place_have_an_order() -> None:
    assert sorted(rtree.hilbert_order(np.array([[1.0, 2.0, 1.0, 2.0]] * 5))) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("crs", [None, "http://www.opengis.net/def/crs/EPSG/0/4549"])
async def test_gdal_filters_by_our_index(crs: str | None, made: Callable[..., Any]) -> None:
    file, said = made("flatgeobuf", crs=crs)
    assert said.rows == 60
    info = pyogrio.read_info(file)
    assert (info["features"], info["capabilities"]["fast_spatial_filter"]) == (60, True)
    frame = pyogrio.read_dataframe(file)
    assert info["total_bounds"] == pytest.approx(tuple(frame.total_bounds))
    assert set(frame["land_code"]) == set(pyogrio.read_dataframe(made("gpkg", crs=crs)[0])["land_code"])
    for n in range(0, 60, 7):
        west, south, east, north = frame.geometry.iloc[n].buffer(frame.geometry.iloc[n].length / 40).bounds
        near = frame[shapely.intersects(frame.geometry.values, shapely.box(west, south, east, north))]
        seen = pyogrio.read_dataframe(file, bbox=(west, south, east, north))
        assert 1 <= len(near) < 60
        assert sorted(seen["land_code"]) == sorted(near["land_code"])


async def test_an_empty_file_and_one_row(made: Callable[..., Any]) -> None:
    assert len(pyogrio.read_dataframe(made("flatgeobuf", filter="grade = 'nothing'")[0])) == 0
    one = pyogrio.read_dataframe(made("flatgeobuf", filter=f"id = {BASE + 1}")[0], bbox=(120, 29, 122, 31))
    assert list(one["id"]) == [BASE + 1]
