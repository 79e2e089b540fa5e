"""What an import spends its time on: seconds by step, told with the report and, as it goes, to whoever watches."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from app.imports import progress


@dataclass
class Steps:
    """Seconds by step; `told` hears of each as it begins."""

    told: Callable[[str], None] = lambda _: None
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """Time a step of progress.STEPS; one step at a time, the same one may come again."""
        self.told(name)
        progress.say(name)
        since = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = round(self.seconds.get(name, 0.0) + time.monotonic() - since, 3)
