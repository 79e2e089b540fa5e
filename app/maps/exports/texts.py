"""Properties of rows as columns, out of the rows' own texts. Pure.

Rows of one statement have the same members in the same order, written without a space, so their values can be cut out where they lie: all
values of a batch are one Arrow array over the batch's own octets, and one `take` puts them in columns. That costs a third of parsing.
Whatever is not so (an escape, other members in some row) is parsed.
"""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.json as pj

_QUOTE, _COLON, _COMMA, _NULL = b'":,n'


def columns_of(texts: pa.Array, schema: pa.Schema) -> Mapping[str, pa.Array]:
    """The members that the schema names, as its types; a list is a list of texts. `texts`: JSON objects, one a row."""
    cut = _cut(texts, schema.names)
    return _parsed(texts, schema) if cut is None else {f.name: _typed(cut[n], f.type) for n, f in enumerate(schema)}


def _cut(texts: pa.Array, names: list[str]) -> list[pa.Array] | None:
    """Values as texts, a column a name (quotes taken off, null where they say null); None where they must be parsed."""
    _, bounds, octets = texts.buffers()
    ends, content = np.frombuffer(bounds, np.int32, len(texts) + 1)[1:], np.frombuffer(octets, np.uint8)
    if (content == ord("\\")).any():
        return None
    keys = list(json.loads(content[: ends[0]].tobytes()))
    closing: Any = np.flatnonzero((content[:-1] == _QUOTE) & (content[1:] == _COLON))  # of a key; within a value no quote stands unescaped
    if len(closing) != len(texts) * len(keys) or not set(names) <= set(keys):
        return None
    closing = closing.astype(np.int32).reshape(len(texts), -1)
    before = closing - np.array([len(key.encode()) + 2 for key in keys], np.int32)
    if (content[before[:, 1:]] != _COMMA).any() or (content[before + 1] != _QUOTE).any():
        return None
    begin = content[closing + 2]
    is_text = begin == _QUOTE
    places = np.empty((*closing.shape, 2), np.int32)
    places[:, :, 0] = closing + 2 + is_text
    places[:, :-1, 1], places[:, -1, 1] = before[:, 1:], ends - 1
    places[:, :, 1] -= is_text
    return _gathered(octets, places, begin != _NULL, [keys.index(name) for name in names])


def _gathered(octets: pa.Buffer, places: Any, is_said: Any, wanted: list[int]) -> list[pa.Array]:
    """Columns of the wanted members; `places` (rows × members × 2) tells where each value begins and ends."""
    rows, members, _ = places.shape
    offsets = np.append(places, places[-1, -1, 1])  # of a value, of what stands until the next, of a value …
    is_valid = pa.py_buffer(np.packbits(np.repeat(is_said, 2), bitorder="little"))
    values = pa.Array.from_buffers(pa.string(), 2 * rows * members, [is_valid, pa.py_buffer(offsets), octets])
    order = np.arange(0, 2 * rows * members, 2 * members) + 2 * np.array(wanted)[:, None]
    columns = values.take(pa.array(order.ravel()))
    return [columns.slice(n * rows, rows) for n in range(len(wanted))]


def _typed(column: pa.Array, kind: pa.DataType) -> pa.Array:
    if not pa.types.is_list(kind):
        return column if column.type == kind else column.cast(kind)
    same = column.dictionary_encode()  # few different ones
    return pa.array([json.loads(said) for said in same.dictionary.to_pylist()], kind).take(same.indices)


def _parsed(texts: pa.Array, schema: pa.Schema) -> Mapping[str, pa.Array]:
    """The same by a JSON parser: objects that follow one another, read where they lie."""
    content = texts.buffers()[2]
    found = pj.read_json(
        pa.BufferReader(content),
        read_options=pj.ReadOptions(use_threads=False, block_size=content.size + 1),
        parse_options=pj.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore", newlines_in_values=True),
    )
    return {name: found.column(name).combine_chunks() for name in schema.names}
