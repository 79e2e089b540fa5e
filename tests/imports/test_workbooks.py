"""Template → filled in → imported without an issue; a faulty workbook comes back marked and, corrected, imports."""

import io
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest
from fastapi import Depends, FastAPI
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill

from app.accounts.deps import signed
from app.core import db, web
from app.core.errors import NotFound, Problem
from app.core.principal import Principal, Role
from app.imports.kinds import KINDS, Kind, kind_of
from app.imports.report import ImportReport
from app.imports.values import words
from app.imports.workbooks import own, subjects
from app.imports.workbooks.meanings import meanings, remark
from app.imports.workbooks.returned import COLOURS, SECTION, returned
from app.imports.workbooks.template import template

from . import makers
from .conftest import TestCounty
from .makers import square

FIRMS = (("91330100799655058B", "甲厂"), ("91330200144052096U", "乙厂"))
TABLES = [kind for kind in KINDS.values() if kind.geometry != "required"]
DAY = date(2025, 6, 30)
AT_HAND: dict[str, Any] = {
    "year": 2024, "tax": 20, "value_added": 80, "revenue": 300, "energy": 10, "electricity": 5, "staff": 40, "rd": 3, "emission": 1,
    "gross": 900, "far": 900, "vacant": 0, "let": 0, "storeys": 3, "industry_code": "3429", "counterparty": None, "former_names": "老厂",
    "responsible_body": "甲镇", "price": 100, "should_area": 8000, "developed_area": 8000, "total_investment": 500, "invested": 500,
    "is_suspended": "否", "suspended_from": None, "started": "是", "unit": "%", "firms": 1, "transferred_on": None, "vacant_since": None,
}  # fmt: skip


@pytest.fixture
async def stocked(county: TestCounty, tmp_path: Path) -> TestCounty:
    """Three parcels (two of 甲镇), two enterprises, occupancies and contracts on them."""
    rows = [{"宗地代码": county.key(n), "宗地名称": f"{n}号地", "乡镇代码": county.towns[n // 3], "证载面积": 8000} for n in (1, 2, 3)]
    await county.load(makers.gpkg(tmp_path / "a.gpkg", rows, [square(0, 0), square(200, 0), square(7000, 0)]))
    assert not (
        await county.load(makers.xlsx(tmp_path / "e.xlsx", ["统一社会信用代码", "企业名称"], [list(f) for f in FIRMS]), kind="enterprises")
    ).issues
    held = [[FIRMS[0][0], county.key(1), "自有", 12], [FIRMS[1][0], county.key(3), "自有", 12]]
    await county.load(makers.xlsx(tmp_path / "o.xlsx", ["统一社会信用代码", "宗地代码", "关系", "面积(亩)"], held), kind="occupancy")
    signed = [[county.key(n), f"HT{n}", "2020-01-01"] for n in (1, 2, 3)]
    await county.load(makers.xlsx(tmp_path / "c.xlsx", ["宗地代码", "电子监管号", "签订日期"], signed), kind="contracts")
    return county


async def made(county: TestCounty, kind: Kind, body: str | None = None) -> Any:
    async with db.reading() as conn:
        found = await subjects.load(conn, county.code, body, on=DAY)
    return openpyxl.load_workbook(io.BytesIO(template(kind, found)))


def value_of(kind: Kind, name: str, row: int, county: TestCounty) -> Any:
    column = kind.column(name)
    if kind.name == "corrections" and name in ("land_code", "old"):
        return county.key(row + 1) if name == "land_code" else f"{row + 1}号地"
    if name in AT_HAND:
        return AT_HAND[name]
    if column.words:
        return words(column.words)[0]
    match column.type:
        case "uscc":
            return FIRMS[row % 2][0]
        case "date":
            return date(2020, 1, 1) + timedelta(days=60 * [c.name for c in kind.columns].index(name))
        case "code" if name == "parcel":
            return county.key(row + 1)
        case "number" | "int":
            return 12
        case _:
            return f"甲{name[:3]}{row + 1}"


def fill(book: Any, kind: Kind, county: TestCounty) -> int:
    """Type something into every free cell of the filled-in rows, or of two rows where nothing is filled in."""
    sheet = book[kind.label]
    named = {meaning.header.split("(")[0]: name for name, meaning in meanings(kind).items()}
    rows = max(sheet.max_row - 1, 2)
    for column in range(1, sheet.max_column + 1):
        name = named.get(sheet.cell(1, column).value.split("(")[0])
        for row in range(rows):
            cell = sheet.cell(row + 2, column)
            if cell.value is None and name is not None:
                cell.value = value_of(kind, name, row, county)
    return rows


async def load(county: TestCounty, path: Path, book: Any, kind: Kind, *, dry_run: bool = False) -> ImportReport:
    book.save(path)
    return await county.load(path, kind=kind.name, on=DAY, dry_run=dry_run)


@pytest.mark.parametrize("kind", TABLES, ids=lambda kind: kind.name)
async def test_a_template_filled_in_imports_without_an_issue(stocked: TestCounty, tmp_path: Path, kind: Kind) -> None:
    book = await made(stocked, kind)
    rows = fill(book, kind, stocked)
    has_pack = kind.name != "ledger-opening"  # postings need a county with a policy pack
    report = await load(stocked, tmp_path / "填好.xlsx", book, kind, dry_run=not has_pack)
    assert report.issues == []
    assert report.files[0]["rows"] == rows
    assert set(report.files[0]["mapping"]["columns"]) == {column.name for column in kind.columns}


@pytest.mark.parametrize("kind", TABLES, ids=lambda kind: kind.name)
async def test_an_empty_template_imports_nothing_and_says_so(stocked: TestCounty, tmp_path: Path, kind: Kind) -> None:
    book = await made(stocked, kind)
    filled = book[kind.label].max_row - 1
    path = tmp_path / "空.xlsx"
    book.save(path)
    report = await stocked.load(path, kind=kind.name, on=DAY, dry_run=True, layer="散乱污" if kind.name == "lists" else None)
    assert report.files[0]["rows"] == 0
    assert [issue.code for issue in report.issues] == ["row_empty"] * filled
    assert all(issue.value == "预填的行没有填写" for issue in report.issues)


async def test_codes_are_protected_the_rest_is_free(stocked: TestCounty) -> None:
    kind = kind_of("buildings")
    sheet = (await made(stocked, kind, stocked.towns[0]))[kind.label]
    assert sheet.protection.sheet
    assert [(c.value, c.protection.locked) for c in sheet["A"]] == [("宗地代码", True), (stocked.key(1), True), (stocked.key(2), True)]
    assert [c.value for c in sheet["B"]] == ["现登记宗地名称", "1号地", "2号地"]
    assert not sheet.column_dimensions["C"].protection.locked if sheet.column_dimensions["C"].protection else True
    for column, (name, meaning) in enumerate(list(meanings(kind).items())[1:], 3):
        cell = sheet.cell(1, column)
        assert cell.value.startswith(meaning.header), name
        assert meaning.content in cell.comment.text
        assert cell.protection.locked


async def test_drop_downs_and_rules_stand_at_their_columns(stocked: TestCounty) -> None:
    book = await made(stocked, kind_of("enterprises"))
    rules = {str(rule.sqref)[0]: rule for rule in book["企业"].data_validations.dataValidation}
    heads = {cell.value: cell.column_letter for cell in book["企业"][1]}
    scale = rules[heads["规模"]]
    assert scale.type == "list"
    where = scale.formula1.replace("$", "").split("!")[1]
    assert [cell.value for (cell,) in book[own.LISTS][where]] == ["规上", "规下"]
    assert (rules[heads["统一社会信用代码"]].type, rules[heads["统一社会信用代码"]].formula1) == ("textLength", "18")
    assert rules[heads["状态日期"]].type == "date"
    assert book[own.LISTS].sheet_state == "hidden"


async def test_a_body_sees_its_own(stocked: TestCounty) -> None:
    first = await made(stocked, kind_of("indicators"), stocked.towns[0])
    assert [cell.value for cell in first["年度指标"]["A"][1:]] == [FIRMS[0][0]]
    second = await made(stocked, kind_of("supplements"), stocked.towns[1])
    assert [cell.value for cell in second["补充协议"]["A"][1:]] == ["HT3"]
    with pytest.raises(NotFound):
        await made(stocked, kind_of("indicators"), "990499101")


@pytest.mark.parametrize("kind", [k for k in KINDS.values() if k.geometry == "required"], ids=lambda kind: kind.name)
def test_what_is_drawn_has_no_template(kind: Kind) -> None:
    with pytest.raises(Problem) as refused:
        template(kind, subjects.Subjects("甲镇"))
    assert refused.value.code == "geometry_required"
    assert meanings(kind)
    assert remark(kind)


async def test_a_faulty_workbook_comes_back_marked_and_corrected_it_imports(stocked: TestCounty, tmp_path: Path) -> None:
    kind = kind_of("indicators")
    book = await made(stocked, kind)
    fill(book, kind, stocked)
    sheet = book[kind.label]
    heads = {cell.value: cell.column_letter for cell in sheet[1]}
    tax, year, revenue = (heads[name] for name in ("税收(万元)", "年度", "营业收入(万元)"))
    sheet[f"{tax}2"] = "约二十"
    sheet[f"{year}3"] = None
    sheet[f"{revenue}2"] = "=100+200"
    sheet[f"{tax}2"].font = Font(italic=True)
    report = await load(stocked, tmp_path / "错.xlsx", book, kind)
    assert {(i.code, i.row) for i in report.issues if i.code != "number_invalid" or i.value == "约二十"} == {
        ("number_invalid", 1),
        ("formula_uncomputed", 1),
        ("key_missing", 2),
    }

    again = openpyxl.load_workbook(io.BytesIO(returned((tmp_path / "错.xlsx").read_bytes(), report.issues, kind)))
    back = again[kind.label]
    assert (back[f"{tax}2"].value, back[f"{tax}2"].font.italic) == ("约二十", True)
    assert back[f"{revenue}2"].value == "=100+200"
    assert back[f"{tax}2"].fill.start_color.rgb == COLOURS["warning"]
    assert back[f"{year}3"].fill.start_color.rgb == COLOURS["error"]
    assert "不是数字" in back[f"{tax}2"].comment.text
    assert "请补填编号" in back[f"{year}3"].comment.text
    assert back.protection.sheet
    assert len(back.data_validations.dataValidation) == len(sheet.data_validations.dataValidation)
    listed = [[cell.value for cell in row] for row in again[own.FINDINGS].iter_rows(min_row=4)]
    assert [kind.label, f"{tax}2", 2, "税收(万元)", "提醒", "number_invalid"] in [row[:6] for row in listed]

    back[f"{tax}2"], back[f"{year}3"], back[f"{revenue}2"] = 20, 2024, 300
    corrected = await load(stocked, tmp_path / "改.xlsx", again, kind)
    assert corrected.issues == []
    clean = openpyxl.load_workbook(io.BytesIO(returned((tmp_path / "改.xlsx").read_bytes(), [], kind)))
    assert clean[kind.label][f"{tax}2"].comment is None
    assert clean[kind.label][f"{tax}2"].fill.fill_type is None


async def test_a_workbook_of_ones_own_is_marked_where_its_data_stand(stocked: TestCounty, tmp_path: Path) -> None:
    """Title lines, an empty column, an alias for a header, comments and colours of the supplier."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "上报"
    sheet["B2"] = "企业名录"
    sheet.merge_cells("B2:D2")
    for place, name in enumerate(("信用代码", "单位名称", "企业规模"), 2):
        sheet.cell(4, place, name)
    for row, (code, name) in enumerate(FIRMS, 5):
        sheet.cell(row, 2, code)
        sheet.cell(row, 3, name)
        sheet.cell(row, 4, "规上")
    sheet["B6"] = "91330200144052096A"
    sheet["B6"].comment = Comment("核对过", "张三")
    sheet["C5"].fill = PatternFill("solid", start_color="FF00FF00")
    sheet["D5"] = "=A1"
    sheet["D6"] = "很大"
    kind = kind_of("enterprises")
    report = await load(stocked, tmp_path / "自.xlsx", book, kind)
    assert sorted(i.code for i in report.issues) == ["formula_uncomputed", "uscc_invalid", "value_unknown"]
    content = returned((tmp_path / "自.xlsx").read_bytes(), report.issues, kind)
    back = openpyxl.load_workbook(io.BytesIO(content))["上报"]
    assert back["B6"].fill.start_color.rgb == COLOURS["error"]
    assert back["B6"].comment.text.startswith(f"核对过\n{SECTION}")
    assert back["D6"].fill.start_color.rgb == COLOURS["warning"]
    assert back["C5"].fill.start_color.rgb == "FF00FF00"
    assert back["D5"].value == "=A1"
    twice = openpyxl.load_workbook(io.BytesIO(returned(content, [], kind)))["上报"]
    assert twice["B6"].comment.text == "核对过"
    path = tmp_path / "退.xlsx"
    path.write_bytes(content)
    assert sorted(i.code for i in (await stocked.load(path, kind="enterprises", on=DAY)).issues) == [
        "formula_uncomputed",
        "uscc_invalid",
        "value_unknown",
    ]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0" + bytes(600)])
def test_what_is_no_workbook_is_refused_by_name(content: bytes) -> None:
    with pytest.raises(Problem) as refused:
        returned(content, [], kind_of("enterprises"))
    assert refused.value.code == "file_unreadable"


async def test_over_http_by_role(stocked: TestCounty) -> None:
    """Every route is there, as the service has them: the template is not taken for the number of an import."""
    from app.routes import ROUTERS

    app = FastAPI(dependencies=[Depends(web.known_parameters)], openapi_url="/api")
    web.install(app)
    for router in ROUTERS:
        app.include_router(router)
    own, other = stocked.towns

    async def ask(role: Role, **query: str) -> httpx.Response:
        person = Principal(9, "李四", role, stocked.code, responsible_body=own if role is Role.officer else None)
        app.dependency_overrides[signed] = lambda: person
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
            return await client.get("/api/imports/template", params={"kind": "buildings", **query})

    def codes(said: httpx.Response) -> list[str]:
        assert said.status_code == 200, said.text
        return [cell.value for cell in openpyxl.load_workbook(io.BytesIO(said.content))["房屋(幢)"]["A"][1:]]

    assert codes(await ask(Role.planner)) == [stocked.key(n) for n in (1, 2, 3)]
    assert codes(await ask(Role.admin, body=other)) == [stocked.key(3)]
    assert codes(await ask(Role.officer)) == [stocked.key(1), stocked.key(2)]
    assert (await ask(Role.officer, body=other)).status_code == 404
    assert (await ask(Role.planner, body="990499101")).status_code == 404
    assert (await ask(Role.viewer)).status_code == 403
    assert (await ask(Role.planner, kind="parcels")).json()["code"] == "geometry_required"
    assert (await ask(Role.planner, kind="x")).json()["code"] == "kind_unknown"
