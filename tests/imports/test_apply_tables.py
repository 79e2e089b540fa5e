"""Table kinds into the register: references, upserts, lists with their negative evidence, planning layers, openings."""

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from shapely.geometry import LineString, Point

from app.imports.errors import OptionMissing

from . import makers
from .conftest import FIRST, SECOND, TestCounty
from .makers import square

A, B = "91330100799655058B", "9144030071526726XG"


@pytest.fixture
async def land(county: TestCounty, tmp_path: Path) -> TestCounty:
    """One parcel, two enterprises."""
    await county.load(makers.gpkg(tmp_path / "p.gpkg", [{"宗地代码": county.key(1), "证载面积": 8000}], [square(0, 0)]))
    header = ["统一社会信用代码", "企业名称", "曾用名", "行业代码", "规模", "状态", "数据日期"]
    rows = [
        [A, "甲厂", "老甲厂;旧甲厂", "C3857", "规上", "存续", dt.date(2025, 1, 1)],
        [B + "\t", "乙厂", None, "3857", "规下", "注销", "2025年1月1日"],
    ]
    await county.load(makers.xlsx(tmp_path / "e.xlsx", header, rows), kind="enterprises")
    return county


async def put(county: TestCounty, path: Path, kind: str, header: list[str], rows: list[list[Any]], **options: Any) -> dict[str, int]:
    report = await county.load(makers.xlsx(path / f"{kind}.xlsx", header, rows), kind=kind, **options)
    return report.issue_counts


async def test_enterprises_keep_their_names_over_time(land: TestCounty, tmp_path: Path) -> None:
    rows = await land.rows("SELECT uscc, industry_code, scale, status FROM enterprise WHERE county_code = :c ORDER BY name")
    assert [tuple(r) for r in rows] == [(B, "3857", "below_scale", "cancelled"), (A, "3857", "above_scale", "active")]
    assert await land.value("SELECT count(*) FROM enterprise_name WHERE county_code = :c") == 4
    await put(land, tmp_path, "enterprises", ["统一社会信用代码", "企业名称", "数据日期"], [[A, "旧名", "2020-01-01"]])
    assert await land.value("SELECT name FROM enterprise WHERE county_code = :c AND uscc = :u", u=A) == "甲厂"


async def test_indicators_are_one_row_a_year_and_unknown_is_not_zero(land: TestCounty, tmp_path: Path) -> None:
    header = ["统一社会信用代码", "年度", "税收(元)", "从业人员(人)", "数据日期"]
    rows = [
        [A, "2024年度", 1_234_567.8, "—", "2025-07-31"],
        [A, 2024, 5, 5, "2025-07-31"],
        ["914403001922038216", 2024, 1, 1, None],
        [A, None, 1, 1, None],
        ["x", 2024, 1, 1, None],
    ]
    assert await put(land, tmp_path, "indicators", header, rows) == {
        "duplicate_key": 1,
        "key_missing": 1,
        "reference_unknown": 1,
        "uscc_invalid": 1,
    }
    row = (await land.rows("SELECT year, tax_wan, staff, revenue_wan FROM enterprise_indicator WHERE county_code = :c"))[0]
    assert tuple(row) == (2024, Decimal("123.4568"), None, None)


async def test_occupancy_is_replaced_not_doubled(land: TestCounty, tmp_path: Path) -> None:
    header = ["统一社会信用代码", "宗地代码", "关系", "面积(亩)", "对方统一社会信用代码", "起始日期"]
    rows = [
        [A, land.key(1), "自有", 12, None, None],
        [A, land.key(1), "出租", 3, B, "2020-07-01"],
        [B, land.key(1), "承租", 3, A, "2020-07-01"],
    ]
    for _ in range(2):
        assert await put(land, tmp_path, "occupancy", header, rows) == {}
    found = await land.rows("SELECT relation, area_m2, counterparty_uscc FROM occupancy WHERE county_code = :c ORDER BY relation")
    assert [tuple(r) for r in found] == [
        ("own", Decimal("8000.00"), None),
        ("rent_in", Decimal("2000.00"), A),
        ("rent_out", Decimal("2000.00"), B),
    ]


async def test_contracts_supplements_and_standard_land_hang_together(land: TestCounty, tmp_path: Path) -> None:
    header = [
        "宗地代码",
        "电子监管号",
        "供应方式",
        "签订日期",
        "约定动工日期",
        "约定竣工日期",
        "是否动工",
        "是否中止",
        "未开工原因",
        "总投资(亿元)",
    ]
    rows = [[land.key(1), "3302822024B00011", "标准地出让", "2024-01-01", "2024-06-01", "2026-06-01", "否", None, "政府原因", 1.2],
            [land.key(1), "3302822024B00022", "挂牌出让", "2024-01-01", "2023-06-01", None, "是", "否", "天气", 1],
            [land.key(9), "3302822024B00033", "挂牌出让", None, None, None, None, None, None, None]]  # fmt: skip
    assert await put(land, tmp_path, "contracts", header, rows) == {
        "contract_dates_out_of_order": 1,
        "reference_unknown": 1,
        "value_unknown": 1,
    }
    row = (
        await land.rows(
            "SELECT supply_mode, started, is_suspended, cause, total_investment_wan FROM supply_contract WHERE county_code = :c ORDER BY electronic_no"
        )
    )[0]
    assert tuple(row) == ("standard_land", False, None, "government", Decimal(12000))
    header = ["电子监管号", "协议编号", "签订日期", "新约定动工日期"]
    assert await put(
        land, tmp_path, "supplements", header, [["3302822024B00011", "补1", "2024-05-01", "2024-12-01"], ["nowhere", "补1", None, None]]
    ) == {"reference_unknown": 1}
    header = ["电子监管号", "指标", "单位", "比较", "承诺值", "节点", "到期日", "实际值"]
    rows = [
        ["3302822024B00011", "容积率", "", "≥", 2.0, "竣工", "2026-06-30", None],
        ["3302822024B00011", "亩均税收", "万元/亩", ">=", 30, "达产", "2029-06-30", 31],
    ]
    assert await put(land, tmp_path, "standard-land", header, rows) == {}
    assert await land.value("SELECT count(*) FROM standard_land_indicator WHERE county_code = :c AND comparator = '>='") == 2


async def test_buildings_and_grades(land: TestCounty, tmp_path: Path) -> None:
    header = ["宗地代码", "幢号", "层数", "建筑面积(㎡)", "计容面积(㎡)", "空置面积(㎡)"]
    assert await put(
        land, tmp_path, "buildings", header, [[land.key(1), "1幢", "三层半", 900, None, 0], [land.key(1), "1幢", 3, 900, 900, 0]]
    ) == {"duplicate_key": 1, "number_invalid": 1}
    row = (
        await land.rows("SELECT storeys, gross_floor_area_m2, far_floor_area_m2, vacant_floor_area_m2 FROM building WHERE county_code = :c")
    )[0]
    assert tuple(row) == (None, Decimal(900), None, Decimal(0))
    header = ["统一社会信用代码", "评价年度", "评价群体", "等级", "公布日期"]
    assert await put(land, tmp_path, "grades", header, [[A, 2024, "规上", "D类", "2025-08-08"], [B, 2024, "租赁", "E", None]]) == {
        "value_unknown": 1
    }
    assert [tuple(r) for r in await land.rows("SELECT grade, population FROM enterprise_grade WHERE county_code = :c")] == [
        ("D", "above_scale")
    ]


async def test_a_list_is_whole_and_an_empty_one_is_evidence_too(land: TestCounty, tmp_path: Path) -> None:
    header = ["清单", "统一社会信用代码", "列入日期", "依据文号", "退出日期"]
    await put(land, tmp_path, "lists", header, [["散乱污", A, "2024-01-01", "文1", None], ["散乱污", B, "2024-01-01", "文1", None]])
    await put(land, tmp_path, "lists", header, [["散乱污", B, "2024-01-01", "文1", None]], on=SECOND)
    members = (
        "SELECT e.uscc, m.exit_on FROM list_membership m JOIN enterprise e ON e.id = m.enterprise_id WHERE m.county_code = :c ORDER BY 1"
    )
    assert [tuple(r) for r in await land.rows(members)] == [(A, SECOND), (B, None)]
    await put(land, tmp_path, "lists", header, [], on=SECOND, layer="落后产能")
    checks = "SELECT list_kind, data_on FROM list_check WHERE county_code = :c ORDER BY list_kind, data_on"
    assert [tuple(r) for r in await land.rows(checks)] == [
        ("obsolete_capacity", SECOND),
        ("scattered_disordered_polluting", FIRST),
        ("scattered_disordered_polluting", SECOND),
    ]
    with pytest.raises(OptionMissing):
        await put(land, tmp_path, "lists", header, [], on=SECOND)


async def test_planning_versions_follow_each_other(land: TestCounty, tmp_path: Path) -> None:
    rows = [{"编号": "K1", "名称": "线一", "级别": "一级", "版本": "2021版", "批准日期": "2021-12-28"}]
    await land.load(makers.gpkg(tmp_path / "k1.gpkg", rows, [square(0, 0, 500, 500)]), kind="control-lines")
    await land.load(
        makers.gpkg(tmp_path / "k2.gpkg", [{**rows[0], "版本": "2025版", "批准日期": "2025-01-01"}], [square(0, 0, 50, 500)]),
        kind="control-lines",
    )
    layers = await land.rows("SELECT version, valid_from, valid_to FROM planning_layer WHERE county_code = :c ORDER BY valid_from")
    assert [tuple(r) for r in layers] == [("2021版", dt.date(2021, 12, 28), dt.date(2025, 1, 1)), ("2025版", dt.date(2025, 1, 1), None)]
    with pytest.raises(OptionMissing):
        await land.load(makers.gpkg(tmp_path / "k3.gpkg", rows, [square(0, 0)]), kind="planning")
    report = await land.load(makers.gpkg(tmp_path / "k4.gpkg", rows, [square(0, 0)]), kind="planning", family="permanent_basic_farmland")
    assert report.counts["layers"] == 1


async def test_lines_and_points_are_stored_without_an_area(land: TestCounty, tmp_path: Path) -> None:
    row = {"版本": "2025版", "批准日期": "2025-01-01"}
    corners = list(square(0, 0, 500, 500).exterior.coords)
    shapes = [LineString(corners), LineString(corners[:4]), Point(corners[0]), LineString([corners[0], corners[0]])]
    rows = [{"编号": f"K{n}", **row} for n in range(1, 5)]
    report = await land.load(makers.gpkg(tmp_path / "k.gpkg", rows, shapes), kind="control-lines")
    told = [(i.row, i.code, i.value) for i in report.issues]
    assert told == [
        (2, "zone_not_area", "线,长 1500.00 米,首尾相距 500.000 米"),
        (3, "zone_not_area", "1 个点"),
        (4, "geometry_unusable", "线没有长度"),
    ]
    assert (report.counts["applied"], report.counts["lines"]) == (3, 2)
    zones = "SELECT code, GeometryType(geom), area_planar_m2 FROM planning_zone WHERE county_code = :c ORDER BY code"
    stored = [("K1", "MULTIPOLYGON", Decimal(250_000)), ("K2", "MULTILINESTRING", None), ("K3", "MULTIPOINT", None)]
    assert [tuple(r) for r in await land.rows(zones)] == stored
    await land.load(makers.gpkg(tmp_path / "l.gpkg", rows[:1], shapes[1:2]), kind="control-lines")
    assert [tuple(r) for r in await land.rows(zones)] == [("K1", "MULTILINESTRING", None)]


async def test_towns_and_blocks_are_kept_by_code(land: TestCounty, tmp_path: Path) -> None:
    rows = [
        {"行政区代码": land.towns[0], "名称": "甲镇"},
        {"行政区代码": f"{land.code}103", "名称": "丙镇"},
        {"行政区代码": "110101001", "名称": "东华门"},
    ]
    report = await land.load(
        makers.gpkg(tmp_path / "t.gpkg", rows, [square(-1000, -1000, 3000, 3000), square(2000, 2000), square(4000, 0)]), kind="towns"
    )
    assert report.issue_counts == {"value_unknown": 1}
    assert await land.value("SELECT count(*) FROM town WHERE county_code = :c AND geom IS NOT NULL") == 3
    assert await land.value("SELECT kind FROM responsible_body WHERE county_code = :c AND name = '丙镇'") == "town"
    rows = [{"区块编号": "Q1", "名称": "区块一", "责任主体": "经济开发区"}, {"区块编号": "Q2", "名称": "区块二", "责任主体": "无此镇"}]
    path = makers.shapefile(tmp_path / "b.shp", rows, [square(0, 0), square(200, 0)])
    for _ in range(2):
        assert (await land.load(path, kind="blocks")).issue_counts == {"value_unknown": 1}
    found = await land.rows("SELECT code, responsible_body, area_planar_m2 FROM block WHERE county_code = :c ORDER BY code")
    assert [tuple(r) for r in found] == [("Q1", f"{land.code}402", Decimal(8000)), ("Q2", None, Decimal(8000))]


async def test_opening_rows_are_posted_once(land: TestCounty, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.ledger import openings
    from app.policy import pack_for

    monkeypatch.setattr(openings, "pack_for", lambda _county, on: pack_for("330282", on))
    monkeypatch.setattr(openings, "book_of", lambda pack: openings.Book(land.code, openings.headline(pack), pack.campaign().code))
    header = ["项目编号", "项目名称", "责任主体", "腾出方式", "腾出面积(亩)", "验收日期", "文号", "宗地代码", "企业数(家)"]
    rows = [["T1", "项目一", "甲镇", "拆除重建", 10, "2022-05-01", "文", None, 2], ["T1", "项目一", "甲镇", "拆除重建", 10, "2022-05-01", "文", None, 2],
            ["T2", "项目二", "经济开发区", "关停退出", None, "2022-05-01", None, None, None], ["T3", "项目三", "甲镇", "关停退出", 1, None, None, land.key(9), None]]  # fmt: skip
    assert await put(land, tmp_path, "ledger-opening", header, rows) == {"key_missing": 1, "reference_unknown": 1}
    total = "SELECT count(*), sum(counted_m2) FROM ledger_posting WHERE county_code = :c"
    assert tuple((await land.rows(total))[0]) == (2, Decimal("13333.34"))
    assert (await put(land, tmp_path, "ledger-opening", header, rows))["duplicate_key"] == 2
    assert tuple((await land.rows(total))[0]) == (2, Decimal("13333.34"))
    mapped = makers.gpkg(
        tmp_path / "m.gpkg", [{"项目编号": "T4", "腾出面积(亩)": 12, "责任主体": "甲镇", "腾出方式": "关停退出"}], [square(0, 0)]
    )
    report = await land.load(mapped, kind="ledger-opening")
    assert report.counts["mapped"] == 1
    assert await land.value("SELECT round(ground_m2, 1) FROM ledger_posting WHERE county_code = :c AND geometry_status = 'mapped'") == 8000
