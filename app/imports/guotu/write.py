"""Writing 国土 TXT: plots from shapes and attributes, their texts as every reader of the format takes them.

Rings are closed by repeating the first point; ring numbers run on through the parts of a plot (readers decide by containment), 点号 too.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import shapely

from app.imports.guotu.survey import Line, Plot, Survey

LINE_END = "\r\n"
BOM = "\ufeff"
ZONES = range(25, 46)
"""三度带 of China."""
_OWN = dict.fromkeys(range(32), " ") | {ord(","): "\uff0c", ord("@"): "\uff20"}
"""What is the format's own is written full-width: other readers would part the cell at it."""


@dataclass(frozen=True)
class Parcel:
    """What a plot's line says. `shape` is polygonal, in the plane in metres, east before north, without zone prefix; None has no points."""

    code: str
    name: str = ""
    shape: Any = None
    sheet: str = ""
    use: str = ""
    use_code: str = ""


@dataclass(frozen=True)
class Form:
    """How numbers are written: the zone before the easting (None: no prefix), decimals of a metre."""

    prefix: int | None = None
    decimals: int = 3


def heading(zone: int, *, made_by: str, day: str, decimals: int = 3, more: Mapping[str, str] | None = None) -> list[str]:
    """The lines above the first plot, in the order of the format."""
    pairs = {
        "格式版本号": "1.01版本", "数据产生单位": made_by, "数据产生日期": day, "坐标系": "2000国家大地坐标系", "几度分带": "3",
        "投影类型": "高斯克吕格", "计量单位": "米", "带号": str(zone), "精度": f"{10**-decimals:.{decimals}f}", "转换参数": "0,0,0,0,0,0,0",
    } | dict(more or {})  # fmt: skip
    return ["[属性描述]", *(f"{key}={value}" for key, value in pairs.items()), "[地块坐标]"]


def plot(parcel: Parcel, form: Form) -> Iterator[str]:
    """The plot's line and its points; 面积 is the shape's own, in 公顷 at 4 decimals."""
    parts = shapely.get_parts(parcel.shape) if parcel.shape is not None else []
    rings = [ring for part in parts for ring in (part.exterior, *part.interiors)]
    points = list(_points(rings, form))
    hectares = shapely.area(parcel.shape) / 10_000 if parcel.shape is not None else 0
    cells = (parcel.code, parcel.name, "面", parcel.sheet, parcel.use, parcel.use_code)
    yield f"{len(points)},{hectares:.4f},{','.join(map(plain, cells))},@"
    yield from points


def _points(rings: Iterable[Any], form: Form) -> Iterator[str]:
    """点号,圈号,X(north),Y(east); the closing point bears the first one's number."""
    digits, start = form.decimals, 1
    zone = (form.prefix or 0) * 1e6
    for ring, line in enumerate(rings, 1):
        xy = shapely.get_coordinates(line)
        for n, (x, y) in enumerate(xy):
            yield f"J{start if n == len(xy) - 1 else start + n},{ring},{y:.{digits}f},{zone + x:.{digits}f}"
        start += len(xy) - 1


def plain(text: str) -> str:
    """A cell without the format's own characters and without blanks around it."""
    return text.translate(_OWN).strip()


def survey(lines: Iterable[str], plots: Iterable[Iterable[str]], *, encoding: str) -> Survey:
    """The model of a file from its texts; utf-8-sig and utf-16 begin with a BOM."""
    before = [Line(text, LINE_END) for text in lines]
    if encoding in ("utf-8-sig", "utf-16"):
        before[0] = Line(BOM + before[0].text, LINE_END)
    codec = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le", "gbk": "gb18030"}.get(encoding, encoding)
    return Survey(codec, before, [_made(list(texts)) for texts in plots])


def _made(texts: list[str]) -> Plot:
    head, *points = (Line(text, LINE_END) for text in texts)
    return Plot(head, points)
