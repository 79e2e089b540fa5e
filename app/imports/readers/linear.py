"""Shapes of a layer from WKB. Curves become line strings: GDAL strokes the arcs, the register knows edges. What nobody reads is named."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyogrio
import shapely

from app.imports.checks.catalogue import issue
from app.imports.checks.issue import Issue
from app.imports.packed import PackedShapes
from app.imports.readers.base import Detected

_COLLECTION, _CURVES = 7, range(8, 13)
"""ISO WKB types CircularString to MultiSurface; + 1000 with Z, + 2000 with M, + 3000 with both."""


def from_wkb(wkb: PackedShapes, path: Path, layer: str, detected: Detected) -> PackedShapes:
    """Shapes of a layer that was read as WKB; a layer with curves is read again with every arc stroked, which is told."""
    kinds = wkb.kinds % 1000
    collected = np.flatnonzero(kinds == _COLLECTION)
    curved = int(np.isin(kinds, _CURVES).sum()) + sum(_holds_curve(blob) for blob in wkb.wkb(collected))
    if curved:
        _, _, stroked, _ = pyogrio.raw.read(path, layer=layer, columns=[])
        if stroked is not None and len(stroked) == len(wkb):
            detected.notes.append(f"{curved} 个图形含圆弧,已折成直线段")
            return PackedShapes.of_wkb(pa.chunked_array([pa.array(stroked, pa.binary())]))
    return wkb


_SURFACES = {15: "多面体(PolyhedralSurface、多面片)", 16: "三角网(TIN)", 17: "三角形(Triangle)"}


def unread(wkb: PackedShapes, raw: PackedShapes, *, file: str, layer: str) -> list[Issue]:
    """One issue a row that has a shape of which nothing could be read: damaged, or of a type that is no plane geometry."""
    lost = np.flatnonzero(raw.missing & (wkb.kinds >= 0))
    return [
        issue("geometry_unusable", file=file, layer=layer, row=row + 1, value=_why(kind))
        for row, kind in zip(lost.tolist(), (wkb.kinds[lost] % 1000).tolist(), strict=True)
    ]


def _why(kind: int) -> str:
    return f"不支持的图形类型:{_SURFACES[kind]}" if kind in _SURFACES else "图形数据损坏,无法读取"


def _holds_curve(blob: bytes | None) -> bool:
    """Whether a GeometryCollection has a curve in it."""
    try:
        shapely.from_wkb(blob, on_invalid="ignore")
    except NotImplementedError:
        return True
    return False
