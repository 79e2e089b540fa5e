"""A queue of jobs in PostgreSQL, as the job worker serves it: take one, follow its process, say that it lives, end it.

The rooms own their tables and say how a job is claimed, made and ended. A killed worker leaves jobs without a beat; the next one takes
them up again, `ATTEMPTS` times at most.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import structlog

from app.core import db
from app.core.errors import Problem

log = structlog.get_logger()
ATTEMPTS, SILENT_SECONDS = 3, 15
LOOK_SECONDS, SWEEP_LOOKS = 1.0, 600
Seen = dict[str, Any]


class Dropped(Exception):
    """The job is no longer ours: its owner took it back, or another worker has it."""


@dataclass(frozen=True)
class Queue:
    """One room's jobs. `make` works on `seen`, which `beat` writes down each second; a False beat means the job is gone."""

    name: str
    at_once: int
    claim: Callable[[], Awaitable[Any]]
    seen: Callable[[Any], Seen]
    make: Callable[[Any, Seen], Coroutine[Any, Any, None]]
    beat: Callable[[Any, Seen], Awaitable[bool]]
    fail: Callable[[Any, str], Awaitable[None]]
    sweep: Callable[[], Awaitable[None]]
    release: Callable[[Any], Awaitable[None]] | None = None
    """Give a job back when the service stops in an orderly way; without it the next worker waits for the silence."""


async def serve(queue: Queue, stop: asyncio.Event) -> None:
    """Look for jobs each second until told to stop; running ones are then killed and taken up by the next worker."""
    running: set[asyncio.Task[None]] = set()
    looks = 0
    while not stop.is_set():
        try:
            running = {task for task in running if not task.done()}
            while len(running) < queue.at_once and (job := await queue.claim()) is not None:
                running.add(asyncio.create_task(one(queue, job)))
            if looks % SWEEP_LOOKS == 0:
                await queue.sweep()
            looks += 1
        except Exception:  # the job boundary: the database may be restarting
            log.exception(queue.name)
        try:
            await asyncio.wait_for(stop.wait(), LOOK_SECONDS)
        except TimeoutError:
            continue
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


async def one(queue: Queue, job: Any) -> None:
    """One job to its end, whatever that is."""
    seen = queue.seen(job)
    work = asyncio.create_task(queue.make(job, seen))
    try:
        while not work.done():
            await asyncio.wait({work}, timeout=1)
            if not work.done() and not await queue.beat(job, seen):
                raise Dropped
        work.result()
    except Dropped:
        log.info(f"{queue.name} dropped", id=job.id)
    except Problem as problem:
        await queue.fail(job, " ".join(filter(None, (problem.detail, problem.hint))) or problem.title)
    except asyncio.CancelledError:
        await _end(work)
        if queue.release is not None:
            await queue.release(job)
        raise
    except Exception as error:
        log.exception(queue.name, id=job.id)
        if db.is_away(error):
            return  # nothing can be said of the job now; its silence tells the next look to take it up
        await queue.fail(job, "内部错误已记录")
    finally:
        await _end(work)


async def _end(work: asyncio.Task[None]) -> None:
    """Its process is killed with it."""
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
