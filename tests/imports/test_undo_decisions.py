"""Undo names the decisions that were made with what an import brought: 认定, cases put on the list, corrections; not those made before it."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from app.classification import queries as decisions
from app.core import clock, db
from app.core.principal import Principal, Role
from app.core.work import Work, writing
from app.imports.corrections import queries as corrections
from app.imports.corrections import service as reviews
from app.imports.errors import UndoRefused
from app.imports.report import ImportReport
from geodata.uscc import enterprise_code

from . import makers
from .conftest import FIRST, SECOND, TestCounty
from .makers import square
from .test_apply_parcels import CASE, delivery

FIRM, OTHER = enterprise_code(1), enterprise_code(2)
CONTRACT = "3302822024B00001"
DOCUMENT = "慈自然资闲认〔2025〕3号"
Load = Callable[[TestCounty, Path], Awaitable[ImportReport]]


def someone(county: TestCounty) -> Principal:
    return Principal(id=9, name="李四", role=Role.planner, county_code=county.code, department_code="zg")


async def determine(county: TestCounty, number: int, document: str = DOCUMENT) -> int:
    """As classification.service does it, without a policy pack of the test's county."""
    async with writing(someone(county)) as work:
        parcel = await county.rows("SELECT id, land_code FROM parcel WHERE county_code = :c AND source_key = :k", k=county.key(number))
        day = clock.today()
        values = {
            "parcel_id": parcel[0].id,
            "kind": "idle",
            "document": document,
            "decided_on": day,
            "decided_by": "市局",
            "verdict_id": None,
        }
        row = await decisions.determine(work.conn, county.code, values)
        work.audited("determination.record", "parcel", parcel[0].land_code, determination=row.id, kind="idle", document=document)
    return int(row.id)


async def listed(county: TestCounty, number: int, state: str = "listed") -> None:
    """A case 入库 with a parcel."""
    async with db.engine().begin() as conn:
        for statement in CASE:
            await conn.execute(text(statement), {"c": county.code, "k": county.key(number), "b": county.towns[0]})
        await conn.execute(text("UPDATE remediation_case SET state = :s WHERE county_code = :c"), {"c": county.code, "s": state})
        sql = (
            "INSERT INTO case_event (county_code, case_id, step, to_state, actor_id, actor_name, actor_role, happened_on)"
            " SELECT county_code, id, 'list', 'listed', 1, '某人', 'officer', created_on FROM remediation_case WHERE county_code = :c"
        )
        await conn.execute(text(sql), {"c": county.code})


@pytest.fixture
async def land(county: TestCounty, tmp_path: Path) -> TestCounty:
    """Two parcels; a firm on the first, another on the second; a contract of the first."""
    await county.load(delivery(tmp_path / "a.gpkg", county, {1: square(0, 0), 2: square(200, 0)}), on=FIRST)
    await county.load(makers.xlsx(tmp_path / "e.xlsx", ["统一社会信用代码", "企业名称"], [[FIRM, "甲"], [OTHER, "乙"]]), kind="enterprises")
    rows = [[FIRM, county.key(1), "自有"], [OTHER, county.key(2), "自有"]]
    await county.load(makers.xlsx(tmp_path / "o.xlsx", ["统一社会信用代码", "宗地代码", "关系"], rows), kind="occupancy")
    await county.load(makers.xlsx(tmp_path / "c.xlsx", ["宗地代码", "电子监管号"], [[county.key(1), CONTRACT]]), kind="contracts")
    return county


def table(kind: str, header: list[str], row: Callable[[TestCounty], list[object]]) -> tuple[str, Load]:
    async def load(county: TestCounty, folder: Path) -> ImportReport:
        report = await county.load(makers.xlsx(folder / f"{kind}.xlsx", header, [row(county)]), kind=kind, on=SECOND)
        assert report.counts["applied"] == 1, kind
        return report

    return kind, load


LOADS = dict(
    (
        table("buildings", ["宗地代码", "幢号", "建筑面积(㎡)"], lambda c: [c.key(1), "1", 500]),
        table("contracts", ["宗地代码", "电子监管号", "是否动工"], lambda c: [c.key(1), CONTRACT, "否"]),
        table("supplements", ["电子监管号", "协议编号", "新约定动工日期"], lambda _c: [CONTRACT, "补1", "2024-01-01"]),
        table("standard-land", ["电子监管号", "指标", "比较", "节点", "承诺值"], lambda _c: [CONTRACT, "容积率", "≥", "竣工", 2]),
        table("indicators", ["统一社会信用代码", "年度", "税收(万元)"], lambda _c: [FIRM, 2024, 3]),
        table("grades", ["统一社会信用代码", "年度", "等级"], lambda _c: [FIRM, 2024, "D"]),
        table("enterprises", ["统一社会信用代码", "企业名称", "状态"], lambda _c: [FIRM, "甲", "停产"]),
    )
)


@pytest.mark.parametrize("kind", LOADS)
async def test_a_determination_stands_against_the_figures_it_rests_on(land: TestCounty, tmp_path: Path, kind: str) -> None:
    await determine(land, 1, "早〔2025〕1号")
    async with db.engine().begin() as conn:
        await conn.execute(text("UPDATE determination SET revoked_on = decided_on WHERE county_code = :c"), {"c": land.code})
    report = await LOADS[kind](land, tmp_path)
    await determine(land, 2, "旁〔2025〕2号")
    number = await determine(land, 1)
    with pytest.raises(UndoRefused, match=re.escape(f"认定 {DOCUMENT} (宗地 {land.key(1)})")) as refused:
        await land.undo(report.import_id)
    assert refused.value.extra["obstacles"] == 1, refused.value.detail
    async with db.engine().begin() as conn:
        await conn.execute(text("UPDATE determination SET revoked_on = decided_on WHERE id = :i"), {"i": number})
    await land.undo(report.import_id)


@pytest.mark.parametrize("kind", ["indicators", "contracts"])
async def test_a_case_put_on_the_list_stands_against_them(land: TestCounty, tmp_path: Path, kind: str) -> None:
    report = await LOADS[kind](land, tmp_path)
    await listed(land, 1)
    with pytest.raises(UndoRefused, match="整治项目 A1"):
        await land.undo(report.import_id)
    async with db.engine().begin() as conn:
        await conn.execute(text("UPDATE remediation_case SET state = 'dismissed' WHERE county_code = :c"), {"c": land.code})
    await land.undo(report.import_id)


async def test_what_was_decided_before_does_not(land: TestCounty, tmp_path: Path) -> None:
    await determine(land, 1)
    await listed(land, 1)
    for kind, load in LOADS.items():
        report = await load(land, tmp_path)
        assert await land.undo(report.import_id), kind


async def test_a_determination_stands_against_the_shape_it_rests_on(county: TestCounty, tmp_path: Path) -> None:
    await county.load(delivery(tmp_path / "a.gpkg", county, {1: square(0, 0), 2: square(200, 0)}))
    await determine(county, 1, "早〔2025〕1号")
    async with db.engine().begin() as conn:
        await conn.execute(text("UPDATE determination SET revoked_on = decided_on WHERE county_code = :c"), {"c": county.code})
    second = await county.load(delivery(tmp_path / "b.gpkg", county, {1: square(0, 0, 150), 2: square(200, 0)}), on=SECOND)
    number = await determine(county, 1)
    with pytest.raises(UndoRefused, match=re.escape(f"认定 {DOCUMENT} (宗地 {county.key(1)})")) as refused:
        await county.undo(second.import_id)
    assert refused.value.extra["obstacles"] == 1
    async with db.engine().begin() as conn:
        await conn.execute(text("UPDATE determination SET revoked_on = decided_on WHERE id = :i"), {"i": number})
    await county.undo(second.import_id)


async def test_a_correction_since_is_called_one(county: TestCounty, tmp_path: Path) -> None:
    report = await county.load(delivery(tmp_path / "a.gpkg", county, {1: square(0, 0)}, 宗地名称="旧"))
    header = ["地块码", "更正项", "原值", "更正值", "理由"]
    await county.load(makers.xlsx(tmp_path / "c.xlsx", header, [[county.key(1), "宗地名称", "旧", "新", "笔误"]]), kind="corrections")
    work: Work
    async with writing(someone(county)) as work:
        one = (await corrections.listed(work.conn, county.code, before=None, limit=1))[0]
        await reviews.decide(work, one["id"], one["version"], approve=True)
    with pytest.raises(UndoRefused, match=re.escape(f"更正 (宗地 {county.key(1)})")):
        await county.undo(report.import_id)
