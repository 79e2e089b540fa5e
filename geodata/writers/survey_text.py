"""国土 TXT (勘测定界坐标): GBK, CRLF, zone 40, rows are J-number, ring, Y (north), X (east with zone prefix)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from shapely.geometry import LinearRing, Polygon

from geodata.sheets import Row, Sheet

ZONE = 40
HEADER = (
    "[属性描述]",
    "格式版本号=1.01版本",
    "数据产生单位=慈溪市测绘院(合成数据)",
    "数据产生日期=2025-6-30",
    "坐标系=2000国家大地坐标系",
    "几度分带=3",
    "投影类型=高斯克吕格",
    "计量单位=米",
    f"带号={ZONE}",
    "精度=0.001",
    "转换参数=0,0,0,0,0,0,0",
    "[地块坐标]",
)


def write_survey_text(sheet: Sheet, path: Path) -> None:
    """One plot a block of lines; 批准面积 in hectares, 编号 = 宗地代码."""
    lines = list(HEADER)
    for row in sheet.rows:
        lines.extend(_plot(row))
    path.write_bytes(("\r\n".join(lines) + "\r\n").encode("gbk"))


def _plot(row: Row) -> Iterator[str]:
    polygon = row.geometry
    if not isinstance(polygon, Polygon):
        raise TypeError("a plot of the TXT format is one polygon")
    rings = [polygon.exterior, *polygon.interiors]
    points = sum(len(ring.coords) for ring in rings)
    hectares = float(str(row.values["批准面积"])) / 10_000
    values = row.values
    yield f"{points},{hectares:.4f},{values['宗地代码']},{values['宗地名称']},面,,工业用地,{values['地类编码']},@"
    number = 0
    for ring_number, ring in enumerate(rings, start=1):
        for label, (x, y) in _labelled(ring, number):
            yield f"J{label},{ring_number},{y:.3f},{x + ZONE * 1_000_000:.3f}"
        number += len(ring.coords) - 1


def _labelled(ring: LinearRing, offset: int) -> Iterator[tuple[int, tuple[float, float]]]:
    """Points with their J-number; the closing point repeats the first number."""
    last = len(ring.coords) - 1
    for i, (x, y) in enumerate(ring.coords):
        yield offset + 1 + (0 if i == last else i), (x, y)
