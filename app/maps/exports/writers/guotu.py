"""国土 TXT (勘测定界): [属性描述], then each plot's head line and its boundary points 点号,圈号,X(north),Y(east) in metres.

Rings are closed by repeating the first point; ring numbers run on through the parts of a plot (readers decide by containment).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from app.maps.exports.writers.job import Job
from app.maps.exports.writers.tables import _encoded

_PREFIXED, _PLAIN = range(4513, 4534), range(4534, 4555)


def write(file: Path, job: Job) -> None:
    """One file of all plots, in UTF-8 or GBK."""
    encoding, lost = job.order.encoding, 0
    with file.open("wb", buffering=1 << 20) as out:
        out.write(_encoded("".join(f"{line}\r\n" for line in _heading(job)), encoding)[0])
        for batch in job.arrow():
            body, n = _encoded("".join(f"{line}\r\n" for line in _plots(batch)), encoding)
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
    day = job.about["facts_as_of"]
    return [
        "[属性描述]", "格式版本号=1.01版本", "数据产生单位=一码管地", f"数据产生日期={day}", "坐标系=2000国家大地坐标系",
        "几度分带=3", "投影类型=高斯克吕格", "计量单位=米", f"带号={zone}", "精度=0.001", "转换参数=0,0,0,0,0,0,0", "[地块坐标]",
    ]  # fmt: skip


def _plots(batch: Any) -> Iterator[str]:
    shapes = shapely.from_wkb(batch.column("geom").to_numpy(zero_copy_only=False))
    hectares: Any = np.nan_to_num(shapely.area(shapes)) / 10_000
    said = {name: batch.column(name).to_pylist() for name in ("cadastral_code", "land_code", "code", "name", "project_name") if name in
            batch.schema.names}  # fmt: skip
    ids = batch.column("id").to_pylist()
    for number, shape in enumerate(shapes):
        rings = [ring for part in shapely.get_parts(shape) for ring in (part.exterior, *part.interiors)] if shape is not None else []
        points = [f"J{n},{m},{y:.3f},{x:.3f}" for m, n, x, y in _points(rings)]
        code = _first(said, number, "cadastral_code", "land_code", "code") or str(ids[number])
        yield f"{len(points)},{hectares[number]:.4f},{_plain(code)},{_plain(_first(said, number, 'name', 'project_name'))},面,,,,@"
        yield from points


def _points(rings: list[Any]) -> Iterator[tuple[int, int, float, float]]:
    """(ring, point, x, y); the closing point bears the first one's number."""
    start = 1
    for ring, line in enumerate(rings, 1):
        xy = shapely.get_coordinates(line)
        for n, (x, y) in enumerate(xy):
            yield ring, start if n == len(xy) - 1 else start + n, x, y
        start += len(xy) - 1


def _first(said: dict[str, list[Any]], number: int, *names: str) -> str:
    return next((said[name][number] for name in names if name in said and said[name][number]), "")


def _plain(text: str) -> str:
    """No comma, no @ at the end, no line break: they are the format's own."""
    return text.translate({ord(","): "、", ord(","): "、", ord("@"): "", ord("\n"): " ", ord("\r"): " "})
