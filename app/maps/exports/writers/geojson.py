"""GeoJSON and GeoJSON text sequence: the stored features as they are, with the row's number put in; nothing is decoded.

Selected properties or another system need the features written anew: the same bytes, made from Arrow columns by GDAL.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.maps.exports.writers import gdal
from app.maps.exports.writers.job import Job

_RS = b"\x1e"


def write(file: Path, job: Job) -> None:
    """FeatureCollection of RFC 7946; another system is named by the old `crs` member, which GDAL and our importer read."""
    if not job.order.is_ready:
        gdal.write(file, job)
        return
    said: dict[str, Any] = {"type": "FeatureCollection", "name": job.order.collection, **job.about}
    if job.target.srid == 4490:
        said["crs"] = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}
    with file.open("wb", buffering=1 << 20) as out:
        out.write(json.dumps(said, ensure_ascii=False).encode()[:-1] + b',"features":[\n')
        between = b""
        for rows in _numbered(job):
            out.write(between + b",\n".join(rows))
            between = b",\n"
        out.write(b"\n]}\n")


def write_sequence(file: Path, job: Job) -> None:
    """RFC 8142: each feature begun by RS, ended by LF."""
    if not job.order.is_ready:
        gdal.write(file, job)
        return
    with file.open("wb", buffering=1 << 20) as out:
        for rows in _numbered(job):
            out.write(_RS + (b"\n" + _RS).join(rows) + b"\n")


def _numbered(job: Job) -> Iterator[list[bytes]]:
    number = 1
    for batch in job.texts():
        yield [b'%b,"row_no":%d}}' % (text[:-2], n) for n, text in enumerate(batch.texts.to_pylist(), number)]
        number += len(batch)
