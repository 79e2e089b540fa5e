"""Long arrays of shapes in parts side by side: GEOS and PROJ leave the interpreter to the other threads while they work."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

_WORKERS = 2
_ENOUGH, _PART = 4_000, 50_000


@lru_cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_WORKERS, thread_name_prefix="parts")


def in_parts(work: Callable[[NDArray[np.object_]], NDArray[Any]], array: NDArray[np.object_]) -> NDArray[Any]:
    """`work` of an array, element by element independent of each other; what it raises is raised."""
    if len(array) < _ENOUGH:
        return work(array)
    number = max(_WORKERS, -(-len(array) // _PART))
    return np.concatenate(list(_pool().map(work, np.array_split(array, number))))
