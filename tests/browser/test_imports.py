"""数据导入 in a real Chromium: a GBK Shapefile without a CRS is uploaded, asked about, compared, applied, on the map, and undone."""

import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import shapely
from playwright.sync_api import Page, expect

from app.core import crs
from geodata.uscc import enterprise_code
from tests.browser.test_journey import Desk, account, browser, desk
from tests.imports.makers import shapefile, xlsx

__all__ = ["browser", "desk"]
pytestmark = pytest.mark.browser
PLANE = 4549
SIDE = 60.0


def free_ground(planner: httpx.Client) -> tuple[float, float]:
    """A corner in the plane, within a town, that no parcel is near."""
    towns = planner.get("/collections/towns/items", params={"limit": 200}).json()["features"]
    whole = shapely.unary_union([shapely.geometry.shape(town["geometry"]) for town in towns]).buffer(-0.01)
    west, south, east, north = whole.bounds
    for _ in range(500):
        x, y = random.uniform(west, east), random.uniform(south, north)
        near = {"bbox": f"{x - 0.004},{y - 0.004},{x + 0.004},{y + 0.004}", "limit": 1}
        if whole.contains(shapely.Point(x, y)) and not planner.get("/collections/parcels/items", params=near).json()["features"]:
            place = crs.reproject(np.array([shapely.Point(x, y)], dtype=object), 4490, PLANE)[0]
            return place.x, place.y
    raise AssertionError("no free ground")


def delivery(folder: Path, x: float, y: float, codes: list[str]) -> list[Path]:
    """Two parcels, the second one a bow-tie: the parts of a Shapefile in GBK that tells neither encoding nor CRS."""
    square = shapely.box(x, y, x + SIDE, y + SIDE)
    tie = shapely.Polygon([(x + 80, y), (x + 80 + SIDE, y + SIDE), (x + 80 + SIDE, y), (x + 80, y + SIDE)])
    rows = [
        {"宗地代码": code, "宗地名称": name, "证载面积": area}
        for code, name, area in zip(codes, ("东厂区", "西厂区"), (SIDE**2, None), strict=True)
    ]
    shapefile(folder / "宗地.shp", rows, [square, tie])
    return [folder / f"宗地.{end}" for end in ("shp", "shx", "dbf")]


def choose(page: Page, field: str, option: str) -> None:
    page.get_by_test_id(field).click()
    page.get_by_role("option", name=option, exact=True).click()


def becomes(page: Page, state: str) -> None:
    expect(page.get_by_test_id("import-state")).to_have_attribute("data-state", state, timeout=90_000)


def upload(one: Desk, files: list[Path]) -> None:
    page = one.page
    one.go("imports")
    page.get_by_test_id("new-import").click()
    choose(page, "field-kind", "工业用地宗地")
    expect(page.get_by_test_id("kind-note")).to_contain_text("必须带图形")
    page.get_by_test_id("files").set_input_files(files)
    expect(page.get_by_test_id("file-list").locator("li")).to_have_count(1)  # the parts of a Shapefile are one
    page.get_by_test_id("field-supplier").fill("测绘一队")
    one.shot("import-new")
    one.fits()
    page.get_by_test_id("upload").click()


def test_a_shapefile_is_uploaded_asked_about_applied_and_undone(
    desk: Callable[[], Desk], demo_accounts: list[dict[str, Any]], signed_in: Callable[..., httpx.Client], tmp_path: Path
) -> None:
    planner = signed_in("planner")
    county = planner.get("/api/session").json()["county"]["code"]
    codes = [f"{county}108{random.randint(100, 999)}GB{random.randint(10_000, 99_999)}" for _ in range(2)]
    one = desk()
    page = one.page
    one.sign_in(account(demo_accounts, "planner"))
    upload(one, delivery(tmp_path, *free_ground(planner), codes))

    becomes(page, "asking")
    asked = page.get_by_test_id("question-crs")
    expect(asked).to_be_visible()
    expect(asked).to_contain_text("的图形落在本县")
    expect(page.get_by_test_id("detected")).to_contain_text("gb18030")  # what was found so far stands beside the question
    one.shot("import-question")
    one.fits()
    page.get_by_test_id("tab-mapping").click()
    expect(page.get_by_test_id("preview")).to_contain_text("西厂区")
    one.shot("import-question-mapping")
    one.fits()
    asked.get_by_label(re.compile("120°")).first.check()
    page.get_by_test_id("decide").click()
    becomes(page, "staged")
    number = page.url.rsplit("/", 1)[1]

    rows = page.get_by_test_id("diff-rows")
    expect(page.get_by_test_id("class-new")).to_contain_text("2")
    page.get_by_test_id("class-new").click()
    expect(rows.locator("tbody tr")).to_have_count(2)
    expect(rows).to_contain_text(codes[0])
    rows.get_by_role("button", name=codes[0]).click()
    expect(page.get_by_test_id("findings-map")).to_have_attribute("data-drawn", "2")
    expect(page.get_by_test_id("findings-map")).to_have_attribute("data-chosen", "1")
    page.wait_for_timeout(600)
    one.shot("import-diff")
    one.fits()

    page.get_by_test_id("tab-detected").click()
    expect(page.get_by_test_id("detected")).to_contain_text("GB")
    one.shot("import-detected")
    one.fits()
    page.get_by_test_id("tab-mapping").click()
    expect(page.get_by_test_id("column-宗地名称").locator("select").first).to_have_value("name")
    one.shot("import-mapping")
    one.fits()
    page.get_by_test_id("tab-issues").click()
    page.get_by_test_id("issue-geometry_repaired").click()
    expect(page.get_by_test_id("issue-rows").locator("tbody tr")).to_have_count(1)
    page.get_by_test_id("issue-rows").get_by_role("button", name="第 2 行").click()
    expect(page.get_by_test_id("findings-map")).to_have_attribute("data-chosen", "2")  # where the issue is, and the row's shape
    page.wait_for_timeout(600)
    one.shot("import-issues")
    one.fits()

    page.get_by_test_id("tab-diff").click()
    if page.get_by_test_id("take-vanished").count():
        page.get_by_test_id("take-vanished").uncheck()  # a part of a town is delivered: the rest stays
    page.get_by_test_id("apply").click()
    words = page.get_by_test_id("apply-words")
    expect(words).to_contain_text("新增 2 宗")
    page.wait_for_timeout(400)
    one.shot("import-apply")
    page.get_by_test_id("apply-confirm").click()
    becomes(page, "applied")
    one.shot("import-applied")

    one.go("map")
    page.get_by_test_id("locate-input").fill(codes[0])
    page.get_by_test_id("locate").click()
    card = page.get_by_test_id("parcel-card")
    expect(card.get_by_test_id("cadastral-code")).to_have_text(codes[0])
    page.wait_for_function("window.__yimaMap.shapes() && !window.__yimaMap.busy() && window.__yimaMap.count() > 0")
    one.shot("import-on-map")

    one.go(f"imports/{number}")
    page.get_by_test_id("undo").click()
    page.get_by_test_id("undo-reason").fill("试导入")
    page.get_by_test_id("undo-confirm").click()
    becomes(page, "undone")
    one.shot("import-undone")
    one.fits()
    gone = planner.get("/collections/parcels/items", params={"filter": f"cadastral_code = '{codes[0]}'"}).json()
    assert gone["features"] == []

    one.go("imports")
    expect(page.get_by_test_id(f"import-{number}")).to_contain_text("已撤销")
    one.shot("imports")
    one.fits()
    page.get_by_test_id("tab-quality").click()
    expect(page.get_by_test_id("quality")).to_contain_text("测绘一队")
    one.shot("import-quality")
    one.fits()


def test_a_table_is_compared_row_by_row_and_cancelled(
    desk: Callable[[], Desk], demo_accounts: list[dict[str, Any]], tmp_path: Path
) -> None:
    one = desk()
    page = one.page
    one.sign_in(account(demo_accounts, "planner"))
    one.go("imports/new")
    choose(page, "field-kind", "企业")
    file = tmp_path / "企业.csv"
    code = enterprise_code(99_001)
    file.write_text(f"统一社会信用代码,企业名称\n91330282MA2AAAAAA0,不存在的厂\n{code},比对试验厂\n", encoding="utf-8")
    page.get_by_test_id("files").set_input_files(file)
    page.get_by_test_id("upload").click()
    becomes(page, "staged")
    expect(page.get_by_test_id("class-new")).to_contain_text("1")
    expect(page.get_by_test_id("take-new")).to_have_count(0)  # a table is taken whole
    expect(page.get_by_test_id("diff-rows")).to_contain_text(code)
    expect(page.get_by_test_id("diff-rows")).to_contain_text("比对试验厂")
    page.get_by_test_id("tab-issues").click()
    expect(page.get_by_test_id("issue-uscc_invalid")).to_contain_text("错误")
    page.get_by_test_id("apply").click()
    expect(page.get_by_test_id("apply-words")).to_contain_text("新增 1 行")
    page.get_by_role("button", name="再看看").click()
    page.get_by_test_id("cancel-import").click()
    becomes(page, "cancelled")
    one.fits()


def test_a_workbook_that_asks_goes_back_marked(desk: Callable[[], Desk], demo_accounts: list[dict[str, Any]], tmp_path: Path) -> None:
    one = desk()
    page = one.page
    one.sign_in(account(demo_accounts, "planner"))
    one.go("imports/new?kind=enterprises")
    book = xlsx(tmp_path / "企业.xlsx", ["统一社会信用号码", "企业名称", "规模"], [["91330282MA2AAAAAA0", "不存在的厂", "很大"]])
    page.get_by_test_id("files").set_input_files(book)
    page.get_by_test_id("upload").click()
    becomes(page, "asking")
    expect(page.get_by_test_id("fill-uscc")).to_have_value("统一社会信用号码")  # spelled alike: proposed, not taken
    expect(page.get_by_test_id("preview")).to_contain_text("不存在的厂")
    one.shot("import-question-columns")
    one.fits()
    page.get_by_test_id("decide").click()
    becomes(page, "staged")
    page.get_by_test_id("tab-issues").click()
    with page.expect_download(timeout=120_000) as begun:
        page.get_by_test_id("returned-1").click()
    assert begun.value.suggested_filename == "退回_企业.xlsx"
    one.shot("import-returned")
    one.fits()
    page.get_by_test_id("tab-detected").click()
    page.get_by_text("识别有误,另行指定").click()
    one.shot("import-decide")
    one.fits()
    page.get_by_test_id("cancel-import").click()
    becomes(page, "cancelled")


def test_a_correction_is_proposed_by_one_and_approved_by_another(
    desk: Callable[[], Desk], demo_accounts: list[dict[str, Any]], signed_in: Callable[..., httpx.Client]
) -> None:
    parcel = random.choice(signed_in("planner").get("/collections/parcels/items", params={"limit": 500}).json()["features"])
    code, name = parcel["properties"]["land_code"], f"更正{random.randint(1000, 9999)}号"
    one = desk()
    page = one.page
    one.sign_in(account(demo_accounts, "planner"))
    one.go("imports?tab=corrections")
    page.get_by_test_id("enter-correction").click()
    page.get_by_test_id("correction-code").fill(code)
    page.get_by_test_id("correction-code").press("Tab")
    page.get_by_test_id("correction-field").select_option("name")
    page.get_by_test_id("correction-value").fill(name)
    page.get_by_test_id("correction-reason").fill("笔误")
    page.wait_for_timeout(300)
    one.shot("correction-new")
    page.get_by_test_id("correction-send").click()
    row = page.get_by_test_id("corrections").locator("tbody tr").filter(has_text=name)
    expect(row).to_contain_text("由他人审核")

    other = desk()
    other.sign_in(account(demo_accounts, "admin"))
    other.go("imports?tab=corrections")
    row = other.page.get_by_test_id("corrections").locator("tbody tr").filter(has_text=name)
    row.get_by_role("button", name="通过并改正").click()
    expect(row).to_contain_text("已改正")
    other.shot("corrections")
    other.fits()
