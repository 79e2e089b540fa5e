"""国土 TXT (勘测定界 boundary points): plots as rows, their rings as shapes in 4490, what the file says of itself held against them."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from app.imports import values
from app.imports.checks.catalogue import issue
from app.imports.errors import CrsDoubtful, FileUnreadable, asking
from app.imports.guotu import numbers
from app.imports.guotu.survey import Line, Plot, Point, Survey, parse, readable
from app.imports.readers import crs as crs_of
from app.imports.readers import encoding as encodings
from app.imports.readers.base import STATED, Delivery, Detected, ReadOptions, sha256_of
from app.imports.readers.candidates import candidates, sample_points, share_inside
from app.imports.readers.container import Source
from app.imports.readers.guotu_crs import Axes, TxtCrs, read_axes, source_crs
from app.imports.readers.locate import Declared, doubt
from app.imports.readers.rings import polygon_of

HEADERS = ("编号", "名称", "勘测面积(公顷)", "图形属性", "图幅号", "用途", "地类编码")
_ROUNDING_M2 = 0.5
"""Half of the last decimal of 公顷 at 4 decimals."""
Ring = list[tuple[float, float]]


def read(source: Source, options: ReadOptions, detected: Detected) -> Delivery:
    """All plots of one file."""
    raw = source.path.read_bytes()
    found = encodings.detect([raw], explicit=options.encoding, source=source.name)
    try:
        survey = parse(raw, found.name)
    except (UnicodeError, LookupError) as error:
        raise FileUnreadable(f"{source.name} 不是 {found.name} 文本") from error
    if not survey.plots:
        raise FileUnreadable(f"{source.name} 不是国土 TXT:没有以 @ 结尾的地块行", hint="应有 [属性描述]、[地块坐标] 两段")
    plots = [list(plot.points()) for plot in survey.plots]
    detected.found("encoding", found.name, found.confidence, found.reason)
    frame = _frame(survey)
    detected.saw(frame)
    axes = read_axes([point.values for plot in plots for point in plot if isinstance(point, Point)], file=source.name)
    detected.found("axis_order", axes.told, axes.confidence, "按界址点数值判断")
    if axes.zone is not None:
        detected.found("zone", str(axes.zone), axes.confidence, "横坐标带带号")
    where = source_crs(survey.attributes(), axes, explicit=options.crs, file=source.name)
    geometry, issues, miscounted = np.full(len(plots), None, dtype=object), [], []
    for row, (plot, points) in enumerate(zip(survey.plots, plots, strict=True), 1):
        damaged = next((point for point in points if isinstance(point, Line)), None)
        if damaged is not None:
            told = readable(damaged.text.strip())[:60]
            issues.append(issue("geometry_unusable", file=source.name, row=row, value=f"界址点无法读取:{told}"))
            continue
        rings = numbers.rings_of([point for point in points if isinstance(point, Point)])
        shape = geometry[row - 1] = polygon_of([_xy(ring, axes, where) for ring in rings])
        checked = _checked(plot, rings, shape if _is_metric(where) else None)
        issues += [issue(code, file=source.name, row=row, field=field, value=told) for code, field, told in checked]
        miscounted += [row] if any(code == "point_count_differs" for code, *_ in checked) else []
    if not options.crs:
        _doubt_prefix(geometry, axes, where, options, file=source.name)
    said = Declared(where.source.name, where.source.reason, 0.95)
    sure, why = (1.0, STATED) if options.crs else doubt(sample_points(geometry), where.source, said, options, file=source.name)
    detected.notes += _notes(miscounted)
    detected.found("crs", where.source.name, sure, why)
    moved = crs_of.to_4490(geometry, where.source, file=source.name)
    rows = np.arange(1, len(plots) + 1)
    return Delivery(Path(source.name), sha256_of(source.parts), detected, frame, moved, rows, issues=issues)


def _doubt_prefix(geometry: np.ndarray, axes: Axes, where: TxtCrs, options: ReadOptions, *, file: str) -> None:
    """Outside the county as the file says, inside of it in another zone: the prefix may be wrong. Errors: crs_doubtful."""
    points, outline = sample_points(geometry), options.place.outline
    if axes.zone is None or outline is None or not len(points) or share_inside(crs_of.degrees_of(points, where.source), outline):
        return
    found = candidates(points - [axes.zone * 1e6, 0], options.place)
    if found:
        choices = [(c.value, f"{c.label},去掉带号 {axes.zone} 后采用", c.reason) for c in found]
        raise CrsDoubtful(
            f"{file} 的横坐标带带号 {axes.zone},图形却落在本县之外;去掉带号后像 {found[0].told}", hint=crs_of.HINT,
            **asking("crs", [*choices, (where.source.value, where.source.name, "文件声明;图形落在本县之外")]),
        )  # fmt: skip


def _frame(survey: Survey) -> pd.DataFrame:
    rows = []
    for plot in survey.plots:
        _, area, code, name, shape, sheet, use, use_code = (readable(cell) or None for cell in plot.head())
        rows.append((code, name, area, shape, sheet, use, use_code))
    return pd.DataFrame(rows, columns=list(HEADERS), dtype=object)


def _xy(ring: list[Point], axes: Axes, where: TxtCrs) -> Ring:
    return [axes.east_north(*point.values, strip_prefix=where.strip_prefix) for point in ring]


def _is_metric(where: TxtCrs) -> bool:
    crs = where.source.crs
    return crs.is_projected and crs.axis_info[0].unit_conversion_factor == 1


def _checked(plot: Plot, rings: list[list[Point]], shape: BaseGeometry | None) -> list[tuple[str, str, str]]:
    """What the plot says of itself against what it draws: (issue code, field, value)."""
    said, area, *_ = plot.head()
    count, found = sum(map(len, rings)), []
    if said.isdecimal() and int(said) not in (count, count - numbers.closed(rings)):
        found.append(("point_count_differs", "点数", f"写明 {said},实有 {count}"))
    if told := numbers.irregular(rings):
        found.append(("point_numbers_irregular", "点号", told))
    if shape is not None and (told := _differing(area, shape)):
        found.append(("area_declared_differs", HEADERS[2], told))
    return found


def _differing(declared: str, shape: BaseGeometry) -> str:
    """'' when 面积(公顷) is the shape's own up to its 4 decimals and the points' rounding, or the shape is not valid."""
    try:
        hectares = values.number(declared)
    except values.Unreadable:
        return ""
    if hectares is None or not shapely.is_valid(shape):
        return ""
    drawn = shapely.area(shape)
    if abs(float(hectares) * 10_000 - drawn) <= _ROUNDING_M2 + _by_points(shape):
        return ""
    return f"申报 {declared} 公顷,图形 {drawn / 10_000:.4f} 公顷"


def _by_points(shape: BaseGeometry) -> float:
    """m² by which an area may differ from that of the points before they were rounded to 3 decimals: each moves it along its edges."""
    return 0.0005 * float(shapely.length(shape)) / math.sqrt(shapely.get_num_coordinates(shape))


def _notes(miscounted: list[int]) -> list[str]:
    return [f"点数与实际界址点数不符的地块:第 {'、'.join(map(str, miscounted[:10]))} 个"] if miscounted else []
