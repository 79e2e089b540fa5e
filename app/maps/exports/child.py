"""Start the writing process and follow it: progress as it comes, what it made at the end."""

import pickle
from collections.abc import Callable
from pathlib import Path

from app.core import child
from app.maps.exports.errors import ExportFailed
from app.maps.exports.order import Made, Order

LEAN = {
    "MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "8000000", "MALLOC_TRIM_THRESHOLD_": "64000000",
    "ARROW_DEFAULT_MEMORY_POOL": "system", "OMP_NUM_THREADS": "1",
}  # fmt: skip
"""One heap that keeps what a batch leaves for the next: half of what several heaps hold on to, and the kernel hands out no page twice."""


async def write(dsn: str, order: Order, file: Path, told: Callable[[int, int], None]) -> tuple[Made, int]:
    """The file in a process of its own; cancelling kills it. Returns what was made and the process's peak memory in MB.

    Errors: ExportFailed with the process's own words.
    """

    def heard(line: child.Line) -> None:
        if "done" in line:
            told(line["done"], line["of"])

    last, code = await child.run("app.maps.exports.produce", heard, given=pickle.dumps((dsn, order, str(file))), env=LEAN)
    if "made" in last:
        return Made(**last["made"]), last["peak_mb"]
    problem = last.get("problem")
    raise ExportFailed(
        (problem["detail"] or problem["title"]) if problem else f"导出进程中断 ({code})", hint=problem.get("hint") if problem else None
    )
