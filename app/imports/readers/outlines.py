"""Line work to polygons: closed lines, edges that close into faces, rings nested into holes. Pure."""

import numpy as np
import shapely


def faces(lines: np.ndarray) -> np.ndarray:
    """Polygons (without holes) of line work: each closed line one, then what the remaining edges enclose; doubled edges count once."""
    parts = shapely.get_parts(lines)
    parts = parts[~shapely.is_missing(parts) & ~shapely.is_empty(parts)]
    if not len(parts):
        return np.zeros(0, dtype=object)
    closed = shapely.is_closed(parts) & (shapely.get_num_coordinates(parts) >= 4)
    rings = shapely.polygons(shapely.linearrings([shapely.get_coordinates(line) for line in parts[closed]])) if closed.any() else []
    return np.concatenate([np.asarray(rings, dtype=object), _enclosed(parts[~closed])])


def _enclosed(edges: np.ndarray) -> np.ndarray:
    """Faces of edges that meet exactly at their ends; union drops doubles and cuts at crossings."""
    if len(edges) < 2:
        return np.zeros(0, dtype=object)
    found = shapely.get_parts(shapely.polygonize(shapely.get_parts(shapely.union_all(edges))))
    return np.array([shapely.polygons(shapely.get_exterior_ring(face)) for face in found], dtype=object)


def nested(rings: np.ndarray) -> np.ndarray:
    """Outlines with their holes: a ring inside an odd number of others is a hole of the smallest around it. Doubled rings count once."""
    if not len(rings):
        return rings
    sound = rings[shapely.area(rings) > 0]
    sound = distinct(sound)
    within, around = shapely.STRtree(sound).query(shapely.point_on_surface(sound), predicate="within")
    area = shapely.area(sound)
    keep = (within != around) & (area[around] > area[within])
    within, around = within[keep], around[keep]
    depth = np.bincount(within, minlength=len(sound))
    holes: dict[int, list] = {}
    for ring in np.flatnonzero(depth % 2):
        owner = min(around[within == ring], key=lambda i: area[i])
        holes.setdefault(int(owner), []).append(shapely.get_exterior_ring(sound[ring]))
    outer = np.flatnonzero(depth % 2 == 0)
    return np.array([shapely.polygons(shapely.get_exterior_ring(sound[i]), holes.get(int(i))) for i in outer], dtype=object)


def distinct(shapes: np.ndarray) -> np.ndarray:
    """Each shape once, in order, wherever its rings begin."""
    first = {wkb: i for i, wkb in reversed(list(enumerate(shapely.to_wkb(shapely.normalize(shapes)))))}
    return shapes[sorted(first.values())]


def closed_lines(geometry: np.ndarray) -> tuple[np.ndarray, int]:
    """Rows that are one closed line become the face it encloses; how many there were. Everything else stays."""
    single = geometry.copy()
    parted = np.flatnonzero(shapely.get_type_id(geometry) == 5)
    single[parted] = [g.geoms[0] if len(g.geoms) == 1 else g for g in geometry[parted]]
    rows = np.flatnonzero(np.isin(shapely.get_type_id(single), (1, 2)) & (shapely.get_num_coordinates(single) >= 4))
    rows = rows[shapely.is_closed(single[rows])]
    closed = geometry.copy()
    closed[rows] = [shapely.polygons(shapely.get_coordinates(line)) for line in single[rows]]
    return closed, len(rows)
