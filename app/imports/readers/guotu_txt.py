"""国土 TXT (勘测定界 boundary points): plots of rings of points, each row 点号,圈号,X(north),Y(east)."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from app.imports.checks.catalogue import issue
from app.imports.errors import FileUnreadable
from app.imports.readers import crs as crs_of
from app.imports.readers import encoding as encodings
from app.imports.readers.base import Delivery, Detected, ReadOptions, sha256_of
from app.imports.readers.container import Source
from app.imports.readers.guotu_crs import Axes, read_axes, source_crs
from app.imports.readers.rings import polygon_of

HEADERS = ("编号", "名称", "勘测面积(公顷)", "图形属性", "图幅号", "用途", "地类编码")


@dataclass
class Plot:
    """One 地块: its head line and its points (ring, first value, second value)."""

    head: dict[str, str | None]
    declared_points: str
    points: list[tuple[str, float, float]] = field(default_factory=list)
    damage: str = ""


def read(source: Source, options: ReadOptions) -> Delivery:
    """All plots of one file."""
    raw = source.path.read_bytes()
    found = encodings.detect([raw], explicit=options.encoding, source=source.name)
    try:
        text = raw.decode(found.name, errors="replace").lstrip("\ufeff")
    except UnicodeDecodeError as error:
        raise FileUnreadable(f"{source.name} 不是 {found.name} 文本") from error
    attributes, plots = parse(text)
    if not plots:
        raise FileUnreadable(f"{source.name} 不是国土 TXT:没有以 @ 结尾的地块行", hint="应有 [属性描述]、[地块坐标] 两段")
    axes = read_axes([(a, b) for plot in plots for _, a, b in plot.points], file=source.name)
    where = source_crs(attributes, axes, explicit=options.crs, file=source.name)
    geometry, issues = np.full(len(plots), None, dtype=object), []
    for position, plot in enumerate(plots):
        if plot.damage:
            issues.append(issue("geometry_unusable", file=source.name, row=position + 1, value=plot.damage))
        elif plot.points:
            geometry[position] = polygon_of(_rings(plot, axes, where.strip_prefix))
    geometry = crs_of.to_4490(geometry, where.source, file=source.name)
    detected = Detected(
        format="国土TXT", encoding=found.name, encoding_reason=found.reason, crs=where.source.name, crs_reason=where.source.reason,
        axis_order=axes.told, notes=_notes(plots),
    )  # fmt: skip
    frame = pd.DataFrame([plot.head for plot in plots], columns=list(HEADERS), dtype=object)
    return Delivery(Path(source.name), sha256_of(source.parts), detected, frame, geometry, np.arange(1, len(plots) + 1), issues=issues)


def parse(text: str) -> tuple[dict[str, str], list[Plot]]:
    """The [属性描述] pairs and the plots of [地块坐标]."""
    attributes: dict[str, str] = {}
    plots: list[Plot] = []
    for line in text.splitlines():
        line = line.strip().strip("\x00")
        if not line or line.startswith("["):
            continue
        cells = [cell.strip() for cell in re.split("[,\uff0c]", line)]
        if line.endswith("@"):
            plots.append(_head(cells))
        elif not plots and "=" in line:
            key, _, value = line.partition("=")
            attributes[key.strip()] = value.strip()
        elif plots:
            _point(plots[-1], cells, line)
    return attributes, plots


def _head(cells: list[str]) -> Plot:
    padded = [*cells[:-1], *[""] * 8][:8]
    points, area, code, name, shape, sheet, use, use_code = padded
    values = (code, name, area, shape, sheet, use, use_code)
    return Plot(dict(zip(HEADERS, (value or None for value in values), strict=True)), points)


def _point(plot: Plot, cells: list[str], line: str) -> None:
    try:
        ring, first, second = (cells[1], float(cells[2]), float(cells[3]))
    except (IndexError, ValueError):
        # A vertex that can't be read must not be left out silently: the shape would be another one.
        plot.damage = plot.damage or f"界址点无法读取:{line[:60]}"
        return
    plot.points.append((ring, first, second))


def _rings(plot: Plot, axes: Axes, strip_prefix: bool) -> list[list[tuple[float, float]]]:
    """Rings in order; a new one begins with a new ring number or after a ring has closed."""
    rings: list[list[tuple[float, float]]] = []
    number: str | None = None
    for ring, first, second in plot.points:
        x, y = axes.east_north(first, second, strip_prefix=strip_prefix)
        closed = bool(rings) and len(rings[-1]) > 3 and rings[-1][0] == rings[-1][-1]
        if ring != number or closed:
            rings.append([])
            number = ring
        rings[-1].append((x, y))
    return rings


def _notes(plots: list[Plot]) -> list[str]:
    def fits(plot: Plot) -> bool:
        return not plot.declared_points.isdigit() or int(plot.declared_points) - len(plot.points) in (0, -1)

    wrong = [i for i, plot in enumerate(plots, 1) if not fits(plot)]
    return [f"点数与实际界址点数不符的地块:第 {'、'.join(map(str, wrong[:10]))} 个"] if wrong else []
