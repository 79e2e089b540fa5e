"""Rings to polygons by containment: the ring number says nothing sure about outer and inner."""

from shapely.geometry import LinearRing, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.lib import GEOSException


def polygon_of(rings: list[list[tuple[float, float]]]) -> BaseGeometry | None:
    """(Multi)Polygon of the rings; a ring inside an odd number of others is a hole. May be invalid: the checks repair it."""
    shells = [Polygon(ring) for ring in rings if len(set(ring)) >= 3]
    shells.sort(key=lambda polygon: polygon.area, reverse=True)
    owners: list[int | None] = []
    holes: dict[int, list[LinearRing]] = {}
    for position, ring in enumerate(shells):
        containers = [i for i in range(position) if _covers(shells[i], ring)]
        if len(containers) % 2:
            owner = next(i for i in reversed(containers) if owners[i] is None)
            owners.append(owner)
            holes.setdefault(owner, []).append(ring.exterior)
        else:
            owners.append(None)
    parts = [Polygon(shells[i].exterior, holes.get(i, [])) for i, owner in enumerate(owners) if owner is None]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def _covers(outer: Polygon, inner: Polygon) -> bool:
    try:
        return bool(outer.covers(inner))
    except GEOSException:
        return bool(outer.envelope.covers(inner.envelope) and outer.buffer(0).covers(inner.representative_point()))
