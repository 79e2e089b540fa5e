"""Long arrays of shapes in parts side by side: GEOS and PROJ leave the interpreter to the other threads while they work."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")
R = TypeVar("R")
_WORKERS, _NAME = 2, "parts"
_AHEAD = 2 * _WORKERS
_ENOUGH, _PART = 4_000, 50_000


@lru_cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_WORKERS, thread_name_prefix=_NAME)


def side_by_side(work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """`work` of each, in order, a few ahead of who takes it; what the first raises is raised, what waits behind it is not begun.

    Work that goes by parts itself does so on its own thread.
    """
    if threading.current_thread().name.startswith(_NAME):
        yield from map(work, items)
        return
    waiting: deque[Future[R]] = deque()
    try:
        for item in items:
            waiting.append(_pool().submit(work, item))
            if len(waiting) > _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for one in waiting:
            one.cancel()


def in_parts(work: Callable[[NDArray[np.object_]], NDArray[Any]], array: NDArray[np.object_]) -> NDArray[Any]:
    """`work` of an array, element by element independent of each other; what it raises is raised."""
    if len(array) < _ENOUGH:
        return work(array)
    number = max(_WORKERS, -(-len(array) // _PART))
    return np.concatenate(list(side_by_side(work, np.array_split(array, number))))
