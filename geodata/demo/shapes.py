"""Forms of parcels: quads with common edges, L-shapes, cut corners, courtyards, two parts."""

from __future__ import annotations

from numpy.random import Generator
from shapely.geometry import MultiPolygon, Polygon

from geodata.demo.layout import Plot

Form = Polygon | MultiPolygon
E = 0.02  # set back from the neighbours' edges


def form_of(plot: Plot, kind: str, rng: Generator) -> Form:
    """The plot's ground in one of the forms; all but the quad keep clear of their neighbours."""
    a, b = (float(v) for v in rng.uniform(0.3, 0.7, 2))
    if kind == "quad":
        return plot.polygon
    if kind == "L":
        return Polygon(plot.inner([(E, E), (1 - E, E), (1 - E, b), (a, b), (a, 1 - E), (E, 1 - E)]))
    if kind == "corner":
        return Polygon(plot.inner([(E, E), (1 - E, E), (1 - E, 1 - a / 2), (1 - b / 2, 1 - E), (E, 1 - E)]))
    if kind == "bent":
        return Polygon(plot.inner([(E, E), (a, 2 * E), (1 - E, E), (1 - 2 * E, b), (1 - E, 1 - E), (E, 1 - 2 * E)]))
    if kind == "hole":
        shell = plot.inner([(E, E), (1 - E, E), (1 - E, 1 - E), (E, 1 - E)])
        return Polygon(shell, [plot.inner([(a, b), (a, b + 0.15), (a + 0.2, b + 0.15), (a + 0.2, b)])])
    if kind == "parts":
        west = plot.inner([(E, E), (a - 0.03, E), (a - 0.03, 1 - E), (E, 1 - E)])
        east = plot.inner([(a + 0.03, E), (1 - E, E), (1 - E, 1 - E), (a + 0.03, 1 - E)])
        return MultiPolygon([Polygon(west), Polygon(east)])
    raise ValueError(kind)


KINDS = ("quad", "L", "corner", "bent", "hole", "parts")
RATES = (0.737, 0.11, 0.07, 0.07, 0.005, 0.008)
GROUND_KEPT = {"quad": 1.0, "L": 0.72, "corner": 0.86, "bent": 0.94, "hole": 0.89, "parts": 0.86}


def halves(plot: Plot, at: float = 0.5) -> tuple[Polygon, Polygon]:
    """The plot cut in two along a common edge."""
    low, high = plot.inner([(at, 0.0), (at, 1.0)])
    a, b, c, d = ((float(x), float(y)) for x, y in plot.quad)
    return Polygon([a, low, high, d]), Polygon([low, b, c, high])


def joined(left: Plot, right: Plot) -> Polygon:
    """Two neighbours as one, along the edge they share."""
    a, m, n, d = ((float(x), float(y)) for x, y in left.quad)
    _, b, c, _ = ((float(x), float(y)) for x, y in right.quad)
    return Polygon([a, m, b, c, n, d])


def smaller(plot: Plot, inset: float) -> Polygon:
    """The plot as it was before it grew."""
    e = inset
    return Polygon(plot.inner([(e, e), (1 - e, e), (1 - e, 1 - e), (e, 1 - e)]))
