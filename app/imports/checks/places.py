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
    live = np.flatnonzero(staged.ok & ~shapely.is_missing(shapes.plane))
    if outline is None or not len(live):
        return
    shapely.prepare(outline)
    centre = shapely.centroid(shapes.plane[live])
    for index in live[~shapely.intersects_xy(outline, shapely.get_x(centre), shapely.get_y(centre))].tolist():
        stored = shapely.centroid(shapes.stored[index])
        staged.report(index, "outside_county", value=f"{stored.x:.5f},{stored.y:.5f}", geometry=shapes.stored[index])


def towns_by_share(plane: np.ndarray, places: Places) -> list[str | None]:
    """Town with the largest share of each shape's area (ties: the smaller code); None where no town is touched."""
    known = np.array([i for i, shape in enumerate(places.town_shapes) if shape is not None], dtype=int)
    found: list[str | None] = [None] * len(plane)
    live = np.flatnonzero(~shapely.is_missing(plane))
    if not len(known) or not len(live):
        return found
    tree = shapely.STRtree(plane[live])
    towns = places.town_shapes[known]
    town, inside = tree.query(towns, predicate="contains_properly")
    for hit, position in zip(known[town], live[inside], strict=True):
        found[position] = places.town_codes[hit]
    town, touched = tree.query(towns, predicate="intersects")
    rest = np.array([found[position] is None for position in live[touched]], dtype=bool)
    town, touched = town[rest], touched[rest]
    areas = intersection_areas(plane[live[touched]], towns[town])
    best: dict[int, tuple[float, str]] = {}
    for row, which, area in zip(live[touched], known[town], areas, strict=True):
        code = places.town_codes[which]
        if area > 0 and (int(row) not in best or (-area, code) < best[int(row)]):
            best[int(row)] = (-float(area), code)
    for row, (_, code) in best.items():
        found[row] = code
    return found


def check_towns(staged: Staged, towns: list[str | None], shapes: Shapes, places: Places) -> None:
    """A declared town that is not the one with the largest share; the value says both shares."""
    claims = staged.columns["town_code"]
    for index in staged.rows():
        claimed, actual = claims[index], towns[index]
        if claimed is not None and actual is not None and claimed != actual:
            said = f"填报 {claimed}(占{_share(shapes, index, claimed, places)}),图形在 {actual}(占{_share(shapes, index, actual, places)})"
            staged.report(index, "town_mismatch", field=header(staged, "town_code"), value=said, geometry=shapes.stored[index])


def _share(shapes: Shapes, index: int, code: str, places: Places) -> str:
    """Percentage of a shape that lies in a town."""
    if code not in places.town_codes or places.town_shapes[places.town_codes.index(code)] is None:
        return "比不明"
    town = places.town_shapes[places.town_codes.index(code)]
    shared = intersection_areas(shapes.plane[index : index + 1], np.array([town], dtype=object))[0]
    return f"{100 * shared / shapes.area[index]:.0f}%"
