"""Where a shape lies: the county's outline, and the town that holds the largest share of its area."""

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from app.core import crs
from app.imports.checks.geometry import Shapes, intersection_areas
from app.imports.checks.keys import header
from app.imports.stage import Staged


@dataclass
class Places:
    """Outline and towns of a county, in its plane. A town's shape may be unknown."""

    outline: BaseGeometry | None
    town_codes: list[str]
    town_shapes: np.ndarray

    @classmethod
    def of(cls, outline: BaseGeometry | None, towns: dict[str, BaseGeometry | None], meridian_epsg: int) -> "Places":
        """From shapes in 4490."""
        plane = crs.reproject(np.array([outline, *towns.values()], dtype=object), crs.STORED, meridian_epsg)
        return cls(plane[0], list(towns), plane[1:])


def check_outside(staged: Staged, shapes: Shapes, outline: BaseGeometry | None) -> None:
    """The centroid must lie in the county, where its outline is known."""
    if outline is None:
        return
    shapely.prepare(outline)
    for index in staged.rows():
        if shapes.plane[index] is not None:
            centre = shapely.centroid(shapes.plane[index])
            if not shapely.intersects_xy(outline, centre.x, centre.y):
                stored = shapely.centroid(shapes.stored[index])
                staged.report(index, "outside_county", value=f"{stored.x:.5f},{stored.y:.5f}")


def towns_by_share(plane: np.ndarray, places: Places) -> list[str | None]:
    """Town with the largest share of each shape's area (ties: the smaller code); None where no town is touched."""
    known = np.array([i for i, shape in enumerate(places.town_shapes) if shape is not None], dtype=int)
    found: list[str | None] = [None] * len(plane)
    live = np.array([i for i, shape in enumerate(plane) if shape is not None], dtype=int)
    if not len(known) or not len(live):
        return found
    tree = shapely.STRtree(places.town_shapes[known])
    rows, hits = tree.query(plane[live], predicate="intersects")
    areas = intersection_areas(plane[live[rows]], places.town_shapes[known[hits]])
    best: dict[int, tuple[float, str]] = {}
    for row, town, area in zip(live[rows], known[hits], areas, strict=True):
        code = places.town_codes[town]
        if area > 0 and (int(row) not in best or (-area, code) < best[int(row)]):
            best[int(row)] = (-float(area), code)
    for row, (_, code) in best.items():
        found[row] = code
    return found


def check_towns(staged: Staged, towns: list[str | None]) -> None:
    """A declared town that is not the one with the largest share."""
    for index in staged.rows():
        claimed, actual = staged.columns["town_code"][index], towns[index]
        if claimed is not None and actual is not None and claimed != actual:
            staged.report(index, "town_mismatch", field=header(staged, "town_code"), value=claimed)
