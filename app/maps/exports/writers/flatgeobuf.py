"""FlatGeobuf with its spatial index: GDAL writes the features as they come, then they are put in the order of the index behind it.

GDAL would do both, but takes twice the time for the index (it finds both places on the curve anew at each comparison) and holds each
feature's box and place on its heap.
"""

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import shapely

from app.maps.exports import batches
from app.maps.exports.ahead import ahead
from app.maps.exports.writers import gdal, rtree
from app.maps.exports.writers.job import Job

_HEAD = 8
"""Octets of the magic number; the header's length follows, then the header, a flatbuffer."""
_NODE_SIZE = 9
"""Field of the header: children a node, 0 for no index."""
_PIECE, _AT_ONCE = 1 << 23, 4_096


def write(file: Path, job: Job) -> None:
    """The file; rows without a shape can't be in an index, so with such a row it has none."""
    boxes = np.empty((job.head.rows, 4))

    def boxed(batch: pa.RecordBatch) -> pa.RecordBatch:
        number = batch.column("row_no")
        shapes = shapely.from_wkb(batch.column("geom").to_numpy(zero_copy_only=False))
        boxes[number[0].as_py() - 1 : number[-1].as_py()] = shapely.bounds(shapes)
        return batches.flat(batch)

    plain = file.with_name(f"{file.stem}.plain{file.suffix}")
    try:
        reader = pa.RecordBatchReader.from_batches(batches.flat_schema(job.table.schema), ahead(map(boxed, job.arrow())))
        gdal.feed(plain, job, "FlatGeobuf", reader, SPATIAL_INDEX="NO", **gdal.options(job))
        if len(boxes) == 0 or np.isnan(boxes).any():
            plain.replace(file)
        else:
            with plain.open("rb", buffering=0) as source, file.open("wb", buffering=0) as out:
                _indexed(source, out, boxes)
    finally:
        plain.unlink(missing_ok=True)


def _indexed(source: BinaryIO, out: BinaryIO, boxes: Any) -> None:
    """Header, index, features in the index's order, in which the boxes are then as well."""
    (length,) = struct.unpack("<I", os.pread(source.fileno(), 4, _HEAD))
    start = _HEAD + 4 + length
    head = bytearray(os.pread(source.fileno(), start, 0))
    struct.pack_into("<H", head, _HEAD + 4 + _place(head[_HEAD + 4 :], _NODE_SIZE), rtree.NODE)
    ends = np.fromiter(_ends(source, start), np.int64, len(boxes))
    order = rtree.hilbert_order(boxes)
    begins = np.concatenate(([start], ends[:-1]))[order]
    sizes = ends[order] - begins
    for side in boxes.T:  # one after another, where they stand: a million boxes twice are 32 MB more
        side[:] = side[order]
    out.write(head)
    for level in rtree.index(boxes, np.cumsum(sizes) - sizes):
        out.write(level)
    for n in range(0, len(order), _AT_ONCE):
        wanted = zip(sizes[n : n + _AT_ONCE].tolist(), begins[n : n + _AT_ONCE].tolist(), strict=True)
        out.write(b"".join([os.pread(source.fileno(), size, at) for size, at in wanted]))


def _place(table: bytes | bytearray, field: int) -> int:
    """Where a flatbuffer's root table has a field."""
    (root,) = struct.unpack_from("<I", table)
    (back,) = struct.unpack_from("<i", table, root)
    (offset,) = struct.unpack_from("<H", table, root - back + 4 + 2 * field)
    return int(root + offset)


def _ends(source: BinaryIO, start: int) -> Iterator[int]:
    """Where each feature ends: its length stands before it."""
    at, size = start, os.fstat(source.fileno()).st_size
    while at < size:
        piece = os.pread(source.fileno(), _PIECE, at)
        within, last = 0, len(piece) - 4
        while within <= last:
            within += 4 + int.from_bytes(piece[within : within + 4], "little")
            yield at + within
        at += within
