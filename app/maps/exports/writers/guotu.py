"""国土 TXT (勘测定界) of a collection: the format's own writer (app/imports/guotu) fed with the rows as they come."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import shapely

from app.imports.guotu.write import LINE_END, Form, Parcel, heading, plot
from app.maps.exports.errors import FormatUnfit
from app.maps.exports.writers.job import Job
from app.maps.exports.writers.tables import _encoded

_PREFIXED, _PLAIN = range(4513, 4534), range(4534, 4555)
_CODES, _NAMES = ("cadastral_code", "land_code", "code"), ("name", "project_name")


def write(file: Path, job: Job) -> None:
    """One file of all plots, in UTF-8 or GBK. Errors: FormatUnfit when there are lines or points among the rows."""
    if set(job.head.forms) - {"MultiPolygon"}:
        raise FormatUnfit("国土 TXT 写面的界址点,所选内容里有线或点", hint="请加筛选条件 area_planar_m2 IS NOT NULL,或用 GeoPackage")
    encoding, lost = job.order.encoding, 0
    with file.open("wb", buffering=1 << 20) as out:
        for lines in (_heading(job), *map(_plots, job.arrow())):
            body, n = _encoded("".join(line + LINE_END for line in lines), encoding)
            out.write(body)
            lost += n
    if lost:
        job.notes.append(f"{lost} 行含 {encoding} 没有的字,已用 ? 代替")


def plane_of(meridian: int) -> int:
    """The county's plane with the zone number before the easting, as deliveries have it (4549 → 4528)."""
    return meridian - 21 if meridian in _PLAIN else meridian


def _heading(job: Job) -> list[str]:
    srid = job.target.srid or 0
    zone = srid - 4488 if srid in _PREFIXED else srid - 4509
    return heading(zone, made_by="一码管地", day=job.about["facts_as_of"])


def _plots(batch: Any) -> Iterator[str]:
    shapes = shapely.from_wkb(batch.column("geom").to_numpy(zero_copy_only=False))
    said = {name: batch.column(name).to_pylist() for name in (*_CODES, *_NAMES) if name in batch.schema.names}
    ids = batch.column("id").to_pylist()
    for number, shape in enumerate(shapes):
        code = _first(said, number, _CODES) or str(ids[number])
        # Coordinates of a prefixed plane bear the zone already.
        yield from plot(Parcel(code, _first(said, number, _NAMES), shape), Form())


def _first(said: dict[str, list[Any]], number: int, names: tuple[str, ...]) -> str:
    return next((said[name][number] for name in names if name in said and said[name][number]), "")
