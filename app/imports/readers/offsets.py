"""GCJ-02 and BD-09 offsets of a layer that draws the county itself (county, towns): its edge against the known outline."""

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from app.core.shift import SHIFTED, true_of
from app.imports.packed import PackedShapes
from app.imports.readers.candidates import Points

_LARGEST_LAYER = 2_000
_VERTICES = 3_000
_METRES_A_DEGREE = 111_320.0
_LEAST_GAIN_M, _LEAST_GAIN = 100.0, 0.7
"""The offset is about 500 m: taking it back must bring the edges this much nearer, absolutely and as a share."""


@dataclass(frozen=True)
class Offset:
    """Median distance (m) of a layer's edge from the outline, as it is and with each offset taken back; `urn` is '' if none is better."""

    urn: str
    as_is: float
    residuals: dict[str, float]

    @property
    def told(self) -> str:
        taken = "、".join(f"按 {SHIFTED[urn][0]} 还原后 {metres:.0f} 米" for urn, metres in self.residuals.items())
        return f"与本县轮廓的中位偏差 {self.as_is:.0f} 米,{taken}"

    @property
    def confidence(self) -> float:
        """How sure it is that the layer lies as it says."""
        best = min(self.residuals.values())
        return min(0.99, best / (best + self.as_is)) if self.urn else max(0.6, min(0.99, 1 - self.as_is / 1000))


def judge(degrees: PackedShapes, outline: BaseGeometry) -> Offset | None:
    """Compare the edge of a county-like layer (4490) with the outline (4490); None when the layer does not draw the whole county."""
    edge = _edge(degrees, outline)
    if edge is None:
        return None
    known = _metres(shapely.boundary(outline), outline)
    shapely.prepare(known)

    def residual(points: Points) -> float:
        return float(np.median(shapely.distance(known, _metres(shapely.points(points), outline))))

    as_is = residual(edge)
    residuals = {urn: residual(true_of(edge, forward)) for urn, (_, forward) in SHIFTED.items()}
    best = min(residuals, key=lambda urn: residuals[urn])
    better = as_is - residuals[best] > _LEAST_GAIN_M and residuals[best] < _LEAST_GAIN * as_is
    return Offset(best if better else "", as_is, residuals)


def _edge(degrees: PackedShapes, outline: BaseGeometry) -> Points | None:
    """Vertices of the outer edge of a layer that is about as large as the county."""
    rows = np.flatnonzero(degrees.kinds >= 0)
    shapes = degrees[rows] if len(rows) <= _LARGEST_LAYER else degrees[:0]
    shapes = shapes[~shapely.is_missing(shapes)]
    if not len(shapes) or not np.isfinite(shapely.bounds(shapes)).all():
        return None
    shapes = shapes[np.isin(shapely.get_type_id(shapes), (3, 6))]
    if not len(shapes) or not 0.6 < shapely.area(shapes).sum() / outline.area < 1.6:
        return None
    whole = shapely.union_all(shapely.make_valid(shapes, method="structure", keep_collapsed=False))
    if not shapely.intersection(whole, shapely.make_valid(outline)).area / outline.area > 0.6:
        return None
    points = shapely.get_coordinates(shapely.segmentize(shapely.boundary(whole), 0.01))
    return points[np.linspace(0, len(points) - 1, min(_VERTICES, len(points))).astype(int)]


def _metres(geometry: np.ndarray | BaseGeometry, outline: BaseGeometry) -> np.ndarray | BaseGeometry:
    """Degrees to metres about the county, well enough to compare distances."""
    centre = shapely.centroid(outline)
    scale = np.array([_METRES_A_DEGREE * np.cos(np.radians(centre.y)), _METRES_A_DEGREE])
    return shapely.transform(geometry, lambda xy: (xy - [centre.x, centre.y]) * scale)
