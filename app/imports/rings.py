"""Nearly all parcels are polygons of one ring: measured, moved and collected within their WKB, without an object of GEOS. Pure.

Every function takes an array of WKB and gives None where a row of it is no such polygon, does not close or holds no finite numbers.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_HEAD, _ONE_RING = 13, np.frombuffer(b"\x01\x03\x00\x00\x00\x01\x00\x00\x00", dtype=np.uint8)
"""WKB of a polygon of one ring: byte order, type, number of rings, number of points; then the points."""
_COLLECTION_OF_ONE = np.frombuffer(b"\x01\x06\x00\x00\x00\x01\x00\x00\x00", dtype=np.uint8)
_LEAST = _HEAD + 4 * 16


@dataclass(frozen=True)
class _Rings:
    """The bytes, where each row's begin and the last one's end, which of them are coordinates, these, the first point of each ring."""

    data: NDArray[np.uint8]
    ends: NDArray[np.int64]
    is_coordinate: NDArray[np.bool_]
    xy: NDArray[np.float64]
    first: NDArray[np.intp]


def plain(part: pa.Array) -> NDArray[np.bool_]:
    """Which rows say that they are polygons of one ring, as long as that."""
    found = part.is_valid().to_numpy(zero_copy_only=False)
    data, ends = _bytes(part)
    sizes = np.diff(ends)
    found &= (sizes >= _LEAST) & ((sizes - _HEAD) % 16 == 0)
    rows = np.flatnonzero(found)
    heads = data[ends[rows, None] + np.arange(_HEAD)]
    found[rows] = (heads[:, :9] == _ONE_RING).all(axis=1) & (_numbers(heads) == (sizes[rows] - _HEAD) // 16)
    return np.asarray(found)


def bounds(part: pa.Array) -> NDArray[np.float64] | None:
    """(n, 4)."""
    rings = _rings(part)
    if rings is None:
        return None
    return np.hstack([np.minimum.reduceat(rings.xy, rings.first), np.maximum.reduceat(rings.xy, rings.first)])


def areas(part: pa.Array) -> NDArray[np.float64] | None:
    """In the square of the coordinates' unit, corner by corner from each ring's first."""
    rings = _rings(part)
    if rings is None:
        return None
    x, y = (rings.xy - np.repeat(rings.xy[rings.first], np.diff([*rings.first, len(rings.xy)]), axis=0)).T
    return np.abs(np.add.reduceat(x * np.roll(y, -1) - np.roll(x, -1) * y, rings.first)) / 2


def moved(part: pa.Array, work: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> pa.Array | None:
    """With the coordinates (n, 2) that `work` makes of theirs; None also where one of these is no number."""
    rings = _rings(part)
    if rings is None:
        return None
    xy = np.ascontiguousarray(work(rings.xy), dtype=np.float64)
    if np.isnan(xy).any():
        return None
    data = rings.data.copy()
    data[rings.is_coordinate] = xy.view(np.uint8).ravel()
    return _array(rings.ends, data)


def collected(part: pa.Array) -> pa.Array | None:
    """Each as a MultiPolygon of it, whatever its numbers."""
    if not plain(part).all():
        return None
    data, begins = _bytes(part)
    head = len(_COLLECTION_OF_ONE)
    ends = begins - begins[0] + head * np.arange(len(begins))
    heads = ends[:-1, None] + np.arange(head)
    rest = np.ones(ends[-1], dtype=bool)
    rest[heads] = False
    joined = np.empty(len(rest), dtype=np.uint8)
    joined[heads], joined[rest] = _COLLECTION_OF_ONE, data[begins[0] : begins[-1]]
    return _array(ends, joined)


def _rings(part: pa.Array) -> _Rings | None:
    if not len(part) or not plain(part).all():
        return None
    data, ends = _bytes(part)
    data, ends = data[ends[0] : ends[-1]], ends - ends[0]
    head = ends[:-1, None] + np.arange(_HEAD)
    is_coordinate = np.ones(len(data), dtype=bool)
    is_coordinate[head] = False
    xy = data[is_coordinate].view(np.float64).reshape(-1, 2)
    last = np.cumsum((np.diff(ends) - _HEAD) // 16) - 1
    first = np.concatenate([[0], last[:-1] + 1])
    if not np.isfinite(xy).all() or (xy[first] != xy[last]).any():
        return None
    return _Rings(data, ends, is_coordinate, xy, first)


def _bytes(part: pa.Array) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """All bytes, and where each row's begin and the last one's end."""
    ends = np.frombuffer(part.buffers()[1], dtype=np.int32)[part.offset : part.offset + len(part) + 1].astype(np.int64)
    held = part.buffers()[2]
    return np.frombuffer(b"" if held is None else held, dtype=np.uint8), ends


def _numbers(heads: NDArray[np.uint8]) -> NDArray[np.uint32]:
    return np.ascontiguousarray(heads[:, 9:]).view("<u4")[:, 0]


def _array(ends: NDArray[np.int64], data: NDArray[np.uint8]) -> pa.Array:
    return pa.Array.from_buffers(pa.binary(), len(ends) - 1, [None, pa.py_buffer(ends.astype(np.int32)), pa.py_buffer(data)])
