"""`python -m app.import_process COUNTY ID ATTEMPT`: the process that the job worker starts for an import; it tells progress as JSON."""

import asyncio
import gc
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app import wiring
from app.core import db, logs
from app.core.queue import Dropped
from app.imports import attempt, packed, progress

_EVERY_SECONDS = 0.3
Line = dict[str, Any]


def _speaker() -> Callable[[Line], None]:
    """Where the parent listens; whatever else is printed goes to the log."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def say(line: Line) -> None:
        out.write(json.dumps(line, ensure_ascii=False) + "\n")
        out.flush()

    return say


async def main(county: str, job_id: int, number: int) -> int:
    """0 when the job is settled or somebody else's; any other end is a crash, and the parent starts it again."""
    gc.disable()  # it would walk over the millions of values of a delivery again and again, and find no cycle
    packed.keep_together()
    say = _speaker()
    logs.configure()
    wiring.subscribe()
    last: tuple[str, float] = ("", 0.0)

    def told(step: str, done: int, total: int | None) -> None:
        nonlocal last
        if step != last[0] or time.monotonic() - last[1] > _EVERY_SECONDS or done == total:
            last = (step, time.monotonic())
            say({"step": step, "done": done, "of": total})

    try:
        with progress.heard(told):
            await attempt.work(county, job_id, number)
    except Dropped:
        return 0
    finally:
        await db.dispose()
    say({"peak_mb": _peak_mb()})
    return 0


def _peak_mb() -> int:
    """The most memory this process ever held."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
