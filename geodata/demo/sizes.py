"""How large parcels are: the size table of practice, class by class."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

CLASSES = (  # 亩 from, to, count, mean
    (1.0, 2.95, 2240, 1.8), (3.1, 9.9, 3280, 5.8), (10.0, 19.9, 1440, 13.8), (20.0, 49.5, 816, 29.0),
    (50.0, 99.0, 176, 66.0), (100.0, 260.0, 48, 150.0),
)  # fmt: skip


def parcel_sizes(rng: Generator) -> np.ndarray:
    """8,000 sizes in 亩, none near the 3 亩 that decide C2, largest class last."""
    parts = []
    for low, high, count, mean in CLASSES:
        share = (mean - low) / (high - low)
        draw = low + (high - low) * rng.beta(1.4 * share / (1 - share), 1.4, count)
        parts.append(np.clip(draw + (mean - draw.mean()), low, high))
    return np.concatenate(parts)
