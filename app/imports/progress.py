"""How far an import is, told to whoever listens: the command line's bar, the job's row. Nobody listening costs nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

STEPS = {"reading": "读取", "checking": "检查", "comparing": "比对", "writing": "写入", "publishing": "发布"}
Told = Callable[[str, int, int | None], None]


@dataclass
class _Heard:
    """A listener and the step it heard of last; one object for all threads of an import."""

    told: Told
    step: str = "reading"


_listener: ContextVar[_Heard | None] = ContextVar("listener", default=None)


def say(step: str, done: int = 0, total: int | None = None) -> None:
    """This step, this many rows of so many (None: not known)."""
    heard = _listener.get()
    if heard is not None:
        heard.step = step
        heard.told(step, done, total)


def count(done: int, total: int | None = None) -> None:
    """So many rows of the step that was begun."""
    heard = _listener.get()
    if heard is not None:
        heard.told(heard.step, done, total)


@contextmanager
def heard(told: Told) -> Iterator[None]:
    """`told(step, done, total)` hears what is said inside."""
    token = _listener.set(_Heard(told))
    try:
        yield
    finally:
        _listener.reset(token)
