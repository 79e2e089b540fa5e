"""The data date of a delivery, or of a row, never lies ahead of the business day (2025-09-30 here)."""

from datetime import date
from pathlib import Path

import httpx
import pytest

from app.imports.errors import DataDateFuture
from geodata.uscc import enterprise_code

from . import makers
from .conftest import TestCounty
from .over_http import hand_in, look, parcels, staged, step

TODAY, TOMORROW = date(2025, 9, 30), date(2025, 10, 1)


async def test_a_delivery_of_tomorrow_is_refused_by_name(county: TestCounty, tmp_path: Path) -> None:
    file = parcels(tmp_path / "宗地.gpkg", county, range(1, 3))
    for dry_run in (True, False):
        with pytest.raises(DataDateFuture) as refused:
            await county.load(file, on=TOMORROW, dry_run=dry_run)
        assert refused.value.code == "data_date_future"
        assert "2025-10-01" in (refused.value.detail or "")
    assert await county.value("SELECT count(*) FROM import_job WHERE county_code = :c") == 0
    assert (await county.load(file, on=TODAY)).counts["new"] == 2


async def test_over_http_neither_handed_in_nor_decided(planner: httpx.AsyncClient, county: TestCounty, tmp_path: Path) -> None:
    file = parcels(tmp_path / "宗地.gpkg", county, range(1, 3))
    refused = await hand_in(planner, file, data_date=TOMORROW.isoformat())
    assert (refused.status_code, refused.json()["code"], refused.json()["pointer"]) == (422, "data_date_future", "/data_date")
    job = await staged(planner, file, data_date=TODAY.isoformat())
    refused = await step(planner, job, "decisions", {"data_date": TOMORROW.isoformat()})
    assert (refused.status_code, refused.json()["code"]) == (422, "data_date_future")
    assert await look(planner, job) == job


async def test_a_row_of_tomorrow_has_no_data_date(county: TestCounty, tmp_path: Path) -> None:
    header = ["统一社会信用代码", "企业名称", "数据日期"]
    rows = [[enterprise_code(n), f"第{n}厂", day] for n, day in enumerate((TODAY, TOMORROW))]
    report = await county.load(makers.xlsx(tmp_path / "企业.xlsx", header, rows), kind="enterprises", on=TODAY)
    assert [(i.row, i.code, i.field, i.value) for i in report.issues] == [(2, "date_in_future", "数据日期", "2025-10-01")]
    found = await county.rows("SELECT data_on FROM enterprise WHERE county_code = :c ORDER BY name")
    assert [row.data_on for row in found] == [TODAY, None]
