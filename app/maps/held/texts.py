"""Texts and shapes of a county's parcels as PostgreSQL's binary COPY wrote them: one run of bytes, no Python object for each. Pure."""

from collections.abc import Callable
from typing import Any

import numpy as np

from app.maps.held.grid import Ints
from app.maps.held.land import Land

_HEAD, _TAIL = 19, 2
"""Octets of COPY before its first row and after its last."""
_FIELDS, _FIELD = 2, 4
"""Octets before a row: the number of its fields; before a value: its length."""
_BRIEF = 48
"""Parcels up to which it is quicker to cut out each text than to find the neighbours."""
_CODE = b'{"land_code":"'


def _row(*fields: tuple[str, str]) -> np.dtype[Any]:
    return np.dtype([("_", ">i2"), *(part for name, kind in fields for part in ((f"_{name}", ">i4"), (name, kind)))])


_MEASURES = _row(
    ("id", ">i8"), ("west", ">f8"), ("south", ">f8"), ("east", ">f8"), ("north", ">f8"), ("single", "?"), ("head", ">i4"), ("text", ">i4"),
    ("shape", ">i4"),
)  # fmt: skip
"""A row of measures.sql."""


class Texts:
    """By row of the Land: place and length of the text (`at`, `text`) and of the WKB (`shape_at`, `shape`); octets of its shape (`head`).

    Texts of neighbours stand as an answer joins them, so that a run of them leaves as one.
    """

    columns = ("at", "text", "shape_at", "shape", "head")

    def __init__(self, size: int, **columns: Ints) -> None:
        self.at, self.text, self.shape_at, self.shape, self.head = (columns[name] for name in self.columns)
        self.bytes = bytearray(size)
        self.read = size
        """Octets as first read; what changed since stands behind them, what it replaces stays."""

    def filling(self) -> Callable[[bytes], Any]:
        """What takes the second COPY part by part."""
        place = 0

        async def take(part: bytes) -> None:
            nonlocal place
            self.bytes[place : place + len(part)] = part
            place += len(part)

        return take

    def joined(self, rows: Ints) -> list[bytes]:
        """All texts of these rows in one, joined by commas; where they are many, neighbours are found first and leave as they stand."""
        at = self.at.take(rows)
        end = at + self.text.take(rows)
        if len(rows) > _BRIEF:
            edge = np.ones(len(rows) + 1, bool)  # before, between and after them
            np.not_equal(at[1:], end[:-1] + 1, out=edge[1:-1])
            at, end = at[edge[:-1]], end[edge[1:]]
        with memoryview(self.bytes) as whole:  # a part is copied once, into the answer
            parts = [whole[start:stop] for start, stop in zip(at.tolist(), end.tolist(), strict=True)]
            return [b",".join(parts)] if parts else []

    def each(self, rows: Ints) -> list[bytes]:
        """Texts of these rows."""
        at = self.at.take(rows)
        return self._cut(at, at + self.text.take(rows))

    def shapes(self, rows: Ints) -> list[bytes]:
        """Shapes of these rows, WKB."""
        at = self.shape_at.take(rows)
        return self._cut(at, at + self.shape.take(rows))

    def outlines(self, rows: Ints) -> list[bytes]:
        """The texts with code and shape alone: the code is their first property."""
        pairs = zip(self.each(rows), self.head.take(rows).tolist(), strict=True)
        return [text[: text.index(b'"', head + len(_CODE)) + 1] + b"}}" for text, head in pairs]

    def _cut(self, first: Ints, last: Ints) -> list[bytes]:
        with memoryview(self.bytes) as whole:
            return [bytes(whole[start:end]) for start, end in zip(first.tolist(), last.tolist(), strict=True)]

    def put(self, row: int, text: bytes, shape: bytes, head: int) -> None:
        """A parcel as it is now, behind all others."""
        self.at[row], self.text[row], self.head[row] = len(self.bytes), len(text), head
        self.bytes += text + b","
        self.shape_at[row], self.shape[row] = len(self.bytes), len(shape)
        self.bytes += shape


def measured(copied: bytes | bytearray, limit: int) -> tuple[Land, Texts | None]:
    """From the COPY of measures.sql: where all parcels lie, and where texts.sql will put their texts; None where those exceed `limit`."""
    rows: Any = np.frombuffer(copied, _MEASURES, count=(len(copied) - _HEAD - _TAIL) // _MEASURES.itemsize, offset=_HEAD)
    boxes = np.array([rows[side] for side in ("west", "south", "east", "north")], np.float64)
    text, shape, head = (rows[name].astype(np.int64) for name in ("text", "shape", "head"))
    land = Land(rows["id"].astype(np.int64), boxes, rows["single"].copy())
    first, parcels = land.starts[:-1], np.diff(land.starts)
    texts_wide, shapes_wide = (np.add.reduceat(each, first) if len(first) else each for each in (text + 1, shape))
    wide = _FIELDS + _FIELD + texts_wide - 1 + _FIELD + shapes_wide
    size = _HEAD + int(wide.sum()) + _TAIL
    start = _HEAD + wide.cumsum() - wide + _FIELDS + _FIELD

    def within(each: Ints) -> Ints:
        """Octets of a block before each of its parcels."""
        before: Ints = each.cumsum() - each
        return before - np.repeat(before[first], parcels)

    at = np.repeat(start, parcels) + within(text + 1)
    shape_at = np.repeat(start + texts_wide - 1 + _FIELD, parcels) + within(shape)
    fits = size + len(copied) <= limit
    return land, Texts(size, at=at, text=text, shape_at=shape_at, shape=shape, head=head) if fits else None
