"""The worker's part: takes queued exports, at most two at once, follows their processes, writes what came of them.

A killed worker leaves jobs without a beat; the next one takes them up again, three times at most, then says so.
"""

import asyncio
import shutil
from dataclasses import asdict
from datetime import date
from typing import Any

import structlog

from app.core import db
from app.core.queue import ATTEMPTS, Dropped, Queue, one, serve
from app.core.work import writing
from app.maps.exports import child, queries, service
from app.maps.exports.spec import Spec, plan_of
from app.maps.exports.statements import order_of
from app.settings import settings

log = structlog.get_logger()
AT_ONCE = 2


async def run(stop: asyncio.Event) -> None:
    """Serve the queue until told to stop."""
    await serve(QUEUE, stop)


async def _claimed() -> Any:
    async with db.engine().begin() as conn:
        return await queries.claim(conn)


async def _one(job: Any) -> None:
    """One job to its end."""
    await one(QUEUE, job)


async def _make(job: Any, seen: dict[str, Any]) -> None:
    if job.attempts > ATTEMPTS:
        await _fail(job, f"导出进程 {ATTEMPTS} 次中断,未能完成")
        return
    spec = Spec.from_json(job.spec)
    plan = plan_of(spec)
    file = service.file_of(job.id, plan.form.suffix)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    made, peak = await child.write(db.plain_dsn(settings().dsn), order_of(plan), file, lambda done, of: seen.update(done=done, of=of))
    said = {key: value for key, value in asdict(made).items() if key != "notes"}
    said["facts_as_of"] = date.fromisoformat(made.facts_as_of) if made.facts_as_of else None
    async with writing(spec.principal) as work:
        if not await queries.finish(work.conn, job, "done", ";".join(made.notes) or None, said):
            raise Dropped  # no export, no record of one
        asked = {key: value for key in ("filter", "bbox", "properties", "crs", "encoding") if (value := getattr(spec, key)) is not None}
        work.audited("export.make", "export", job.id, collection=spec.collection, format=spec.format, asked=asked, rows=made.rows,
                     bytes=made.size, sha256=made.sha256, layer_version=made.layer_version)  # fmt: skip
    log.info("export", id=job.id, format=spec.format, rows=made.rows, peak_mb=peak)


async def _beat(job: Any, seen: dict[str, Any]) -> bool:
    async with db.engine().begin() as conn:
        return await queries.beat(conn, job, seen["done"], seen["of"])


async def _fail(job: Any, message: str) -> None:
    async with db.engine().begin() as conn:
        await queries.finish(conn, job, "failed", message[:500], {})


async def sweep() -> None:
    """Expire what is a day old and remove folders that no job needs."""
    async with db.engine().begin() as conn:
        wanted = await queries.sweep(conn)
    for place in service.folder().glob("*"):
        if place.name not in wanted:
            await asyncio.to_thread(shutil.rmtree, place, ignore_errors=True)


def _seen(job: Any) -> dict[str, Any]:
    return {"done": 0, "of": job.rows_total}


QUEUE = Queue("export", AT_ONCE, claim=_claimed, seen=_seen, make=_make, beat=_beat, fail=_fail, sweep=sweep)
