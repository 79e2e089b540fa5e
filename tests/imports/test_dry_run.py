"""The command line's dry run tells which rows applying would change, and writes nothing; its lists tell the time of here."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.core import clock
from app.core.principal import system
from app.imports import by_hand
from app.imports.report import ImportReport
from geodata.uscc import enterprise_code

from . import makers
from .conftest import FIRST, SECOND, TestCounty
from .makers import square


async def dry(county: TestCounty, file: Path, kind: str, **said: Any) -> ImportReport:
    return await by_hand.import_files([file], kind, system(county.code), {"data_date": SECOND, **said}, dry_run=True)


def delivery(path: Path, county: TestCounty, parcels: dict[int, float], area: float = 8000) -> Path:
    """Parcels by number, each so many metres to the right."""
    rows = [{"宗地代码": county.key(n), "乡镇代码": county.towns[0], "证载面积": area if n == 2 else 8000} for n in parcels]
    return makers.gpkg(path, rows, [square(x, 0) for x in parcels.values()])


async def state(county: TestCounty) -> list[Any]:
    tables = ("import_job", "import_row", "import_change", "parcel_version", "enterprise")
    return [await county.value(f"SELECT count(*) FROM {table} WHERE county_code = :c") for table in tables]


async def test_parcels_that_would_change_are_told(county: TestCounty, tmp_path: Path) -> None:
    await county.load(delivery(tmp_path / "一.gpkg", county, {n: 200.0 * n for n in range(1, 9)}), on=FIRST)
    before = await state(county)
    later = {1: 200.0, 2: 400.0, 3: 603.0, **{n: 200.0 * n for n in range(11, 18)}}
    report = await dry(county, delivery(tmp_path / "二.gpkg", county, later, area=7990), "parcels", covers="all")
    assert await state(county) == before
    text = report.as_text()
    key = county.key
    assert "  比对 新增 ×7\n" in text
    assert f"    {key(15)}  二.gpkg 第8行\n    …… 另有 2 条" in text
    assert f"  比对 属性变化 ×1\n    {key(2)}  二.gpkg 第2行  证载面积 8000.00 → 7990.00\n" in text
    assert f"  比对 图形变化 ×1\n    {key(3)}  二.gpkg 第3行  图形变化\n" in text
    assert f"  比对 灭失 ×5\n    {key(4)}\n" in text
    assert key(16) not in text
    told = json.loads(json.dumps(report.as_dict(), default=str))["differences"]
    assert len(told) == 14
    assert {"row_id": "r1", "class": "attribute", "key": key(2), "file": "二.gpkg", "row": 2,
            "changes": [{"field": "area_registered_m2", "label": "证载面积", "old": "8000.00", "new": "7990.00"}]} in told  # fmt: skip


async def test_rows_of_another_kind_that_would_change_are_told(county: TestCounty, tmp_path: Path) -> None:
    def book(name: str, *names: str) -> Path:
        header = ["统一社会信用代码", "企业名称"]
        return makers.xlsx(tmp_path / name, header, [[enterprise_code(n), firm] for n, firm in enumerate(names)])

    await county.load(book("一.xlsx", "甲厂", "乙厂"), kind="enterprises", on=FIRST)
    before = await state(county)
    report = await dry(county, book("二.xlsx", "甲厂", "乙公司", "丙厂"), "enterprises")
    assert await state(county) == before
    assert (report.import_id, report.counts["new"], report.counts["attribute"], report.counts["same"]) == (None, 1, 1, 1)
    assert f"  比对 属性变化 ×1\n    {enterprise_code(1)}  二.xlsx 第2行  企业名称 乙厂 → 乙公司\n" in report.as_text() + "\n"
    assert f"  比对 新增 ×1\n    {enterprise_code(2)}  二.xlsx 第3行" in report.as_text()


async def test_what_was_applied_is_not_listed_again(county: TestCounty, tmp_path: Path) -> None:
    report = await county.load(delivery(tmp_path / "一.gpkg", county, {1: 0.0}), on=FIRST)
    assert "比对" not in report.as_text()
    assert "differences" not in report.as_dict()


async def test_lists_tell_the_time_of_here(county: TestCounty, tmp_path: Path) -> None:
    await county.load(delivery(tmp_path / "一.gpkg", county, {1: 0.0}), on=FIRST)
    (said,) = await by_hand.newest(system(county.code), None, 5)
    here = said["applied_at"].astimezone(clock.SHANGHAI)
    assert f"\t{here:%Y-%m-%d %H:%M}\t" in by_hand.line(said)
    assert clock.told(datetime(2025, 9, 30, 17, 5, tzinfo=UTC)) == "2025-10-01 01:05"
