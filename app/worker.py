"""The job worker: republishes what moves with the calendar daily at 00:05, takes imports, makes exports, sweeps what nobody needs."""

import asyncio
import signal
from datetime import time

import structlog
from sqlalchemy import text

from app import wiring
from app.classification import service as classification
from app.core import clock, db, layers, logs
from app.core.principal import system
from app.imports.jobs import worker as imports
from app.maps.exports import jobs as exports
from app.remediation import evidence

log = structlog.get_logger()
DAILY = time(0, 5)
STALE = (
    "SELECT c.code FROM county c JOIN LATERAL (SELECT as_of FROM classification_run r WHERE r.county_code = c.code"
    " AND finished_at IS NOT NULL ORDER BY id DESC LIMIT 1) last ON true WHERE last.as_of < :today ORDER BY c.code"
)


async def republish() -> None:
    """Counties whose facts are older than today get a new run: idle clocks and deadlines moved."""
    async with db.engine().connect() as conn:
        counties = [row.code for row in await conn.execute(text(STALE), {"today": clock.today()})]
    for county in counties:
        log.info("republish", county=county, as_of=str(clock.today()))
        await classification.publish_run(county, as_of=clock.today(), principal=system(county, "每日研判"))


async def sweep() -> None:
    """Evidence files that no commit refers to (older than a day), expired idempotency keys (7 days), old notes of changes."""
    async with db.engine().begin() as conn:
        await conn.execute(text("DELETE FROM idempotency_key WHERE made_at < now() - interval '7 days'"))
        await layers.sweep(conn)
        await evidence.sweep_orphans(conn)


async def main() -> None:
    """Once at start, then each minute a look at the clock."""
    logs.configure()
    wiring.subscribe()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    queues = asyncio.gather(exports.run(stop), imports.run(stop))
    while not stop.is_set():
        if clock.now().time() >= DAILY:
            try:
                await republish()
                await sweep()
            except Exception:  # the job boundary: record, try again next minute
                log.exception("job failed")
        try:
            await asyncio.wait_for(stop.wait(), 60)
        except TimeoutError:
            continue
    await queues
    await db.dispose()


if __name__ == "__main__":
    asyncio.run(main())
