"""`python -m tests.imports.fuzz COUNTY FIRST COUNT`: mutated deliveries, each the whole way to the commit and back; a line of JSON each.

A process of its own as every import has one: what hangs, crashes or grows does it here. The database is the test's (YIMA_DATABASE_URL).
"""

import asyncio
import json
import logging
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
from datetime import date
from pathlib import Path
from random import Random

from app import wiring
from app.core import db
from app.core.errors import Problem
from app.core.principal import system
from app.core.work import writing
from app.imports import changes, queries, service
from app.imports.jobs import kept, uploads
from app.imports.service import Options

from . import mutations

HANG_SECONDS = 30
_ADDRESS_SPACE = 12 << 30
_STATED = ({}, {"crs": "EPSG:4549"}, {"crs": "EPSG:4549", "encoding": "GBK"}, {"crs": "EPSG:4490", "axis_order": "per_row"})


class _Undone(Exception):
    """What was written is taken back."""


async def main(county: str, first: int, count: int) -> None:
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
    logging.getLogger("app.imports.readers").setLevel(logging.CRITICAL)
    wiring.subscribe()
    clean = {}
    for name in mutations.FORMATS:
        with tempfile.TemporaryDirectory() as folder:
            clean[name] = mutations.delivery(name, county, Path(folder))
    for seed in range(first, first + count):
        name, rng = mutations.FORMATS[seed % len(mutations.FORMATS)], Random(seed)
        how, files = mutations.mutated(name, clean[name], rng)
        out.write(json.dumps({"seed": seed, "format": name, "how": how}) + "\n")
        out.flush()
        signal.setitimer(signal.ITIMER_PROF, HANG_SECONDS)  # of the processor; its default ends the process, also within a native library
        signal.alarm(10 * HANG_SECONDS)  # nothing waits for ever either, on a machine that does other things too
        Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
        began, held = time.process_time(), _status("VmRSS")
        with tempfile.TemporaryDirectory() as folder:
            said = await outcome(county, files, Path(folder), rng)
        signal.alarm(0)
        signal.setitimer(signal.ITIMER_PROF, 0)
        said |= {"seconds": round(time.process_time() - began, 3), "more_mb": _status("VmHWM") - held}
        out.write(json.dumps(said, ensure_ascii=False) + "\n")
        out.flush()
    await db.dispose()


async def outcome(county: str, files: mutations.Files, folder: Path, rng: Random) -> dict[str, object]:
    """{ended: the refusal's code or "staged", issues}, or {fault: traceback}."""
    try:
        paths = []
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
            paths += [folder / uploads.checked_name(name)] if "/" not in name else []
        stated = Options(data_date=date(2024, 6, 30), **rng.choice(_STATED))
        issues = await _the_whole_way(county, sorted(kept.mains(paths)) or [folder / "a.gdb"], stated)
    except Problem as problem:
        fault = problem.status >= 500 and problem.code != "internal"
        return {"fault": repr(problem)} if fault or not problem.detail else {"ended": problem.code, "detail": problem.detail}
    except BaseException:
        return {"fault": traceback.format_exc()[-3000:]}
    return {"ended": "staged", "issues": issues}


async def _the_whole_way(county: str, paths: list[Path], stated: Options) -> int:
    """Read, checked, compared, written but for the commit."""
    person = system(county)
    prepared = await service.prepare(paths, kind="parcels", county_code=county, options=stated, principal=person)
    try:
        async with writing(person) as work:
            await queries.lock_imports(work.conn, county)
            plan = await service.compared(work.conn, prepared)
            prepared.job.import_id = await queries.insert_job(work.conn, prepared.report, by=person.name, uploads=[], options={})
            await changes.insert(work.conn, prepared, plan)
            await service.write(work, prepared, plan)
            await queries.insert_issues(work.conn, county, prepared.job.import_id, prepared.staged.issues)
            await work.finish()
            raise _Undone
    except _Undone:
        return len(prepared.staged.issues)


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith(name))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
