"""Geometry of a table: a column of WKT, or two columns of coordinates; the CRS from SRID=, from a column that names one, or asked."""

import re
import unicodedata

import numpy as np
import pandas as pd
import shapely

from app.imports.checks.catalogue import issue
from app.imports.errors import CrsMixed
from app.imports.readers.base import Delivery, ReadOptions
from app.imports.readers.candidates import looks_like_degrees
from app.imports.readers.crs_names import crs_named
from app.imports.readers.locate import Declared, locate
from app.imports.traditional import simplified

_WKT_HEADERS = {"wkt", "geometry", "geom", "thegeom", "图形"}
_CURVED = re.compile(r"CIRCULARSTRING|COMPOUNDCURVE|CURVEPOLYGON|MULTICURVE|MULTISURFACE", re.IGNORECASE)
_WKT = re.compile(
    r"\s*(SRID=\d+;)?\s*(MULTI)?(POINT|LINESTRING|POLYGON|CURVE|SURFACE|GEOMETRYCOLLECTION|CURVEPOLYGON|CIRCULARSTRING|COMPOUNDCURVE)\b[^(]*(\(|EMPTY)",
    re.IGNORECASE,
)
_CRS_HEADERS = {"crs", "srs", "epsg", "坐标系", "坐标系统", "coordinatereferencesystem", "coordinatesystem"}
_PAIRS = (
    ("经度", "纬度"), ("longitude", "latitude"), ("lon", "lat"), ("lng", "lat"), ("东坐标", "北坐标"), ("横坐标", "纵坐标"),
    ("横坐标y", "纵坐标x"), ("geox", "geoy"), ("pointx", "pointy"), ("x坐标", "y坐标"), ("坐标x", "坐标y"), ("x", "y"),
    ("easting", "northing"),
)  # fmt: skip
"""Folded headers (east, north). Where they only say x and y, surveyors' X is north: the values decide."""
_UNSAID = ("geox", "pointx", "x坐标", "坐标x", "x")
_DMS = re.compile(r"(\d{1,3})[°度](\d{1,2})[′'分](\d{1,2}(?:\.\d+)?)(?:′′|[″\"秒])?[EN东北]?", re.IGNORECASE)
_LOOKED_AT = 200


def take(delivery: Delivery, options: ReadOptions) -> None:
    """Turn the geometry columns of a table into geometry, where the kind of delivery bears any."""
    if options.geometry == "none":
        return
    frame = delivery.frame
    by_content = (c for c in frame.columns if _holds_wkt(frame[c]))
    by_header = (c for c in frame.columns if _fold(c) in _WKT_HEADERS)
    wkt = next(by_content, None) or next(by_header, None)
    if wkt is not None:
        raw, declared = _from_wkt(delivery, str(wkt), options)
    elif options.geometry == "required" and (pair := _pair(frame)) is not None:
        raw, declared = _from_pair(delivery, *pair, options)
    else:
        return
    located = locate(raw, declared, options, delivery.detected, file=delivery.file, rows=delivery.rows)
    delivery.geometry = located.geometry
    delivery.issues += located.issues


def _from_wkt(delivery: Delivery, column: str, options: ReadOptions) -> tuple[np.ndarray, Declared]:
    texts = delivery.frame.pop(column)
    said = sorted({t.partition(";")[0].strip()[5:] for t in texts.dropna() if t.strip()[:5].upper() == "SRID="})
    if len(said) > 1 and not options.crs:
        raise CrsMixed(f"{delivery.file} 的“{column}”列混有几种坐标系:{'、'.join(said[:9])}", hint="请按坐标系分文件交付")
    plain = np.array([None if t is None or t != t else t.rpartition(";")[2] for t in texts], dtype=object)
    curved = np.array([t is not None and _CURVED.search(t) is not None for t in plain])
    _refuse_rows(delivery, texts, curved, "图形含圆弧,请先折成直线段")
    plain[curved] = None
    geometry = np.asarray(shapely.from_wkt(plain, on_invalid="ignore"))
    _refuse_rows(delivery, texts, np.array([t is not None for t in plain]) & shapely.is_missing(geometry), "图形文字无法读取")
    return geometry, Declared(said[0], f"“{column}”列写明 SRID") if said else _named_crs(delivery, geometry, options)


def _from_pair(delivery: Delivery, east: str, north: str, options: ReadOptions) -> tuple[np.ndarray, Declared]:
    x, y = _numbers(delivery.frame[east]), _numbers(delivery.frame[north])
    known = np.isfinite(x) & np.isfinite(y)
    written = (delivery.frame[east].notna() & delivery.frame[north].notna()).to_numpy()
    texts = delivery.frame[east].astype(str) + "," + delivery.frame[north].astype(str)
    _refuse_rows(delivery, texts, written & ~known, "坐标无法读取")
    geometry = np.full(len(x), None, dtype=object)
    geometry[known] = shapely.points(x[known], y[known])
    share = _north_first(x[known], y[known])
    if share > 0.5 and not options.axis_order and _fold(east) in _UNSAID:
        geometry[known] = shapely.points(y[known], x[known])
        delivery.detected.found("axis_order", f"先北后东({east} 为北坐标)", share, "按数值判断:测量习惯 X 为北、Y 为东")
    return geometry, _named_crs(delivery, geometry, options)


def _north_first(x: np.ndarray, y: np.ndarray) -> float:
    """Share of pairs that can be (north, east) of a Gauss–Krüger plane in China, with or without zone prefix, and not the reverse."""
    zone = y // 1e6
    fits = (x > 1.5e6) & (x < 6.3e6) & (y > 0) & ((zone == 0) | ((zone >= 13) & (zone <= 45)))
    return float(fits.mean()) if len(x) else 0.0


def _named_crs(delivery: Delivery, geometry: np.ndarray, options: ReadOptions) -> Declared:
    """The one CRS that a column of the table names in every row that says anything."""
    frame = delivery.frame
    for column in sorted(frame.columns, key=lambda c: _fold(c) not in _CRS_HEADERS):
        said = {str(v).strip() for v in frame[column].dropna()}
        if not said or len(said) > 20:
            continue
        found = {crs_named(text, is_degrees=looks_like_degrees(_bounds_centres(geometry))) for text in said}
        if None in found:
            continue
        if len(found) > 1 and not options.crs:
            raise CrsMixed(f"{delivery.file} 的“{column}”列写了几种坐标系:{'、'.join(sorted(said)[:9])}", hint="请按坐标系分文件交付")
        return Declared(sorted(map(str, found))[0], f"“{column}”列写明 {'、'.join(sorted(said))}", 0.85)
    return Declared(None)


def _bounds_centres(geometry: np.ndarray) -> np.ndarray:
    bounds = shapely.bounds(geometry[:_LOOKED_AT])
    return bounds[np.isfinite(bounds).all(axis=1)][:, :2]


def _pair(frame: pd.DataFrame) -> tuple[str, str] | None:
    folded = {_fold(column): str(column) for column in reversed(list(frame.columns))}
    return next(((folded[e], folded[n]) for e, n in _PAIRS if e in folded and n in folded), None)


def _holds_wkt(column: pd.Series) -> bool:
    texts = column.dropna().iloc[:_LOOKED_AT]
    return len(texts) > 0 and all(_WKT.match(str(text)) for text in texts)


def _numbers(column: pd.Series) -> np.ndarray:
    """Decimal numbers, or degrees with minutes and seconds; NaN for the rest."""
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float, copy=True)
    for row in np.flatnonzero(np.isnan(numbers) & column.notna().to_numpy()):
        match = _DMS.fullmatch(unicodedata.normalize("NFKC", str(column.iloc[row])).replace(" ", ""))
        if match:
            degrees, minutes, seconds = map(float, match.groups())
            numbers[row] = degrees + minutes / 60 + seconds / 3600
    return numbers


def _refuse_rows(delivery: Delivery, texts: pd.Series, bad: np.ndarray, why: str) -> None:
    layer = delivery.detected.layer
    delivery.issues += [
        issue("geometry_unusable", file=delivery.file, layer=layer, row=delivery.rows[i], value=f"{why}:{str(texts.iloc[i])[:60]}")
        for i in np.flatnonzero(bad)
    ]


def _fold(header: object) -> str:
    text = simplified(unicodedata.normalize("NFKC", str(header)).lower())
    return re.sub(r"[\s_.-]|\(.*?\)", "", text)
