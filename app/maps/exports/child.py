"""Start the writing process and follow it: progress as it comes, what it made at the end."""

import asyncio
import json
import os
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app import cluster
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
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app.maps.exports.produce", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        env=os.environ | LEAN, preexec_fn=cluster.die_with_parent,
    )  # fmt: skip
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(pickle.dumps((dsn, order, str(file))))
        await process.stdin.drain()
        process.stdin.close()
        last: dict[str, Any] = {}
        async for line in process.stdout:
            last = json.loads(line)
            if "done" in last:
                told(last["done"], last["of"])
        code = await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if "made" in last:
        return Made(**last["made"]), last["peak_mb"]
    problem = last.get("problem")
    raise ExportFailed(
        (problem["detail"] or problem["title"]) if problem else f"导出进程中断 ({code})", hint=problem.get("hint") if problem else None
    )
