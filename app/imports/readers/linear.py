"""Shapes of a layer from WKB. Curves become line strings: GDAL strokes the arcs, the register knows edges. What nobody reads is named."""

from pathlib import Path

import numpy as np
import pyogrio
import shapely

from app.imports.checks.catalogue import issue
from app.imports.checks.issue import Issue
from app.imports.readers.base import Detected

_CURVES = frozenset(range(8, 13))
"""ISO WKB types CircularString to MultiSurface; + 1000 with Z, + 2000 with M, + 3000 with both."""


def from_wkb(wkb: list[bytes | None], path: Path, layer: str, detected: Detected) -> np.ndarray:
    """Geometry of a layer that was read as WKB; a layer with curves is read again with every arc stroked, which is told."""
    curved = sum(_is_curved(blob) for blob in wkb)
    if curved:
        _, _, stroked, _ = pyogrio.raw.read(path, layer=layer, columns=[])
        if stroked is not None and len(stroked) == len(wkb):
            detected.notes.append(f"{curved} 个图形含圆弧,已折成直线段")
            wkb = list(stroked)
    return np.asarray(shapely.from_wkb(np.array(wkb, dtype=object), on_invalid="ignore"))


_SURFACES = {15: "多面体(PolyhedralSurface、多面片)", 16: "三角网(TIN)", 17: "三角形(Triangle)"}


def unread(wkb: list[bytes | None], raw: np.ndarray, *, file: str, layer: str) -> list[Issue]:
    """One issue a row that has a shape of which nothing could be read: damaged, or of a type that is no plane geometry."""
    lost = [row for row in np.flatnonzero(shapely.is_missing(raw)) if wkb[row] is not None]
    return [issue("geometry_unusable", file=file, layer=layer, row=int(row) + 1, value=_why(wkb[row] or b"")) for row in lost]


def _why(blob: bytes) -> str:
    kind = int.from_bytes(blob[1:5], "little" if blob[:1] == b"\x01" else "big") & 0x0FFFFFFF
    return f"不支持的图形类型:{_SURFACES[kind % 1000]}" if kind % 1000 in _SURFACES else "图形数据损坏,无法读取"


def _is_curved(blob: bytes | None) -> bool:
    if blob is None or len(blob) < 5:
        return False
    kind = int.from_bytes(blob[1:5], "little" if blob[0] == 1 else "big") & 0x0FFFFFFF
    return kind % 1000 in _CURVES or (kind % 1000 == 7 and _holds_curve(blob))


def _holds_curve(blob: bytes) -> bool:
    """Whether a GeometryCollection has a curve in it."""
    try:
        shapely.from_wkb(blob, on_invalid="ignore")
    except NotImplementedError:
        return True
    return False
