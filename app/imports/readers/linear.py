"""Curved geometry (CircularString, CompoundCurve, CurvePolygon …) as line strings: GDAL strokes the arcs, the register knows edges."""

from pathlib import Path

import numpy as np
import pyogrio
import shapely

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


def _is_curved(blob: bytes | None) -> bool:
    if blob is None or len(blob) < 5:
        return False
    kind = int.from_bytes(blob[1:5], "little" if blob[0] == 1 else "big") & 0x0FFFFFFF
    return kind % 1000 in _CURVES or (kind % 1000 == 7 and any(_nested(blob)))


def _nested(blob: bytes) -> list[bool]:
    """Whether a GeometryCollection's first member is curved; deeper ones are rare enough to be left to GEOS."""
    return [_is_curved(blob[9:])]
