"""A disk that is full is told by its name and leaves nothing behind; skipped where this process may not mount a small one."""

import asyncio
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from app.core.queue import one
from app.imports.jobs import kept, worker
from app.settings import settings

from . import makers
from .conftest import TestCounty
from .over_http import hand_in, look, parcels, step, worked


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """One MB in place of the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "yima-test", folder], capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a small disk")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def large(folder: Path) -> Path:
    path = folder / "a.csv"
    path.write_text("统一社会信用代码,年度,等级\n" + "91330282MA2AAAAA1X,2024,A\n" * 60_000, encoding="utf-8")
    return path


async def test_an_upload_to_a_full_disk_is_refused_by_name(planner: httpx.AsyncClient, county: TestCounty, tmp_path: Path) -> None:
    with small_disk(kept.folder()):
        said = await hand_in(planner, large(tmp_path), kind="grades")
        assert (said.status_code, said.json()["code"]) == (507, "storage_full"), said.text
        assert not [f for f in kept.folder().rglob("*") if f.is_file()]
        assert await county.value("SELECT count(*) FROM import_job WHERE county_code = :c") == 0
        assert (await hand_in(planner, parcels(tmp_path / "b.gpkg", county, range(1)))).status_code == 201, "what fits is taken"
    assert (await hand_in(planner, large(tmp_path), kind="grades")).status_code == 201
    await worked()


async def test_an_archive_that_finds_no_room_is_no_damaged_archive(planner: httpx.AsyncClient, county: TestCounty, tmp_path: Path) -> None:
    (archive := tmp_path / "a.zip").write_bytes(makers.zipped(large(tmp_path)))
    job = (await hand_in(planner, archive, kind="grades")).json()
    with small_disk(settings().state_dir.resolve() / "unpacked"):
        await one(worker.QUEUE, await worker.claim())
    said = await look(planner, job)
    assert (said["state"], said["problem"]["code"]) == ("refused", "storage_full"), said
    assert (await step(planner, said, "decisions")).status_code == 200
    await one(worker.QUEUE, await worker.claim())
    assert (await look(planner, job))["state"] == "staged"


async def test_what_a_killed_worker_had_unpacked_is_cleared(tmp_path: Path) -> None:
    with kept.workplace() as folder:
        gone = await asyncio.create_subprocess_exec("true")
        await gone.wait()
        left = folder.parent / f"{gone.pid}-left"
        left.mkdir()
        (left / "large.csv").write_bytes(b"x")
        await worker.sweep()
        assert (left.exists(), folder.exists()) == (False, True)
    assert not folder.exists()
