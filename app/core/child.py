"""A process that does one job: it tells a line of JSON at a time, dies with its parent, and is killed when nobody waits for it any more.

What kills it (memory, a native library) kills nobody else, and its memory goes back when it ends.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from app import cluster
from app.core.errors import Problem

Line = dict[str, Any]
_WATCH_SECONDS = 0.5


class MemoryExceeded(Problem):
    code, status, title = "memory_exceeded", 500, "内容过大,超出处理进程的内存上限"


class TimeExceeded(Problem):
    code, status, title = "time_exceeded", 500, "处理超过时限"


async def run(
    module: str, told: Callable[[Line], None], *, args: Sequence[str] = (), given: bytes = b"", env: Mapping[str, str] | None = None,
    memory_mb: int | None = None, minutes: float | None = None,
) -> tuple[Line, int]:  # fmt: skip
    """`python -m module args` with `given` on its input; `told` hears each line. Returns the last line and the exit code.

    Errors: MemoryExceeded when it held more than `memory_mb`, TimeExceeded when it took longer than `minutes`.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *args, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        env=os.environ | dict(env or {}), preexec_fn=cluster.die_with_parent,
    )  # fmt: skip
    watch = asyncio.create_task(_watch(process, memory_mb, minutes))
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(ConnectionError):  # it died before it had read; how it ended tells
            process.stdin.write(given)
            await process.stdin.drain()
        process.stdin.close()
        last: Line = {}
        async for line in process.stdout:
            last = json.loads(line)
            told(last)
        code = await process.wait()
    finally:
        watch.cancel()
        if process.returncode is None:
            process.kill()
            await process.wait()
    if watch.done() and not watch.cancelled() and (exceeded := watch.result()):
        raise exceeded
    return last, code


async def _watch(process: asyncio.subprocess.Process, memory_mb: int | None, minutes: float | None) -> Problem | None:
    """Kill it when it holds too much or takes too long; what it exceeded."""
    began = time.monotonic()
    while process.returncode is None:
        if memory_mb is not None and _resident_mb(process.pid) > memory_mb:
            process.kill()
            return MemoryExceeded(f"处理用了超过 {memory_mb} MB 内存", hint="请分乡镇或分批交付")
        if minutes is not None and time.monotonic() - began > 60 * minutes:
            process.kill()
            return TimeExceeded(f"处理超过 {minutes:g} 分钟,已停止", hint="请核对文件是否损坏,或分乡镇、分批交付")
        await asyncio.sleep(_WATCH_SECONDS)
    return None


def _resident_mb(pid: int) -> int:
    """Memory of its own that the process holds now (files it maps are the kernel's); 0 when it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("RssAnon")), 0)
