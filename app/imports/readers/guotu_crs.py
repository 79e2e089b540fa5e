"""Axis order, zone prefix and CRS of a 国土 TXT, from its head and its coordinates."""

import re
from dataclasses import dataclass

from pyproj.crs import CRS

from app.imports.errors import CrsInvalid, CrsMissing, DatumUnsupported, asking
from app.imports.readers import crs as crs_of

_THREE_DEGREE, _SIX_DEGREE = range(24, 46), range(13, 24)


@dataclass(frozen=True)
class Axes:
    """Which column is north, and the zone number written before the easting."""

    north_first: bool
    degrees: bool
    zone: int | None
    told: str
    confidence: float = 0.5

    def east_north(self, first: float, second: float, *, strip_prefix: bool) -> tuple[float, float]:
        """x, y of a row."""
        north, east = (first, second) if self.north_first else (second, first)
        if strip_prefix and self.zone is not None:
            east -= self.zone * 1e6
        return east, north


@dataclass(frozen=True)
class TxtCrs:
    """The CRS and whether the zone prefix has to be taken off to fit it."""

    source: crs_of.SourceCrs
    strip_prefix: bool


def read_axes(pairs: list[tuple[float, float]], *, file: str) -> Axes:
    """Decided by the majority of the points: one damaged row must not turn the file round."""
    if not pairs:
        return Axes(north_first=True, degrees=False, zone=None, told="没有界址点")
    votes: dict[tuple[bool, bool, int | None], int] = {}
    for first, second in pairs:
        for north_first, north, east in ((True, first, second), (False, second, first)):
            form = _form(north, east)
            if form is not None:
                key = (north_first, *form)
                votes[key] = votes.get(key, 0) + 1
                break
    if not votes:
        raise CrsInvalid(f"{file} 的坐标不像高斯平面坐标或经纬度(例如 {pairs[0][0]},{pairs[0][1]})", hint=crs_of.HINT)
    (north_first, degrees, zone), count = max(votes.items(), key=lambda item: item[1])
    if count * 2 <= len(pairs):
        raise CrsInvalid(f"{file} 的界址点坐标带号或轴序不一致", hint="请按同一投影带分文件交付")
    order = "先北后东(X北,Y东)" if north_first else "先东后北"
    return Axes(north_first, degrees, zone, order + (f",横坐标带带号 {zone}" if zone else ""), count / len(pairs))


def _form(north: float, east: float) -> tuple[bool, int | None] | None:
    """(degrees, zone) when the pair can be (north, east) in China."""
    if 15 <= north <= 56 and 70 <= east <= 137:
        return True, None
    if not 1.5e6 <= north <= 6.3e6:
        return None
    if 0 <= east < 1e6:
        return False, None
    zone = int(east // 1e6)
    return (False, zone) if zone in _THREE_DEGREE or zone in _SIX_DEGREE else None


def source_crs(attributes: dict[str, str], axes: Axes, *, explicit: str | None, file: str) -> TxtCrs:
    """CRS of the file: the user's word, else 坐标系 + 几度分带 + 带号 + the prefix, which must agree."""
    named = attributes.get("坐标系", "")
    if explicit:
        chosen = crs_of.choose_crs(explicit=explicit, declared=None, source=file)
        return TxtCrs(chosen, strip_prefix=axes.zone is not None and _false_easting(chosen.crs) < 1e6)
    if re.search(r"西安|1980|80", named) or re.search(r"北京|1954|54", named):
        raise DatumUnsupported(f"{file} 采用“{named}”:与 CGCS2000 之间没有公开的精确转换参数", hint="请由测绘部门先转换为 CGCS2000 再交付")
    if not re.search(r"2000|CGCS|WGS", named, re.IGNORECASE):
        told = f"{file} 的 [属性描述] 没有写明坐标系" + (f"(写的是“{named}”)" if named else "")
        raise CrsMissing(told, hint=crs_of.HINT, **asking("crs", _choices(attributes, axes)))
    if axes.degrees:
        return TxtCrs(crs_of.SourceCrs(crs_of.parse_crs("EPSG:4490"), f"文件声明 {named},坐标为经纬度"), strip_prefix=False)
    zone, width = _zone(attributes, axes, file)
    base = {(3, True): 4488, (3, False): 4509, (6, True): 4478, (6, False): 4489}[(width, axes.zone is not None)]
    reason = f"文件声明 {named},{width}度分带,带号 {zone}" + ("(横坐标带带号)" if axes.zone is not None else "")
    return TxtCrs(crs_of.SourceCrs(crs_of.parse_crs(f"EPSG:{base + zone}"), reason), strip_prefix=False)


def _zone(attributes: dict[str, str], axes: Axes, file: str) -> tuple[int, int]:
    declared = _digits(attributes.get("带号", ""))
    width = _digits(attributes.get("几度分带", "")) or None
    if axes.zone is not None and declared and declared != axes.zone:
        raise CrsInvalid(f"{file} 声明带号 {declared},横坐标却带带号 {axes.zone}", hint="请更正文件,或用 --crs 指定")
    zone = axes.zone or declared
    if not zone:
        raise CrsMissing(f"{file} 没有带号,横坐标也不带带号", hint=crs_of.HINT, **asking("crs", []))
    width = width or (3 if zone in _THREE_DEGREE else 6)
    if width not in (3, 6) or zone not in (_THREE_DEGREE if width == 3 else _SIX_DEGREE) or (width == 3 and zone < 25):
        raise CrsInvalid(f"{file} 的 {width} 度分带没有带号 {zone}", hint=crs_of.HINT)
    return zone, width


def _choices(attributes: dict[str, str], axes: Axes) -> list[tuple[str, ...]]:
    """CGCS2000 in the zone that prefix or 带号 tell: the likely answer, to be given by the user."""
    if axes.degrees:
        return [("EPSG:4490", "CGCS2000 经纬度", "坐标是度")]
    zone = axes.zone or _digits(attributes.get("带号", ""))
    if zone not in range(25, 46):
        return []
    code = (4488 if axes.zone else 4509) + zone
    why = "横坐标带带号" if axes.zone else "文件写明带号,横坐标不带"
    return [(f"EPSG:{code}", f"CGCS2000 三度带 {zone} 带,中央经线{3 * zone}°", f"{why} {zone}")]


def _false_easting(crs: CRS) -> float:
    params = crs.coordinate_operation.params if crs.coordinate_operation else []
    return next((float(p.value) for p in params if "false easting" in p.name.lower()), 0.0)


def _digits(text: str) -> int:
    match = re.search(r"\d+", text) or re.search(r"[三六]", text)
    return {"三": 3, "六": 6}.get(match.group(), 0) or int(match.group()) if match else 0
