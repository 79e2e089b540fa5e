"""Where a shape lies: the county's outline, and the town that holds the largest share of its area."""

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from app.core import crs
from app.imports.checks.geometry import Shapes, intersection_areas
from app.imports.checks.keys import header
from app.imports.coded import Coded
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
    # The centre of what lies within the county with its whole box does so too.
    live = live[~shapely.contains_properly(outline, shapely.box(*shapely.bounds(shapes.plane[live]).T))]
    centre = shapely.centroid(shapes.plane[live])
    for index in live[~shapely.intersects_xy(outline, shapely.get_x(centre), shapely.get_y(centre))].tolist():
        stored = shapely.centroid(shapes.stored[index])
        staged.report(index, "outside_county", value=f"{stored.x:.5f},{stored.y:.5f}", geometry=shapes.stored[index])


def towns_by_share(plane: np.ndarray, places: Places) -> list[str | None]:
    """Town with the largest share of each shape's area (ties: the smaller code); None where no town is touched."""
    known = np.array([i for i, shape in enumerate(places.town_shapes) if shape is not None], dtype=int)
    found = np.full(len(plane), None, dtype=object)
    live = np.flatnonzero(~shapely.is_missing(plane))
    if not len(known) or not len(live):
        return list(found)
    towns, codes = places.town_shapes[known], np.array(places.town_codes, dtype=object)[known]
    town, inside = shapely.STRtree(plane[live]).query(towns, predicate="contains_properly")
    found[live[inside]] = codes[town]
    is_open = np.ones(len(plane), dtype=bool)
    is_open[live[inside]] = False
    rest = live[is_open[live]]
    town, touched = shapely.STRtree(plane[rest]).query(towns, predicate="intersects")
    areas = intersection_areas(plane[rest[touched]], towns[town])
    best: dict[int, tuple[float, str]] = {}
    for row, code, area in zip(rest[touched].tolist(), codes[town], areas.tolist(), strict=True):
        if area > 0 and (row not in best or (-area, code) < best[row]):
            best[row] = (-area, code)
    for row, (_, code) in best.items():
        found[row] = code
    return list(found)


def check_towns(staged: Staged, towns: list[str | None], shapes: Shapes, places: Places) -> None:
    """A declared town that is not the one with the largest share; the value says both shares."""
    claims = staged.columns["town_code"]
    differs = Coded.made(lambda claimed, actual: None not in (claimed, actual) and claimed != actual, Coded.of(claims), Coded.of(towns))
    for index in staged.rows(differs.mask()):
        claimed, actual = claims[index], str(towns[index])
        said = f"填报 {claimed}(占{_share(shapes, index, claimed, places)}),图形在 {actual}(占{_share(shapes, index, actual, places)})"
        staged.report(index, "town_mismatch", field=header(staged, "town_code"), value=said, geometry=shapes.stored[index])


def _share(shapes: Shapes, index: int, code: str, places: Places) -> str:
    """Percentage of a shape that lies in a town."""
    if code not in places.town_codes or places.town_shapes[places.town_codes.index(code)] is None:
        return "比不明"
    town = places.town_shapes[places.town_codes.index(code)]
    shared = intersection_areas(shapes.plane[index : index + 1], np.array([town], dtype=object))[0]
    return f"{100 * shared / shapes.area[index]:.0f}%"
