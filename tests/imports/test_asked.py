"""What was found stands beside each question; a manifest replays what was decided; a marked workbook goes back; streams end with the worker."""

import asyncio
import io
import json
import re
from pathlib import Path
from threading import Event
from typing import Any
from uuid import uuid4

import httpx
import openpyxl
import pytest

from app.core import stopping
from app.core.principal import Principal, Role
from app.imports import by_hand
from app.imports.channel import for_form
from app.imports.errors import FileUnreadable
from app.imports.jobs import stream
from app.imports.jobs.errors import ManifestMismatch
from app.imports.service import BY_HEADERS
from app.imports.workbooks.giving_back import give_back
from app.imports.workbooks.returned import COLOURS

from . import makers
from .conftest import TestCounty
from .makers import square
from .over_http import URL, applied, client_of, hand_in, look, parcels, person, staged, step, worked

FIRMS = [["91330100799655058B", "甲厂", "规上"], ["91330200144052096U", "乙厂", "很大"]]


async def test_what_was_found_stands_beside_the_question(planner: httpx.AsyncClient, county: TestCounty, tmp_path: Path) -> None:
    rows = [{"宗地代码": county.key(1), "宗地名称": "东厂区"}, {"宗地代码": county.key(2), "宗地名称": None}]
    makers.shapefile(tmp_path / "西片.shp", rows, [square(0, 0), square(200, 0)])
    files = [parcels(tmp_path / "东片.gpkg", county, range(3, 5)), *(tmp_path / f"西片.{end}" for end in ("shp", "shx", "dbf"))]
    job = await staged(planner, *files)
    assert (job["state"], job["questions"][0]["field"]) == ("asking", "crs"), job
    read, asked = job["files"]
    assert (read["name"], read["rows"], read["detected"]["crs"]["value"]) == ("东片.gpkg", 2, "EPSG:4549")
    assert (asked["name"], asked["rows"], asked["detected"]["encoding"]["value"]) == ("西片.shp", 2, "gb18030")
    assert asked["detected"]["encoding"]["confidence"] > 0.5
    assert re.match(r"x 6\d{5}.* 至 .*,y 3\d{6}", asked["detected"]["extent"]["value"])
    assert asked["preview"]["headers"][:2] == ["宗地代码", "宗地名称"]
    assert asked["preview"]["rows"][1] == [county.key(2), None]
    assert asked["mapping"]["columns"]["name"]["header"] == "宗地名称"
    assert len(asked["sha256"]) == 64
    assert all(choice["reason"] for choice in job["questions"][0]["choices"])
    assert "落在本县" in job["questions"][0]["choices"][0]["reason"]
    assert "--" not in json.dumps([job["questions"], job["problem"]])
    assert "「坐标系」" in job["questions"][0]["hint"]
    listed = (await planner.get(URL)).json()["imports"][0]
    assert "preview" not in listed["files"][1]


async def test_a_column_spelled_alike_is_proposed_with_what_stands_in_it(
    planner: httpx.AsyncClient, county: TestCounty, tmp_path: Path
) -> None:
    header = ["统一社会信用号码", "年度", "税收(万元)"]
    book = makers.xlsx(tmp_path / "指标.xlsx", header, [["91330100799655058B", 2024, 123.4]])
    job = await staged(planner, book, kind="indicators")
    (question,) = job["questions"]
    assert (job["state"], question["missing"]) == ("asking", [{"value": "uscc", "label": "统一社会信用代码", "alike": header[0]}]), job
    assert question["choices"][2]["reason"] == "如 123.4"
    assert job["files"][0]["mapping"]["columns"]["tax"]["header"] == header[2]
    async with client_of(Principal(8, "管理员", Role.admin, county.code)) as admin:
        seen = (await admin.get(f"{URL}/{job['id']}")).text
        assert header[0] in seen
        assert "123.4" not in seen, "exact figures are not for an administrator"
    await step(planner, job, "decisions", {"mapping": {"uscc": header[0]}})
    await worked()
    assert (await look(planner, job))["state"] == "staged"


def test_hints_speak_of_the_form() -> None:
    assert for_form("请用 --crs 指定,例如 --crs EPSG:4549(中央经线120°)") == "请用「坐标系」指定,例如「坐标系」EPSG:4549(中央经线120°)"
    assert for_form("或确认逐行调换(--axis-order per_row)") == "或确认逐行调换(「坐标次序」逐行调换颠倒的行)"
    assert for_form({"a": ["用 yima --help", 3, None]}) == {"a": ["用 yima --help", 3, None]}


async def test_a_manifest_replays_mapping_and_what_was_left_out(planner: httpx.AsyncClient, county: TestCounty, tmp_path: Path) -> None:
    book = makers.xlsx(tmp_path / "企业.xlsx", ["代号", "名字"], [firm[:2] for firm in FIRMS])
    first = await staged(planner, book, kind="enterprises", supplier="经信局")
    await step(planner, first, "decisions", {"mapping": {"uscc": "代号", "name": "名字"}})
    await worked()
    assert (await applied(planner, await look(planner, first)))["state"] == "applied"
    kept = await staged(planner, book, kind="enterprises", supplier="经信局")
    assert kept["options"] == {}, "the supplier's word"
    manifest = (await planner.get(f"{URL}/{kept['id']}/manifest")).json()
    replay = await replayed(planner, manifest | {"supplier": "别的单位", "accepted": {"except_rows": ["r1"]}}, book)
    assert (replay["state"], replay["files"][0]["mapping"]["reason"]) == ("staged", BY_HEADERS), replay
    assert replay["files"][0]["mapping"]["columns"] == kept["files"][0]["mapping"]["columns"]
    assert replay["options"]["accepted"] == {"except_classes": [], "except_rows": ["r1"]}

    (told := tmp_path / "清单.json").write_text(json.dumps(manifest), encoding="utf-8")
    kind, said = by_hand.replayed(told, [book])
    report = await by_hand.import_files([book], kind, person(county), said, dry_run=False)
    assert (report.counts["applied"], report.files[0]["mapping"]["reason"]) == (2, BY_HEADERS)
    by_cli = (await planner.get(f"{URL}/{report.import_id}/manifest")).json()
    assert by_cli["files"] == manifest["files"]
    assert (await replayed(planner, by_cli, book))["counts"] == kept["counts"]
    book.write_bytes(book.read_bytes() + b" ")
    with pytest.raises(ManifestMismatch):
        by_hand.replayed(told, [book])


async def test_each_of_several_files_has_its_own_columns(planner: httpx.AsyncClient, county: TestCounty, tmp_path: Path) -> None:
    books = [
        makers.xlsx(tmp_path / f"{name}.xlsx", [f"{name}号", f"{name}名"], [firm[:2]]) for name, firm in zip("甲乙", FIRMS, strict=True)
    ]
    job = await staged(planner, *books, kind="enterprises")
    assert job["questions"][0]["file"] == "甲.xlsx"
    stated = {f["headers_hash"]: {"uscc": f"{f['name'][0]}号", "name": f"{f['name'][0]}名"} for f in job["files"]}
    assert len(stated) == 2
    await step(planner, job, "decisions", {"mappings": stated})
    await worked()
    job = await look(planner, job)
    assert (job["state"], job["counts"]["applied"]) == ("staged", 2), job


async def replayed(client: httpx.AsyncClient, manifest: dict[str, Any], file: Path) -> dict[str, Any]:
    given = [("file", (file.name, file.read_bytes()))]
    made = await client.post(URL, data={"manifest": json.dumps(manifest)}, files=given, headers={"idempotency-key": str(uuid4())})
    assert made.status_code == 201, made.text
    await worked()
    return await look(client, made.json())


async def test_a_workbook_goes_back_marked(planner: httpx.AsyncClient, county: TestCounty, tmp_path: Path) -> None:
    book = makers.xlsx(tmp_path / "企业.xlsx", ["统一社会信用代码", "企业名称", "规模"], FIRMS)
    job = await staged(planner, book, kind="enterprises")
    back = await planner.get(f"{URL}/{job['id']}/files/1/returned")
    assert back.status_code == 200, back.text
    assert "%E9%80%80%E5%9B%9E_" in back.headers["content-disposition"]
    sheet = openpyxl.load_workbook(io.BytesIO(back.content))["Sheet1"]
    assert (sheet["C3"].value, sheet["C3"].fill.start_color.rgb) == ("很大", COLOURS["warning"])
    assert (await planner.get(f"{URL}/{job['id']}/files/2/returned")).status_code == 404
    table = tmp_path / "企业.csv"
    table.write_text("统一社会信用代码,企业名称\n91330100799655058B,甲厂\n", encoding="utf-8")
    other = await staged(planner, table, kind="enterprises")
    assert (await planner.get(f"{URL}/{other['id']}/files/1/returned")).json()["code"] == "format_unknown"
    figures = makers.xlsx(tmp_path / "指标.xlsx", ["统一社会信用代码", "年度", "税收"], [["91330100799655058B", 2024, 5]])
    secret = await staged(planner, figures, kind="indicators")
    async with client_of(Principal(8, "管理员", Role.admin, county.code)) as admin:
        assert (await admin.get(f"{URL}/{secret['id']}/files/1/returned")).status_code == 403
    report = await county.load(
        bare := makers.xlsx(tmp_path / "别.xlsx", ["统一社会信用代码", "企业名称", "规模"], FIRMS), kind="enterprises"
    )
    assert report.import_id is not None
    with pytest.raises(FileUnreadable, match="已不在存储中"):  # no file was handed in
        await give_back(county.code, report.import_id, 1)
    name, content = await give_back(county.code, report.import_id, 1, given=bare)
    assert (name, openpyxl.load_workbook(io.BytesIO(content))["Sheet1"]["C3"].comment is None) == ("退回_别.xlsx", False)


async def test_a_stream_ends_when_its_worker_is_asked_to_stop(
    planner: httpx.AsyncClient, county: TestCounty, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(stopping, "asked", stop := Event())
    job = (await hand_in(planner, parcels(tmp_path / "a.gpkg", county, range(1)))).json()
    said = asyncio.create_task(planner.get(f"{URL}/{job['id']}/events"))
    await asyncio.sleep(0.3)
    assert not said.done()
    stop.set()
    assert '"queued"' in (await asyncio.wait_for(said, 5)).text
    await worked()


async def test_thousands_of_columns_do_not_fill_the_list(planner: httpx.AsyncClient, tmp_path: Path) -> None:
    (path := tmp_path / "a.csv").write_text(",".join(f"列{n}" for n in range(16_000)) + "\n" + "1," * 15_999 + "1", encoding="utf-8")
    job = await staged(planner, path, kind="grades")
    assert (job["state"], job["problem"]["code"]) == ("asking", "columns_missing"), job
    assert len(job["questions"][0]["choices"]) == len(job["files"][0]["preview"]["headers"]) == 500
    assert len((await planner.get(URL)).content) < 200_000
