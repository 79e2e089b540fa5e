"""A clean delivery gives no issue; one random defect planted in it gives exactly its issue, and nothing else."""

import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest

from app.imports.checks.catalogue import CATALOGUE
from app.imports.readers import ReadOptions, read
from app.imports.report import ImportReport

from . import makers, planting_parcels, planting_tables, planting_texts
from .conftest import FIRST, SECOND, TestCounty, stored
from .test_corrections import decide, listed, propose

TIMES = 2
"""Per code and run; 500 per code under the marker `bench`."""
COUNTS = [TIMES, pytest.param(500, marks=pytest.mark.bench)]
GONE, BESIDE, VANISHED, LET = 902, 901, 903, range(1, 7)


@dataclass
class Tally:
    """What was planted and not told so, by code; `-rP` shows the counts of a test that passed."""

    planted: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def count(self, code: str, what: str, expected: object, found: object) -> None:
        self.planted[code] += 1
        if found != expected:
            self.wrong.append(f"{code} {what}: planted {expected}, told {found}")

    def close(self) -> None:
        missed = Counter(line.split()[0] for line in self.wrong)
        for code, times in self.planted.items():
            sys.stdout.write(f"{code}: {times} planted, {missed[code]} told otherwise\n")
        assert not self.wrong, "\n".join(self.wrong)


def told(report: ImportReport) -> list[tuple[int, str]]:
    return [(i.row, i.code) for i in report.issues]


async def parcels(county: TestCounty, path: Path, ground: planting_parcels.Ground) -> ImportReport:
    shapes = [None if shape is None else stored(shape) for shape in ground.shapes]
    return await county.load(
        makers.geojson(path, list(zip(ground.rows, shapes, strict=True))), on=SECOND, crs="EPSG:4490", covers="all", dry_run=True
    )


async def table(county: TestCounty, path: Path, made: planting_tables.Table, *, dry_run: bool = True) -> ImportReport:
    header = list(planting_tables.HEADERS[made.kind])
    return await county.load(makers.xlsx(path, header, made.cells()), kind=made.kind, on=SECOND, dry_run=dry_run)


@pytest.fixture
async def land(county: TestCounty, tmp_path: Path) -> TestCounty:
    """The block, a parcel in 乙镇, one of 甲镇 that will vanish."""
    await county.load(
        makers.gpkg(tmp_path / "block.gpkg", [{"区块编号": "Q1", "责任主体": "甲镇"}], [planting_parcels.BLOCK]), kind="blocks"
    )
    ground = planting_parcels.Ground(county.code)
    ground.add(planting_parcels.BESIDE, county.key(BESIDE), 乡镇代码=county.towns[1], 责任主体="乙镇")
    ground.add(planting_parcels.VANISHED, county.key(VANISHED))
    path = makers.gpkg(tmp_path / "register.gpkg", ground.rows, ground.shapes)
    assert told(await county.load(path, on=FIRST)) == []
    return county


@pytest.fixture
async def firms(county: TestCounty, tmp_path: Path) -> TestCounty:
    """Parcels, one of them vanished, enterprises and contracts."""
    for day, numbers in ((FIRST, (*LET, GONE)), (SECOND, LET)):
        ground = planting_parcels.Ground(county.code)
        for n in numbers:
            ground.add(makers.square(200 * (n % 100), n), county.key(n))
        assert told(await county.load(makers.gpkg(tmp_path / f"{day}.gpkg", ground.rows, ground.shapes), on=day, covers="all")) == []
    for kind in ("enterprises", "contracts"):
        assert told(await table(county, tmp_path / f"{kind}.xlsx", clean_table(county, kind), dry_run=False)) == []
    return county


def clean_table(county: TestCounty, kind: str) -> planting_tables.Table:
    return planting_tables.clean(kind, [county.key(n) for n in LET], county.key(GONE))


def test_every_code_can_be_planted() -> None:
    tables = set(planting_parcels.PLANTS) | set(planting_tables.PLANTS)
    elsewhere = {
        "zone_not_area",
        "formula_uncomputed",
        "version_later",
    }  # of planning, of a workbook's own formulas, of the register: their own tests plant them
    assert tables | set(planting_texts.PLANTS) | {"axes_swapped"} | set(CORRECTED) | elsewhere == set(CATALOGUE)


@pytest.mark.parametrize("times", COUNTS)
async def test_one_defect_of_a_parcel_is_told_and_nothing_else(land: TestCounty, tmp_path: Path, times: int) -> None:
    assert told(await parcels(land, tmp_path / "clean.geojson", planting_parcels.clean(land.code))) == []
    tally = Tally()
    for code, plant in planting_parcels.PLANTS.items():
        for seed in range(times):
            ground = planting_parcels.clean(land.code)
            expected = plant(ground, Random(f"{code} {seed}"))
            found = told(await parcels(land, tmp_path / "planted.geojson", ground))
            tally.count(code, f"{seed}", [expected], found)
    tally.close()


@pytest.mark.parametrize("times", COUNTS)
async def test_one_defect_of_a_table_is_told_and_nothing_else(firms: TestCounty, tmp_path: Path, times: int) -> None:
    for kind in planting_tables.HEADERS:
        assert told(await table(firms, tmp_path / "clean.xlsx", clean_table(firms, kind))) == [], kind
    tally = Tally()
    for code, plants in planting_tables.PLANTS.items():
        for seed in range(times):
            kind, plant = plants[seed % len(plants)]
            made = clean_table(firms, kind)
            expected = plant(made, Random(f"{code} {seed}"))
            found = told(await table(firms, tmp_path / "planted.xlsx", made))
            tally.count(code, f"{kind} {seed}", [expected], found)
    tally.close()


@pytest.mark.parametrize("times", COUNTS)
async def test_one_defect_of_a_survey_text_is_told_and_nothing_else(county: TestCounty, tmp_path: Path, times: int) -> None:
    async def found(text: planting_texts.Text) -> list[tuple[int, str]]:
        (path := tmp_path / "地块.txt").write_bytes(text.content())
        return told(await county.load(path, on=SECOND, dry_run=True))

    clean, tally = await found(planting_texts.clean(county.code)), Tally()
    assert {code for _, code in clean} == {"area_registered_missing"}, "a survey text says no 证载面积"
    for code, plant in planting_texts.PLANTS.items():
        for seed in range(times):
            text = planting_texts.clean(county.code)
            expected = plant(text, Random(f"{code} {seed}"))
            tally.count(code, f"{seed}", Counter([expected]), Counter(await found(text)) - Counter(clean))
    tally.close()


@pytest.mark.parametrize("times", COUNTS)
async def test_one_turned_pair_of_a_table_is_told_and_nothing_else(county: TestCounty, tmp_path: Path, times: int) -> None:
    tally = Tally()
    for seed in range(times):
        rows = planting_texts.points(county.code)
        expected = planting_texts.turned(rows, Random(seed))
        lines = ["宗地代码,经度,纬度", *(",".join(map(str, row)) for row in rows)]
        (path := tmp_path / "点.csv").write_text("\n".join(lines), encoding="utf-8")
        found = [(i.row, i.code) for d in read(path, ReadOptions(crs="EPSG:4490")) for i in d.issues]
        tally.count("axes_swapped", f"{seed}", [expected], found)
    tally.close()


CORRECTED = {"correction_applied": "旧{}", "correction_stale": "另{}"}
"""Code → the name that a delivery brings of a parcel whose name was corrected from 旧 to 新."""


@pytest.mark.parametrize("times", COUNTS)
async def test_one_delivery_against_a_correction_is_told_and_nothing_else(county: TestCounty, tmp_path: Path, times: int) -> None:
    def ground(name: str) -> planting_parcels.Ground:
        made = planting_parcels.clean(county.code)
        for number, row in enumerate(made.rows):
            row["宗地名称"] = name.format(number)
        return made

    old = ground("旧{}")
    assert told(await county.load(makers.gpkg(tmp_path / "old.gpkg", old.rows, old.shapes), on=FIRST)) == []
    for number, row in enumerate(old.rows):
        await propose(county, tmp_path, ["宗地名称", f"旧{number}", f"新{number}"], key=row["宗地代码"])
    for one in await listed(county):
        await decide(county, one)
    assert told(await parcels(county, tmp_path / "clean.geojson", ground("新{}"))) == []
    tally = Tally()
    for code, name in CORRECTED.items():
        for seed in range(times):
            made = ground("新{}")
            index = Random(f"{code} {seed}").randrange(len(made.rows))
            made.rows[index]["宗地名称"] = name.format(index)
            found = told(await parcels(county, tmp_path / "planted.geojson", made))
            tally.count(code, f"{seed}", [(index + 1, code)], found)
    tally.close()
