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


def open_lines(lines: np.ndarray) -> np.ndarray:
    """What encloses nothing: closed lines and edges of faces left out, the rest joined where ends meet; doubled lines count once."""
    parts = shapely.get_parts(lines)
    parts = parts[~shapely.is_missing(parts) & ~shapely.is_empty(parts)]
    parts = parts[~(shapely.is_closed(parts) & (shapely.get_num_coordinates(parts) >= 4))]
    if not len(parts):
        return np.zeros(0, dtype=object)
    _, cuts, dangles, _ = shapely.polygonize_full(shapely.get_parts(shapely.union_all(parts)))
    left = shapely.get_parts(np.array([cuts, dangles], dtype=object))
    return shapely.get_parts(shapely.line_merge(shapely.multilinestrings(left))) if len(left) else np.zeros(0, dtype=object)


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
    """Rows that are closed lines throughout become the faces they enclose, one in another its hole; how many. Everything else stays."""
    is_line = np.isin(shapely.get_type_id(geometry), (1, 2, 5)) & (shapely.get_num_coordinates(geometry) >= 4)
    rows = np.flatnonzero(is_line & np.isfinite(shapely.bounds(geometry)).all(axis=1))
    closed, count = geometry.copy(), 0
    for row in rows:
        parts = shapely.get_parts(geometry[row])
        if (shapely.is_closed(parts) & (shapely.get_num_coordinates(parts) >= 4)).all():
            found = [shapely.polygons(shapely.get_coordinates(line)) for line in parts]
            closed[row] = found[0] if len(found) == 1 else shapely.multipolygons(nested(np.array(found, dtype=object)))
            count += 1
    return closed, count
