"""Mutated files of every format end with a named refusal or issues: no crash, no hang, no unbounded memory."""

import json
import logging
import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import pyogrio
import pytest

from app.core import db
from app.core.db import as_json
from app.core.errors import Problem
from app.imports import register
from app.imports.kinds import kind_of
from app.imports.readers import ReadOptions
from app.imports.stage import stage
from tests.conftest import ROOT

from . import fuzz, makers, mutations
from .conftest import SECOND, TestCounty

log = logging.getLogger(__name__)
FILES, MOST_MB = 60, 512
"""Files in the suite, and the memory that one of a few kB may take."""


@pytest.mark.parametrize("count", [FILES, pytest.param(2400, marks=pytest.mark.bench)])
def test_mutated_files_end_with_a_named_refusal_or_issues(county: TestCounty, count: int) -> None:
    told, wrong, seed = [], [], 0
    while seed < count:
        argv = [sys.executable, "-m", "tests.imports.fuzz", county.code, str(seed), str(min(200, count - seed))]
        done = subprocess.run(
            argv, cwd=ROOT, capture_output=True, encoding="utf-8", errors="replace", check=False
        )  # a library repeats what a file says
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        pairs = list(zip(lines[::2], lines[1::2], strict=False))
        told += [begun | end for begun, end in pairs]
        seed += len(pairs)
        if done.returncode or len(lines) % 2:
            assert lines, done.stderr[-3000:]
            wrong.append(f"{lines[-1]}: ended by {done.returncode}, {done.stderr[-500:]}")
            seed += 1
    wrong += [f"{one}" for one in told if "fault" in one or one["seconds"] > fuzz.HANG_SECONDS or one["more_mb"] > MOST_MB]
    ended = Counter(f"{one['format']} {one.get('ended')}" for one in told)
    log.info("%s; at most %s s, %s MB more", ended, max(one["seconds"] for one in told), max(one["more_mb"] for one in told))
    assert not wrong, "\n".join(wrong[:20])
    assert {one["format"] for one in told} == set(mutations.FORMATS)
    assert {"staged", "file_unreadable"} <= {one["ended"] for one in told}


@pytest.mark.parametrize("suffix", [".shp", ".gpkg", ".txt", ".csv", ".xlsx", ".parquet", ".dxf", ".zip", ".gdb", ".fgb"])
def test_a_file_under_another_name_ends_with_a_named_refusal_or_issues(tmp_path: Path, suffix: str) -> None:
    for name in ("gpkg", "geojson", "xlsx", "txt"):
        if suffix == f".{name}":
            continue
        (content,) = mutations.delivery(name, "330282", tmp_path).values()
        (tmp_path / f"a.{name}").unlink()
        renamed = tmp_path / f"b{suffix}"
        renamed.write_bytes(content)
        try:
            staged = stage([renamed], kind_of("parcels"), options=ReadOptions(), data_on=date(2025, 6, 30))
        except Problem:
            pass
        else:
            assert len(staged), f"{name} as {suffix}: a file of which nothing is understood is no empty delivery"
        renamed.unlink()


@pytest.mark.parametrize("suffix", ["gpkg", "shp", "fgb"])
async def test_a_delivery_of_no_rows_is_one_of_no_rows(county: TestCounty, tmp_path: Path, suffix: str) -> None:
    await county.load(makers.gpkg(tmp_path / "full.gpkg", [{"宗地代码": county.key(1)}], [makers.square(0, 0)]))
    empty = tmp_path / f"empty.{suffix}"
    pyogrio.write_dataframe(makers.frame([{"宗地代码": county.key(1)}], [makers.square(0, 0)])[:0], empty, geometry_type="Polygon")
    report = await county.load(empty, on=SECOND, crs="EPSG:4549")
    assert (report.counts["rows"], report.counts["applied"], report.counts["vanished"]) == (0, 0, 0)
    assert await county.value("SELECT count(*) FROM parcel_version WHERE county_code = :c AND is_current") == 1


async def test_a_delivery_of_no_rows_has_no_neighbours(county: TestCounty) -> None:
    async with db.reading() as conn:
        assert (await register.neighbours(conn, county.code, np.full(4, np.nan), towns=(), keys=()))[0] == []


@pytest.mark.parametrize(
    ("said", "kept"), [("权\x00\x00质", "权\ufffd\ufffd质"), ("a\\u0000", "a\\u0000"), ("\\\x00", "\\\ufffd"), ("\ud800x", "?x")]
)
def test_what_a_file_says_can_be_stored(said: str, kept: str) -> None:
    assert json.loads(as_json({said: said})) == {kept: kept}
