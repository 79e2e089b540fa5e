"""The job worker's part: takes imports, one of a county and kind at a time, follows their processes, says what became of them.

A process that ends without having settled its job (killed, crashed, database gone) is started again, three times at most.
"""

import asyncio
from typing import Any

import structlog

from app.core import aside, child, db
from app.core.queue import ATTEMPTS, Dropped, Queue, Seen, serve
from app.imports.jobs import kept, queries
from app.settings import settings

log = structlog.get_logger()
AT_ONCE = 1
_LEAN = {"MALLOC_ARENA_MAX": "2", "OMP_NUM_THREADS": "1"}


async def run(stop: asyncio.Event) -> None:
    """Serve the queue until told to stop."""
    await serve(QUEUE, stop)


async def claim() -> Any:
    """The next job, None when there is none that may run."""
    async with db.engine().begin() as conn:
        return await queries.claim(conn)


async def make(job: Any, seen: Seen) -> None:
    """Its process to the end. Errors: Dropped, MemoryExceeded, TimeExceeded."""
    if job.attempts > ATTEMPTS:
        await fail(job, f"处理进程 {ATTEMPTS} 次中断,未能完成;底数没有改动")
        return
    args = [job.county_code, str(job.id), str(job.attempts)]
    with kept.workplace() as folder:
        env = _LEAN | {"TMPDIR": str(folder)}
        last, code = await child.run(
            "app.import_process", seen.update, args=args, env=env,
            memory_mb=settings().import_memory_mb, minutes=settings().import_minutes,
        )  # fmt: skip
    log.info("import", id=job.id, state=job.state, code=code, peak_mb=last.get("peak_mb"))
    if code == 0:
        return
    async with db.engine().begin() as conn:
        if not await queries.settle(conn, job, message=f"处理进程第 {job.attempts} 次中断 ({code}),将重新开始"):
            raise Dropped


async def beat(job: Any, seen: Seen) -> bool:
    """Say that it lives, this far. A database that is away for a moment does not end the job: the silence does."""
    try:
        async with db.engine().begin() as conn:
            return await queries.beat(conn, job, {name: seen.get(name) for name in ("step", "done", "of")})
    except Exception:
        log.exception("import beat", id=job.id)
        return True


async def fail(job: Any, message: str) -> None:
    """Not finished, and why."""
    async with db.engine().begin() as conn:
        await queries.settle(conn, job, state="failed", message=message[:500])


async def release(job: Any) -> None:
    """The service stops: the next worker begins at once, and this attempt does not count."""
    async with db.engine().begin() as conn:
        await queries.settle(conn, job, attempts=job.attempts - 1)


async def sweep() -> None:
    """Files of uploads that no commit names, and what killed processes had unpacked or written aside."""
    async with db.engine().begin() as conn:
        wanted = await queries.uploaded(conn)
        await aside.clear(conn)
    await asyncio.to_thread(kept.sweep, wanted)
    await asyncio.to_thread(kept.clear_workplaces)


def begun(_: Any) -> Seen:
    """Nothing is read yet."""
    return {"step": "reading", "done": 0, "of": None}


QUEUE = Queue("import", AT_ONCE, claim=claim, seen=begun, make=make, beat=beat, fail=fail, sweep=sweep, release=release)
