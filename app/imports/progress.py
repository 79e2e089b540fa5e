"""How far an import is, told to whoever listens: the command line's bar, the job's row. Nobody listening costs nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

STEPS = {"reading": "读取", "checking": "检查", "comparing": "比对", "writing": "写入", "publishing": "发布"}
Told = Callable[[str, int, int | None], None]
_listener: ContextVar[Told | None] = ContextVar("listener", default=None)


def say(step: str, done: int = 0, total: int | None = None) -> None:
    """This step, this many rows of so many (None: not known)."""
    listener = _listener.get()
    if listener is not None:
        listener(step, done, total)


@contextmanager
def heard(told: Told) -> Iterator[None]:
    """`told(step, done, total)` hears what is said inside."""
    token = _listener.set(told)
    try:
        yield
    finally:
        _listener.reset(token)
