"""A small map as SVG, drawn from the page's own shapes: no script, no tiles, nothing to load. Pure."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH, HEIGHT, MARGIN = 760, 320, 12
GREY = "#9aa0a6"


@dataclass(frozen=True)
class Shape:
    """One feature on the drawing: where it leads, what it is called, its path."""

    id: Any
    title: str
    path: str
    colour: str


@dataclass(frozen=True)
class Drawing:
    """Shapes in a box of WIDTH × HEIGHT."""

    shapes: list[Shape]
    width: int = WIDTH
    height: int = HEIGHT


def drawing(features: Sequence[Mapping[str, Any]], words: Mapping[str, Any]) -> Drawing | None:
    """The features of a page in degrees east first; None when none has a shape."""
    rings = {number: list(_rings(feature.get("geometry"))) for number, feature in enumerate(features)}
    points = [point for found in rings.values() for ring in found for point in ring]
    if not points:
        return None
    west, east = min(p[0] for p in points), max(p[0] for p in points)
    south, north = min(p[1] for p in points), max(p[1] for p in points)
    narrow = math.cos(math.radians((south + north) / 2))  # a degree of longitude is shorter than one of latitude
    across, high = max((east - west) * narrow, 1e-6), max(north - south, 1e-6)
    scale = min((WIDTH - 2 * MARGIN) / across, (HEIGHT - 2 * MARGIN) / high)
    left, top = (WIDTH - across * scale) / 2, (HEIGHT - high * scale) / 2

    def placed(point: Sequence[float]) -> str:
        return f"{left + (point[0] - west) * narrow * scale:.1f} {top + (north - point[1]) * scale:.1f}"

    shapes = []
    for number, feature in enumerate(features):
        path = " ".join(_path([placed(point) for point in ring]) for ring in rings[number])
        if path:
            shapes.append(Shape(feature.get("id"), _title(feature), path, _colour(feature, words)))
    return Drawing(shapes)


def _path(points: list[str]) -> str:
    return f"M{points[0]}h0" if len(points) == 1 else f"M{'L'.join(points)}Z"


def _rings(geometry: Any) -> Iterator[list[list[float]]]:
    """Every run of positions of a geometry, a point as a run of one."""
    todo = [geometry.get("coordinates") if isinstance(geometry, dict) else None]
    while todo:
        part = todo.pop()
        if not isinstance(part, list) or not part:
            continue
        if isinstance(part[0], int | float):
            yield [part]
        elif isinstance(part[0], list) and part[0] and isinstance(part[0][0], int | float):
            yield part
        else:
            todo += part


def _title(feature: Mapping[str, Any]) -> str:
    said = feature.get("properties") or {}
    return str(said.get("land_code") or said.get("name") or said.get("code") or feature.get("id"))


def _colour(feature: Mapping[str, Any], words: Mapping[str, Any]) -> str:
    found = words.get("classes", {}).get((feature.get("properties") or {}).get("display_class"), {})
    return str(found.get("colour", GREY))
