"""A delivery's shapes and values packed into bytes, made into objects where they are needed, some thousand at a time.

A million parcels as objects of GEOS and Python weigh 5 GB, their bytes a tenth.
"""

import ctypes
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Any, Self, overload

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt
import shapely
from numpy.typing import ArrayLike, NDArray

from app.core.parts import side_by_side
from app.imports import rings

_ARENA_MAX = -8
"""M_ARENA_MAX of glibc's malloc.h."""
PART = 10_000
"""Rows that are objects at once."""
_CENT = Decimal("0.01")
_EXACT = 2**53
"""Up to this every whole number is a float."""
_POLYGON = 3
Objects = NDArray[np.object_]


class _Parts:
    """Rows in parts one after another."""

    def __init__(self, parts: Iterable[Any] = ()) -> None:
        self._parts: list[Any] = [part for part in parts if len(part)]
        self._ends = np.cumsum([len(part) for part in self._parts], dtype=int)

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    def cut(self, start: int, stop: int) -> Self:
        """Some rows one after another."""
        begins = [self._start(number) for number in range(len(self._parts))]
        pieces = (part[max(0, start - begin) : max(0, stop - begin)] for begin, part in zip(begins, self._parts, strict=True))
        return type(self)(pieces)

    def _index(self, index: int) -> int:
        found = index + len(self) if index < 0 else index
        if not 0 <= found < len(self):
            raise IndexError(index)
        return found

    def _rows(self, which: ArrayLike | slice) -> NDArray[np.intp]:
        """Row numbers of a slice, of a mask or of row numbers."""
        if isinstance(which, slice):
            return np.arange(*which.indices(len(self)), dtype=np.intp)
        rows = np.asarray(which)
        return np.flatnonzero(rows) if rows.dtype == bool else rows.astype(np.intp, copy=False)

    def _pieces(self, rows: NDArray[np.intp]) -> Iterator[tuple[int, NDArray[np.intp], NDArray[np.intp]]]:
        """(part, positions in `rows`, places in the part) of the parts that hold any of the rows."""
        part_of = np.searchsorted(self._ends, rows, side="right")
        order = np.argsort(part_of, kind="stable")
        for where in np.split(order, np.flatnonzero(np.diff(part_of[order])) + 1) if len(rows) else ():
            part = int(part_of[where[0]])
            yield part, where, rows[where] - self._start(part)

    def _start(self, part: int) -> int:
        return int(self._ends[part - 1]) if part else 0


class PackedShapes(_Parts):
    """Shapes as WKB, one a row, None where a row has none. Reads like an array of shapes; what nobody can read is None."""

    @classmethod
    def of(cls, shapes: "Objects | PackedShapes") -> "PackedShapes":
        """Packed, where they are not."""
        if isinstance(shapes, PackedShapes):
            return shapes
        return cls(_packed_shapes(shapes[start : start + PART]) for start in range(0, len(shapes), PART))

    @classmethod
    def of_wkb(cls, column: pa.ChunkedArray) -> "PackedShapes":
        """WKB as a reader found it."""
        return cls(chunk.slice(start, PART) for chunk in column.chunks for start in range(0, len(chunk), PART))

    @classmethod
    def empty(cls, rows: int) -> "PackedShapes":
        """Rows without shapes."""
        return cls([pa.nulls(rows, pa.binary())])

    @classmethod
    def joined(cls, several: Iterable["PackedShapes"]) -> "PackedShapes":
        """One after another."""
        return cls(part for one in several for part in one._parts)

    @overload
    def __getitem__(self, which: int | np.integer[Any]) -> Any: ...
    @overload
    def __getitem__(self, which: slice | Sequence[int] | NDArray[Any]) -> Objects: ...
    def __getitem__(self, which: Any) -> Any:
        if isinstance(which, int | np.integer):
            return self[[self._index(int(which))]][0]
        if isinstance(which, slice) and which == slice(None):
            return np.concatenate([np.zeros(0, dtype=object), *map(_shapes, self._parts)])
        rows = self._rows(which)
        found = np.full(len(rows), None, dtype=object)
        for part, where, places in self._pieces(rows):
            found[where] = _shapes(self._parts[part].take(pa.array(places)))
        return found

    def __iter__(self) -> Iterator[Any]:
        for part in self._parts:
            yield from _shapes(part)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Objects:
        return self[:]

    def wkb(self, rows: Sequence[int] | NDArray[Any]) -> list[bytes | None]:
        """The bytes of rows."""
        which = self._rows(rows)
        found = np.full(len(which), None, dtype=object)
        for part, where, places in self._pieces(which):
            found[where] = self._parts[part].take(pa.array(places)).to_numpy(zero_copy_only=False)
        told: list[bytes | None] = found.tolist()
        return told

    def parts(self) -> Iterator[tuple[int, Objects]]:
        """(number of the first row, shapes) of each part."""
        for number, part in enumerate(self._parts):
            yield self._start(number), _shapes(part)

    def each(self, work: Callable[[Objects], NDArray[Any]]) -> NDArray[Any]:
        """`work` of the shapes, element by element independent of each other."""
        found = list(side_by_side(lambda part: work(_shapes(part)), self._parts))
        return np.concatenate(found) if found else work(np.zeros(0, dtype=object))

    def map(self, work: Callable[[Objects], Objects]) -> "PackedShapes":
        """The shapes that `work` makes of them, element by element independent of each other."""
        return PackedShapes(side_by_side(lambda part: _packed_shapes(work(_shapes(part))), self._parts))

    def replaced(self, rows: NDArray[np.intp], shapes: Objects) -> "PackedShapes":
        """The same with other shapes in these rows."""
        parts = list(self._parts)
        for part, where, places in self._pieces(rows):
            count = len(parts[part])
            taken = np.arange(count)
            taken[places] = np.arange(count, count + len(places))
            parts[part] = pa.concat_arrays([parts[part].cast(pa.binary()), _packed_shapes(shapes[where])]).take(pa.array(taken))
        return PackedShapes(parts)

    def collected(self) -> "PackedShapes":
        """Each polygon as a MultiPolygon of it; the others as they are."""
        return PackedShapes(side_by_side(_collected, self._parts))

    def forget(self, stop: int) -> None:
        """What lies in whole parts before a row is let go: None from now on."""
        for number in np.flatnonzero(self._ends <= stop).tolist():
            self._parts[number] = pa.nulls(len(self._parts[number]), pa.binary())

    def transformed(self, work: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> "PackedShapes":
        """With other coordinates (n, 2), of shapes without heights; a shape with one that is not finite stays as it is."""
        return PackedShapes(side_by_side(lambda part: _transformed(part, work), self._parts))

    @cached_property
    def bounds(self) -> NDArray[np.float64]:
        """(n, 4), NaN where there is none."""
        return np.concatenate([np.zeros((0, 4)), *side_by_side(_bounds, self._parts)])

    @property
    def areas(self) -> NDArray[np.float64]:
        """In the square of the coordinates' unit, NaN where there is none."""
        return np.concatenate([np.zeros(0), *side_by_side(_areas, self._parts)])

    @cached_property
    def kinds(self) -> NDArray[np.int64]:
        """The type that each WKB says, with its thousands (1 Z, 2 M, 3 both); -1 where there is none."""
        return np.concatenate([np.zeros(0, dtype=np.int64), *map(_kinds, self._parts)])

    @cached_property
    def missing(self) -> NDArray[np.bool_]:
        """Where there is none, or none that anybody can read."""
        missing = np.isnan(self.bounds[:, 0])
        missing[missing] = shapely.is_missing(self[missing])  # the others are empty
        return missing


class PackedColumn(_Parts, Sequence[Any]):
    """Texts, or numbers of two decimals, None where a row has none; other values stay as they are. Reads like a list."""

    def __init__(self, parts: Iterable[Sequence[Any]] = ()) -> None:
        super().__init__(parts)
        self._set: dict[int, Any] = {}

    @classmethod
    def of(cls, values: Sequence[Any]) -> Self:
        """Packed in parts."""
        if isinstance(values, cls):
            return values
        return cls(packed_values(values[start : start + PART]) for start in range(0, len(values), PART))

    @classmethod
    def joined(cls, several: Iterable["PackedColumn"]) -> Self:
        """One after another."""
        return cls(part for one in several for part in one._parts)

    @overload
    def __getitem__(self, which: int) -> Any: ...
    @overload
    def __getitem__(self, which: slice) -> list[Any]: ...
    def __getitem__(self, which: int | slice) -> Any:
        if isinstance(which, slice):
            return self.take(self._rows(which))
        index = self._index(which)
        if index in self._set:
            return self._set[index]
        part = int(np.searchsorted(self._ends, index, side="right"))
        value = self._parts[part][index - self._start(part)]
        return value.as_py() if isinstance(value, pa.Scalar) else value

    def __setitem__(self, index: int, value: Any) -> None:
        self._set[self._index(index)] = value

    def __iter__(self) -> Iterator[Any]:
        for start in range(0, len(self), PART):
            yield from self[start : start + PART]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    def cut(self, start: int, stop: int) -> Self:
        """Some rows one after another as a column of their own; what is set there is not set here."""
        some = super().cut(start, stop)
        some._set = {row - start: value for row, value in self._set.items() if start <= row < stop}
        return some

    def settled(self) -> Self:
        """The same, what was set packed with the rest."""
        return type(self).of(list(self)) if self._set else self

    def texts(self) -> pa.Array | None:
        """As one array of Arrow's texts; None where not all of them have that form."""
        parts = [_texts(part) for part in self.settled()._parts]
        if not all(part is not None for part in parts):
            return None
        return pa.concat_arrays(parts) if parts else pa.nulls(0, pa.large_string())

    def floats(self) -> NDArray[np.float64]:
        """As numbers, NaN for unknown."""
        return np.concatenate([np.zeros(0), *map(_floats, self.settled()._parts)])

    def take(self, rows: Sequence[int] | NDArray[Any]) -> list[Any]:
        """Values of rows."""
        which = self._rows(rows)
        found = np.full(len(which), None, dtype=object)
        for part, where, places in self._pieces(which):
            found[where] = _values(self._parts[part], places)
        told: list[Any] = found.tolist()
        for position in np.flatnonzero(np.isin(which, list(self._set))) if self._set else ():
            told[position] = self._set[int(which[position])]
        return told


def keep_together() -> None:
    """One heap for all threads of the process: what one has let go another takes, instead of as much anew (5 % of a million parcels)."""
    if options := getattr(ctypes.CDLL(None), "mallopt", None):  # of glibc
        options(_ARENA_MAX, 1)


def give_back() -> None:
    """What lies free within the process, after a step that needed much, goes back to the system."""
    pa.default_memory_pool().release_unused()
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):  # of glibc
        trim(0)


def packed_values(values: Sequence[Any]) -> Sequence[Any]:
    """Values as Arrow has them, what is said again and again once; a list where it has no form that gives back just the same."""
    if isinstance(values, pa.Array):
        return _encoded(values)
    kinds = set(map(type, values)) - {type(None)}
    if kinds <= {str}:
        try:
            texts = pa.array(values, pa.string())
        except UnicodeEncodeError:  # half a surrogate pair
            return list(values)
        return _encoded(texts)
    if kinds == {Decimal} and all(value is None or _CENT.same_quantum(value) for value in values):
        return pa.array(values, pa.decimal128(38, 2))
    return list(values)


def _encoded(texts: pa.Array) -> pa.Array:
    encoded = texts.dictionary_encode()
    return encoded if len(encoded.dictionary) * 2 < len(texts) else texts


def _kinds(part: pa.Array) -> NDArray[np.int64]:
    heads = pc.binary_slice(part, 0, 5).dictionary_encode()
    said = [_kind(head) for head in heads.dictionary.to_pylist()]
    return np.array([*said, -1], dtype=np.int64)[heads.indices.fill_null(len(said)).to_numpy(zero_copy_only=False)]


def _kind(head: bytes) -> int:
    """ISO's number; EWKB's flags of Z and M are told the same way."""
    code = int.from_bytes(head[1:5], "little" if head[:1] == b"\x01" else "big")
    return (code & 0x0FFFFFFF) + 1000 * (code >> 31) + 2000 * (code >> 30 & 1)


def _bounds(part: pa.Array) -> NDArray[np.float64]:
    found = rings.bounds(part)
    return np.asarray(shapely.bounds(_shapes(part))) if found is None else found


def _areas(part: pa.Array) -> NDArray[np.float64]:
    found = rings.areas(part)
    return np.asarray(shapely.area(_shapes(part))) if found is None else found


def _transformed(part: pa.Array, work: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> pa.Array:
    def each(shapes: Objects) -> Objects:
        coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
        sound = np.ones(len(shapes), dtype=bool)
        sound[owner[~np.isfinite(coordinates).all(axis=1)]] = False
        shapes[sound] = shapely.transform(shapes[sound], work)  # a ring with a NaN does not close and can't be rebuilt
        return shapes

    return _apart(part, lambda some: rings.moved(some, work), each)


def _collected(part: pa.Array) -> pa.Array:
    def each(shapes: Objects) -> Objects:
        single = np.flatnonzero(shapely.get_type_id(shapes) == _POLYGON)
        if len(single):
            shapes[single] = shapely.multipolygons(shapes[single], indices=np.arange(len(single)))
        return shapes

    return _apart(part, rings.collected, each)


def _apart(part: pa.Array, quick: Callable[[pa.Array], pa.Array | None], each: Callable[[Objects], Objects]) -> pa.Array:
    """A part with the polygons of one ring made by `quick`, where it can, the others by way of objects."""
    plain = rings.plain(part)
    one = quick(part.filter(pa.array(plain)) if not plain.all() else part) if plain.any() else None
    if one is None:
        return _packed_shapes(each(_shapes(part)))
    if plain.all():
        return one
    other = _packed_shapes(each(_shapes(part.filter(pa.array(~plain)))))
    order = np.argsort(np.concatenate([np.flatnonzero(plain), np.flatnonzero(~plain)]))
    return pa.concat_arrays([one, other]).take(pa.array(order))


def _packed_shapes(shapes: Objects) -> pa.Array:
    """In buffers just as long as they must be: what Arrow builds bit by bit keeps up to twice the room."""
    wkb = [blob or b"" for blob in shapely.to_wkb(shapes).tolist()]
    ends = np.cumsum([0, *map(len, wkb)], dtype=np.int32)
    missing = shapely.is_missing(shapes)
    valid = pa.array(~missing).buffers()[1] if missing.any() else None
    return pa.Array.from_buffers(pa.binary(), len(wkb), [valid, pa.py_buffer(ends), pa.py_buffer(b"".join(wkb))])


def _shapes(part: pa.Array) -> Objects:
    return np.asarray(shapely.from_wkb(part.to_numpy(zero_copy_only=False), on_invalid="ignore"))


def _texts(part: Sequence[Any]) -> pa.Array | None:
    if not isinstance(part, pa.Array):
        return None
    texts = part.dictionary_decode() if isinstance(part, pa.DictionaryArray) else part
    return texts.cast(pa.large_string()) if pt.is_string(texts.type) or pt.is_large_string(texts.type) else None


def _floats(part: Sequence[Any]) -> NDArray[np.float64]:
    if isinstance(part, pa.Array) and pt.is_decimal128(part.type):
        cents, rest = np.frombuffer(part.buffers()[1], dtype="<i8").reshape(-1, 2)[part.offset : part.offset + len(part)].T
        if (rest == cents >> 63).all() and (np.abs(cents) < _EXACT).all():
            return np.where(part.is_valid().to_numpy(zero_copy_only=False), cents / 100, np.nan)
    values = part.to_pylist() if isinstance(part, pa.Array) else part
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _values(part: Sequence[Any], places: NDArray[np.intp]) -> Objects:
    """Values of a part as objects."""
    if isinstance(part, pa.DictionaryArray):
        words = np.array([*part.dictionary.to_numpy(zero_copy_only=False), None], dtype=object)
        which = part.indices.fill_null(len(words) - 1).to_numpy(zero_copy_only=False)
        return np.asarray(words[which[places]], dtype=object)
    if isinstance(part, pa.Array):
        return np.asarray(part.take(pa.array(places)).to_numpy(zero_copy_only=False), dtype=object)
    found = np.empty(len(places), dtype=object)
    found[:] = [part[place] for place in places]
    return found
