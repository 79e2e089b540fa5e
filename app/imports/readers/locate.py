"""Where a file's coordinates lie: CRS, axis order and offset decided with a confidence each, or asked. Every reader ends here."""

from dataclasses import dataclass

import numpy as np
import shapely

from app.core.shift import SHIFTED
from app.imports.checks.issue import Issue
from app.imports.errors import AxisOrderDoubtful, CrsDoubtful, CrsInvalid, CrsMissing, asking
from app.imports.packed import PackedShapes
from app.imports.readers import axes, offsets
from app.imports.readers import crs as crs_of
from app.imports.readers.base import STATED, Detected, ReadOptions
from app.imports.readers.candidates import Candidate, candidates, centres, sample_points, share_inside

_NOWHERE = 0.05
"""Share of a file in the county below which its declared CRS is doubted, when another one leads there."""


@dataclass(frozen=True)
class Declared:
    """What a file says of its CRS, and how far that is believed before anything is compared."""

    text: str | None
    reason: str = "文件声明"
    confidence: float = 0.9


@dataclass
class Located:
    """Geometry in 4490, one a row, and the issues of rows that were kept out."""

    geometry: PackedShapes
    issues: list[Issue]


def locate(
    raw: np.ndarray | PackedShapes, declared: Declared, options: ReadOptions, detected: Detected, *, file: str,
    rows: np.ndarray | None = None,
) -> Located:  # fmt: skip
    """Geometry of a file in 4490. `rows` are the row numbers that issues name (1, 2, … by default).

    Errors: crs_missing, crs_doubtful, crs_invalid, axis_order_doubtful (each with choices), datum_unsupported.
    """
    flat = _flattened(PackedShapes.of(raw), detected)
    if options.axis_order == "north_east":
        flat = _turned(flat, np.arange(len(flat)))
        detected.found("axis_order", "先北后东(已调换)", 1, STATED)
    points = sample_points(flat)
    _extent(points, detected)
    source = choose(points, declared, options, file=file)
    numbers = np.arange(1, len(flat) + 1) if rows is None else rows
    flat, issues = _axes(flat, source, options, detected, file=file, numbers=numbers)
    points = sample_points(flat)
    confidence, reason = (1.0, STATED) if options.crs else doubt(points, source, declared, options, file=file)
    moved = crs_of.to_4490(flat, source, file=file)
    detected.found("crs", source.name, confidence, reason)
    _offset(flat, moved, source, options, detected, file=file)
    return Located(moved, issues)


def choose(points: np.ndarray, declared: Declared, options: ReadOptions, *, file: str) -> crs_of.SourceCrs:
    """The user's word, else the file's; a file that says nothing is asked about, with what its coordinates suggest."""
    if not options.crs and not declared.text:
        found = candidates(points, options.place)
        raise CrsMissing(f"{file} 没有声明坐标系" + _suggested(found), hint=crs_of.HINT, **asking("crs", _choices(found)))
    return crs_of.choose_crs(explicit=options.crs, declared=declared.text, source=file)


def doubt(points: np.ndarray, source: crs_of.SourceCrs, declared: Declared, options: ReadOptions, *, file: str) -> tuple[float, str]:
    """Confidence and reason of a declared CRS; asked when it leads away from the county while another one leads there."""
    if not len(points):
        return declared.confidence, declared.reason
    middle = np.median(points, axis=0)
    if source.crs.is_geographic and (abs(middle[0]) > 361 or abs(middle[1]) > 91):
        found = candidates(points, options.place)
        raise CrsInvalid(
            f"{file} 声明为经纬度({source.name}),坐标却不是度(例如 {middle[0]:.1f},{middle[1]:.1f})" + _suggested(found),
            hint=crs_of.HINT, **asking("crs", _choices(found)),
        )  # fmt: skip
    degrees, outline = crs_of.degrees_of(points, source), options.place.outline
    share = 0.0 if outline is None else share_inside(degrees, outline)
    away = share < _NOWHERE if outline is not None else not axes.within(degrees, axes.area_of_use(source.crs)).any()
    others = [c for c in candidates(points, options.place) if not _same(c.value, source)] if away else []
    if others:
        seat = "本县之外" if outline is not None else "该坐标系的适用范围之外"
        kept = (source.value, source.name, f"文件声明;图形落在{seat}")
        raise CrsDoubtful(
            f"{file} 声明 {source.name},图形却落在{seat}" + _suggested(others), hint=crs_of.HINT, **asking("crs", [*_choices(others), kept])
        )
    if outline is None:
        return declared.confidence, declared.reason
    if away:
        where = f"只有 {share:.1%} 的图形落在本县" if share else "图形不在本县范围内"
        return 0.5, f"{declared.reason};{where},也不合其他常用坐标系"
    return max(declared.confidence, 0.9 + 0.09 * share), f"{declared.reason};{share:.0%} 的图形落在本县"


def _same(value: str, source: crs_of.SourceCrs) -> bool:
    """Degrees of 4490, 4326 and CRS84 are one for this purpose; what has an offset is judged by its own rule."""
    return value in SHIFTED or value == source.name or (source.crs.is_geographic and value in ("EPSG:4490", "EPSG:4326"))


def _choices(found: list[Candidate]) -> list[tuple[str, ...]]:
    return [(candidate.value, candidate.label, candidate.reason) for candidate in found]


def _suggested(found: list[Candidate]) -> str:
    return f";坐标像 {found[0].told}" if found else ""


def _extent(points: np.ndarray, detected: Detected) -> None:
    """What the numbers are: with the county's place it is what speaks for a CRS."""
    if len(points):
        (west, south), (east, north) = points.min(axis=0), points.max(axis=0)
        detected.found("extent", f"x {west:.10g} 至 {east:.10g},y {south:.10g} 至 {north:.10g}", 1, "图形中心的坐标数值")


def _flattened(raw: PackedShapes, detected: Detected) -> PackedShapes:
    """Without heights and measures, which is told."""
    flat = crs_of.flat(raw)
    if flat is not raw:
        for name, has in (("高程(Z)", shapely.has_z), ("度量(M)", shapely.has_m)):
            if dropped := int(raw.each(has).sum()):
                detected.notes.append(f"{dropped} 个图形的{name}已去掉")
    return flat


def _turned(geometry: PackedShapes, rows: np.ndarray) -> PackedShapes:
    return geometry.replaced(rows, shapely.transform(geometry[rows], lambda xy: xy[:, ::-1]))


def _axes(
    flat: PackedShapes, source: crs_of.SourceCrs, options: ReadOptions, detected: Detected, *, file: str, numbers: np.ndarray
) -> tuple[PackedShapes, list[Issue]]:
    """Rows with X and Y swapped: turned if the user said so, asked if it is all of them, else kept out one by one."""
    if options.axis_order in ("east_north", "north_east"):
        if options.axis_order == "east_north":
            detected.found("axis_order", "先东后北(x,y)", 1, STATED)
        return flat, []
    where, pairs = centres(flat.bounds)
    wrong = axes.swapped(pairs, source)
    if not wrong.any():
        if not detected.axis_order:
            detected.found("axis_order", "先东后北(x,y)", 0.97, "调换横纵后没有一行更合坐标系的适用范围")
        return flat, []
    rows, count = where[wrong], int(wrong.sum())
    if options.axis_order == "per_row":
        detected.found("axis_order", f"{count} 行横纵坐标颠倒,已逐行调换", 1, STATED)
        return _turned(flat, rows), []
    if count == len(flat):
        raise AxisOrderDoubtful(
            f"{file} 的 {count} 行坐标都要调换横纵才落在 {source.name} 的适用范围内(例如 {pairs[0][0]:.10g},{pairs[0][1]:.10g})",
            hint="请用 --axis-order 指定 north_east 或 east_north",
            **asking(
                "axis_order",
                [
                    ("north_east", "先北后东(先纬后经),逐点调换", f"调换后 {count} 行落在适用范围内"),
                    ("east_north", "先东后北,照文件原样", "照原样一行也不落在适用范围内"),
                ],
            ),
        )
    detected.found(
        "axis_order", f"{len(flat)} 行中 {count} 行横纵坐标颠倒", 1 - count / len(flat), "颠倒的行未采用;可用 --axis-order per_row 逐行调换"
    )
    kept = flat.replaced(rows, np.full(count, None, dtype=object))
    return kept, axes.swapped_issues(pairs[wrong], numbers[rows], file=file, layer=detected.layer)


def _offset(
    flat: PackedShapes, moved: PackedShapes, source: crs_of.SourceCrs, options: ReadOptions, detected: Detected, *, file: str
) -> None:
    """A layer that draws the county: does its edge lie on the known outline, or half a kilometre beside it as on internet maps?"""
    outline = options.place.outline
    if outline is None:
        if source.shift:
            detected.found("shift", SHIFTED[source.shift][0], 1, f"{STATED},已还原;没有已知轮廓可以核对残差")
        return
    drawn = flat if source.shift else moved
    offset = offsets.judge(drawn, outline)
    if offset is None:
        if source.shift:
            detected.found("shift", SHIFTED[source.shift][0], 1, f"{STATED},已还原;图形不是整县轮廓,没有核对残差")
        return
    if source.shift:
        detected.found("shift", SHIFTED[source.shift][0], 1, f"{STATED},已还原;{offset.told}")
    elif not offset.urn or options.crs:
        detected.found("shift", "无偏移" if not offset.urn else "疑有偏移", 1 if options.crs else offset.confidence, offset.told)
    else:
        name = SHIFTED[offset.urn][0]
        raise CrsDoubtful(
            f"{file} 声明 {source.name},边界却像 {name} 偏移坐标:{offset.told}", hint=f"确为 {name} 请用 --crs {offset.urn}",
            **asking("crs", [(offset.urn, f"{name} 偏移坐标,还原后采用", offset.told), (source.value, source.name, "照文件声明采用")]),
        )  # fmt: skip
