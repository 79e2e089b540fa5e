"""偏移坐标: GCJ-02 (火星坐标) and BD-09 from true longitude and latitude, by the publicly known approximation. Pure.

Not a survey product: such coordinates must not be measured with, so everything that carries them says so (MARK), and they are made only
where an administrator has switched them on for the county. No authority defines an identifier for them; ours are the URNs below.
Source: the algorithm published with the "eviltransform"/"coordtransform" projects; 慈溪 moves by 498 m, 诸暨 by 510 m (DOMAIN §5.8).
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

Pairs = NDArray[np.float64]
MARK = "{name} (偏移坐标, 不得用于量算)"
_A, _EE = 6378245.0, 0.00669342162296594323  # Krassowsky 1940, as the algorithm has it
_BD = np.pi * 3000.0 / 180.0
_ROUNDS = 12
"""Steps of the inverse: each narrows the error about a thousandfold, so the last ones are below a double's rounding."""


def gcj02(xy: Pairs) -> Pairs:
    """True degrees (n × 2: longitude, latitude) to GCJ-02; outside of China nothing moves."""
    lon, lat = xy[:, 0], xy[:, 1]
    x, y = lon - 105.0, lat - 35.0
    wave = 20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x)) + _sum(wave, y, 20, 40, 160, 320)
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x)) + _sum(wave, x, 20, 40, 150, 300)
    phi = np.radians(lat)
    magic = 1 - _EE * np.sin(phi) ** 2
    moved = np.column_stack(
        (
            lon + np.degrees(east) / (_A / np.sqrt(magic) * np.cos(phi)),
            lat + np.degrees(north) / (_A * (1 - _EE) / (magic * np.sqrt(magic))),
        )
    )
    inside = (lon > 72.004) & (lon < 137.8347) & (lat > 0.8293) & (lat < 55.8271)
    return np.where(inside[:, None], moved, xy)


def _sum(wave: Pairs, along: Pairs, first: float, second: float, third: float, fourth: float) -> Pairs:
    """The sine terms, each with two thirds of its weight; the last divides by 12 and by 30."""
    shore = first * np.sin(along * np.pi) + second * np.sin(along / 3.0 * np.pi)
    return (wave + shore + third * np.sin(along / 12.0 * np.pi) + fourth * np.sin(along * np.pi / 30.0)) * 2.0 / 3.0


def bd09(xy: Pairs) -> Pairs:
    """True degrees to BD-09."""
    x, y = gcj02(xy).T
    far = np.hypot(x, y) + 0.00002 * np.sin(y * _BD)
    turned = np.arctan2(y, x) + 0.000003 * np.cos(x * _BD)
    return np.column_stack((far * np.cos(turned) + 0.0065, far * np.sin(turned) + 0.006))


SHIFTED: Mapping[str, tuple[str, Callable[[Pairs], Pairs]]] = {
    "urn:yima:crs:GCJ02": ("GCJ-02", gcj02),
    "urn:yima:crs:BD09": ("BD-09", bd09),
}
"""URN → the name people use, the shift."""


def true_of(shifted: Pairs, forward: Callable[[Pairs], Pairs]) -> Pairs:
    """The true degrees that `forward` moves to `shifted` (fixed-point iteration; back and forth within 1e-9 degrees)."""
    true = shifted.copy()
    for _ in range(_ROUNDS):
        true = true + (shifted - forward(true))
    return true
