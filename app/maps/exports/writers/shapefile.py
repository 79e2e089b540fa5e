"""Shapefile in a zip: .shp .shx .dbf .prj .cpg, names of at most ten bytes, and 字段对照.txt that says what each stands for.

A Shapefile holds areas, lines or points; of a layer with several each has a file of its own, named after it (control-lines_line).
"""

import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from app.maps.exports import batches
from app.maps.exports.columns import SHORT
from app.maps.exports.writers import gdal
from app.maps.exports.writers.job import Job

_LONGEST = 254
"""Bytes of a DBF text."""
_NAMED = {"MultiPolygon": ("", "面"), "MultiLineString": ("_line", "线"), "MultiPoint": ("_point", "点")}
"""What a file of a form is called beside the areas' one."""
_WKB_TYPE = {"MultiPolygon": 6, "MultiLineString": 5, "MultiPoint": 4}
_LEFT = ("id",)
"""Not written: 15 digits, which clients with 32-bit ids misread; land_code is the key."""


def write(file: Path, job: Job) -> None:
    """The zip; its parts are made beside it first."""
    encoding = job.order.encoding
    kept = [f for f in batches.flat_schema(job.table.schema) if f.name not in _LEFT]
    schema = pa.schema([f.with_name(SHORT.get(f.name, f.name)) for f in kept])
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        rows = _fitting(job, [f.name for f in kept], schema, encoding)
        for form, batches_of in _parted(job, rows):
            shp = Path(folder) / f"{job.order.collection}{_NAMED[form][0] if form else ''}.shp"
            gdal.feed(shp, job, "ESRI Shapefile", pa.RecordBatchReader.from_batches(schema, batches_of), form=form, encoding=encoding)
            shp.with_suffix(".cpg").write_text(encoding)
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out:
            for part in sorted(Path(folder).iterdir()):
                out.write(part, part.name)
            out.writestr("字段对照.txt", _explained(job, [f.name for f in kept]))


def _parted(job: Job, rows: Iterator[pa.RecordBatch]) -> Iterator[tuple[str, Iterator[pa.RecordBatch]]]:
    """(form, its rows) for each file; '' where all rows are of one form, as they come. Layers with several are small."""
    if len(job.head.forms) < 2:
        yield "", rows
        return
    kept = list(rows)
    for form in job.head.forms:
        yield form, (batch.filter(_is_of(batch.column("geom"), form)) for batch in kept)
    named = "、".join(f"{_NAMED[form][1]} {job.order.collection}{_NAMED[form][0]}.shp" for form in job.head.forms)
    job.notes.append(f"Shapefile 一个文件只能存一种图形,已分开:{named}")


def _is_of(shapes: pa.Array, form: str) -> pa.Array:
    """Which WKB (little-endian) is of a form."""
    return pa.array([wkb is not None and wkb[1] == _WKB_TYPE[form] for wkb in shapes.to_pylist()])


def _fitting(job: Job, names: list[str], schema: pa.Schema, encoding: str) -> Iterator[pa.RecordBatch]:
    """Batches whose texts a DBF of the encoding can hold; what it can't is told, not lost in silence."""
    lost = 0
    for batch in job.arrow():
        narrow = batches.flat(batch).select(names)
        columns = []
        for column in narrow.columns:
            if pa.types.is_string(column.type):
                fitted, n = _fit(column, encoding)
                lost, column = lost + n, fitted
            columns.append(column)
        yield pa.record_batch(columns, schema=schema)
    if lost:
        job.notes.append(f"{lost} 处文字超出 {encoding} 字库或 254 字节,已用 ? 代替或截断;需要全文请用 GeoPackage")


def _fit(column: pa.Array, encoding: str) -> tuple[pa.Array, int]:
    """Texts that encode into 254 bytes; whole columns of short ASCII pass untouched."""
    if pc.all(pc.string_is_ascii(column)).as_py() is not False and (pc.max(pc.binary_length(column)).as_py() or 0) <= _LONGEST:
        return column, 0
    changed, found = 0, []
    for text in column.to_pylist():
        fitted = None if text is None else text.encode(encoding, "replace")[:_LONGEST].decode(encoding, "ignore")
        changed += fitted != text
        found.append(fitted)
    return pa.array(found, pa.string()), changed


def _explained(job: Job, names: list[str]) -> str:
    """Tab-separated, so that no reader takes it for a table of parcels."""
    lines = ["字段名\t名称\t含义\t来源"]
    lines += [
        f"{SHORT.get(n, n)}\t{n}\t{c.title}\t{c.source}" for n, c in zip(job.table.names, job.table.columns, strict=True) if n in names
    ]
    return "\r\n".join(["\t".join(pair) for pair in job.about.items()] + ["", *lines, ""])
