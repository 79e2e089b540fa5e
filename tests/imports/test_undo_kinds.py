"""Undo of kinds other than parcels: every table says again what it said before, for any two deliveries; refused by name where it must be."""

import datetime as dt
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app import wiring
from app.core import db, events
from app.core.principal import Principal, Role
from app.core.work import writing
from app.imports.apply.undo import USERS, WRITTEN
from app.imports.bulk import table_of
from app.imports.corrections import queries as corrections
from app.imports.corrections import service as reviews
from app.imports.errors import UndoRefused
from app.imports.kinds import KINDS
from app.imports.report import ImportReport
from geodata.uscc import enterprise_code

from . import makers
from .conftest import FIRST, SECOND, TestCounty, made_county
from .makers import square
from .over_http import applied, staged, step, worked

FIRMS = [enterprise_code(n) for n in range(8)]
CONTRACTS = [f"3302822024B{n:05d}" for n in range(5)]
TABLES = {table_of(model).name for written in WRITTEN.values() for model in written.tables}
DERIVED = {
    "overlays": "SELECT parcel_id, layer_id, ratio, area_m2 FROM parcel_overlay WHERE county_code = :c ORDER BY 1, 2",
    "map": "SELECT id, feature FROM map_parcel WHERE county_code = :c ORDER BY 1",
}
Rows = tuple[list[str], list[list[Any]]]


async def state(county: TestCounty) -> dict[str, list[Any]]:
    asked = {name: f"SELECT CAST(t AS text) FROM {name} t WHERE county_code = :c ORDER BY 1" for name in TABLES} | DERIVED
    return {name: [tuple(row) for row in await county.rows(sql)] for name, sql in asked.items()}


def _some(rng: Random, things: list[Any]) -> list[Any]:
    return rng.sample(things, rng.randint(1, len(things)))


def _day(rng: Random, year: int = 2024) -> dt.date:
    return dt.date(year, 1, 1) + dt.timedelta(rng.randrange(300))


def _lands(rng: Random, county: TestCounty) -> list[str]:
    return _some(rng, [county.key(n) for n in range(1, 5)])


def table(kind: str, county: TestCounty, rng: Random) -> Rows:
    """A random delivery of a kind without shapes."""
    firms, number = _some(rng, FIRMS), lambda: rng.randrange(1, 99)
    made: dict[str, Callable[[], Rows]] = {
        "enterprises": lambda: (["统一社会信用代码", "企业名称", "曾用名", "规模", "数据日期"],
                                [[f, f"第{number()}厂", rng.choice((None, "老厂;旧厂")), rng.choice(("规上", "规下")), _day(rng)] for f in firms]),
        "buildings": lambda: (["宗地代码", "幢号", "层数", "数据日期"], [[p, "1幢", number(), None] for p in _lands(rng, county)]),
        "occupancy": lambda: (["统一社会信用代码", "宗地代码", "关系", "面积(亩)"],
                              [[f, p, "自有", number()] for f in firms[:6] for p in _lands(rng, county) if f in FIRMS[:6]]),
        "indicators": lambda: (["统一社会信用代码", "年度", "税收(万元)"], [[f, y, number()] for f in FIRMS[:6] for y in _some(rng, [2022, 2023, 2024])]),
        "grades": lambda: (["统一社会信用代码", "评价年度", "等级"], [[f, 2024, rng.choice("ABCD")] for f in _some(rng, FIRMS[:6])]),
        "contracts": lambda: (["宗地代码", "电子监管号", "总投资(万元)", "是否动工"],
                              [[county.key(1), c, number(), rng.choice(("是", "否", None))] for c in _some(rng, CONTRACTS)]),
        "supplements": lambda: (["电子监管号", "协议编号", "新约定动工日期"], [[c, "补1", _day(rng)] for c in _some(rng, CONTRACTS[:4])]),
        "standard-land": lambda: (["电子监管号", "指标", "比较", "承诺值", "节点"],
                                  [[c, "容积率", "≥", number(), "竣工"] for c in _some(rng, CONTRACTS[:4])]),
        "lists": lambda: (["清单", "统一社会信用代码", "列入日期", "依据文号"],
                          [["散乱污", f, dt.date(2024, 1, 1), f"文{number()}"] for f in _some(rng, FIRMS[:6])]),
        "corrections": lambda: (["地块码", "更正项", "原值", "更正值", "理由", "依据文号"],
                                [[p, "宗地名称", "旧", f"新{number()}", "笔误", None] for p in _lands(rng, county)]),
    }  # fmt: skip
    return made[kind]()


def drawn(kind: str, county: TestCounty, rng: Random) -> list[tuple[dict[str, Any], Any]]:
    """A random delivery of a kind with shapes."""
    places = _some(rng, [0, 1, 2, 3])
    rows: dict[str, Callable[[int], dict[str, Any]]] = {
        "towns": lambda n: {"行政区代码": f"{county.code}{101 + n}", "名称": f"第{rng.randrange(9)}镇"},
        "blocks": lambda n: {"区块编号": f"Q{n}", "名称": f"区块{rng.randrange(9)}", "责任主体": rng.choice(("甲镇", "乙镇"))},
        "control-lines": lambda n: {
            "编号": f"K{n}",
            "级别": "一级",
            "版本": rng.choice(("2021版", "2025版")),
            "批准日期": str(_day(rng, 2021)),
        },
    }
    made = rows.get(kind, rows["control-lines"])
    return [(made(n), square(3000 * n + rng.randrange(300), 0, 2000, rng.randrange(50, 900))) for n in places]


async def deliver(kind: str, county: TestCounty, rng: Random, path: Path, on: dt.date) -> ImportReport:
    if KINDS[kind].geometry == "none":
        return await county.load(makers.xlsx(path.with_suffix(".xlsx"), *table(kind, county, rng)), kind=kind, on=on)
    found = drawn(kind, county, rng)
    file = makers.gpkg(path.with_suffix(".gpkg"), [row for row, _ in found], [shape for _, shape in found])
    return await county.load(file, kind=kind, on=on, **({"family": "permanent_basic_farmland"} if kind == "planning" else {}))


async def settled(county: TestCounty, folder: Path) -> TestCounty:
    """Four parcels, six firms, four contracts."""
    rows = [{"宗地代码": county.key(n), "宗地名称": "旧"} for n in range(1, 5)]
    await county.load(makers.gpkg(folder / "p.gpkg", rows, [square(200 * n, 0) for n in range(4)]))
    firms = makers.xlsx(folder / "e.xlsx", ["统一社会信用代码", "企业名称"], [[f, f"厂{n}"] for n, f in enumerate(FIRMS[:6])])
    await county.load(firms, kind="enterprises")
    contracts = makers.xlsx(folder / "c.xlsx", ["宗地代码", "电子监管号"], [[county.key(1), c] for c in CONTRACTS[:4]])
    await county.load(contracts, kind="contracts")
    return county


@pytest.fixture(scope="module")
async def base(seeded: None, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[TestCounty]:
    """For tests that leave it as they found it; the rooms hear of changes, as in the service."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(events, "_handlers", {})
        wiring.subscribe()
        yield await settled(await made_county(), tmp_path_factory.mktemp("base"))


@pytest.fixture
async def land(county: TestCounty, tmp_path: Path) -> TestCounty:
    return await settled(county, tmp_path)


@pytest.mark.parametrize("kind", WRITTEN)
async def test_undo_restores_every_row(base: TestCounty, tmp_path: Path, kind: str) -> None:
    """Three deliveries upon each other, undone from the last to the first; none may go before those upon it."""
    rng, stood, imported = Random(kind), [await state(base)], []
    for number, day in enumerate((FIRST, SECOND, SECOND)):
        imported.append((await deliver(kind, base, rng, tmp_path / str(number), day)).import_id)
        stood.append(await state(base))
        assert stood[-1] != stood[-2], "the delivery did something"
    for number in (2, 1, 0):
        counts = await base.undo(imported[number])
        assert sum(counts.values())
        now = await state(base)
        assert {name: rows for name, rows in now.items() if rows != stood[number][name]} == {}
    assert await base.value("SELECT count(*) FROM import_change WHERE county_code = :c AND import_id = ANY(:i)", i=imported) == 0


def test_every_kind_has_an_undo_and_everything_that_points_at_its_rows_is_asked() -> None:
    assert set(WRITTEN) == set(KINDS) - {"parcels", "ledger-opening"}


async def test_whatever_points_at_what_an_import_brings_is_known(base: TestCounty) -> None:
    sql = (
        "SELECT confrelid::regclass::text AS brought, conrelid::regclass::text AS user FROM pg_constraint WHERE contype = 'f'"
        " AND confrelid::regclass::text = ANY(:t)"
    )
    found = {(row.brought, row.user) for row in await base.rows(sql, t=sorted(TABLES))} - {("planning_layer", "parcel_overlay")}
    assert found
    assert found <= {(table_of(born).name, table_of(user).name) for born, _, _, user, _ in USERS}


async def test_what_stands_upon_it_is_named(land: TestCounty, tmp_path: Path) -> None:
    header = ["统一社会信用代码", "企业名称", "规模"]
    first = await land.load(makers.xlsx(tmp_path / "1.xlsx", header, [[FIRMS[6], "新厂", "规上"]]), kind="enterprises")
    second = await land.load(makers.xlsx(tmp_path / "2.xlsx", header, [[FIRMS[6], "新厂", "规下"]]), kind="enterprises")
    used = makers.xlsx(tmp_path / "3.xlsx", ["统一社会信用代码", "宗地代码", "关系"], [[FIRMS[6], land.key(1), "自有"]])
    third = await land.load(used, kind="occupancy")
    before = await state(land)
    with pytest.raises(UndoRefused, match=rf"导入 {second.import_id}\(企业 1 条\)、用地关系 1 条"):
        await land.undo(first.import_id)
    assert await state(land) == before
    await land.undo(second.import_id)
    await land.undo(third.import_id)
    await land.undo(first.import_id)
    older = await land.load(makers.xlsx(tmp_path / "4.xlsx", header, [[FIRMS[7], "老厂", "规上"]]), kind="enterprises")
    async with db.engine().begin() as conn:
        await conn.execute(text("DELETE FROM import_change WHERE import_id = :i"), {"i": older.import_id})
        await conn.execute(text("UPDATE import_job SET keeps_before = false WHERE id = :i"), {"i": older.import_id})
    with pytest.raises(UndoRefused, match="还没有留存原样"):
        await land.undo(older.import_id)


async def test_a_correction_that_was_reviewed_is_not_taken_back(land: TestCounty, tmp_path: Path) -> None:
    header = ["地块码", "更正项", "原值", "更正值", "理由", "依据文号"]
    path = makers.xlsx(tmp_path / "c.xlsx", header, [[land.key(n), "宗地名称", "旧", "新", "笔误", None] for n in (1, 2)])
    report = await land.load(path, kind="corrections")
    async with writing(Principal(id=9, name="李四", role=Role.planner, county_code=land.code)) as work:
        one = (await corrections.listed(work.conn, land.code, before=None, limit=1))[0]
        await reviews.decide(work, one["id"], one["version"], approve=True)
    with pytest.raises(UndoRefused, match=r"办理\(更正 1 条\)"):
        await land.undo(report.import_id)


async def test_openings_are_reversed_by_counter_postings(land: TestCounty, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.ledger import openings
    from app.policy import pack_for

    monkeypatch.setattr(openings, "pack_for", lambda _county, on: pack_for("330282", on))
    monkeypatch.setattr(openings, "book_of", lambda pack: openings.Book(land.code, openings.headline(pack), pack.campaign().code))
    figures = (
        "SELECT responsible_body, posted_on, geometry_status, sum(counted_m2), sum(ground_m2) FROM ledger_posting WHERE county_code = :c"
        " GROUP BY 1, 2, 3 HAVING sum(counted_m2) <> 0 OR sum(ground_m2) <> 0 ORDER BY 1, 2, 3"
    )
    grounds = "SELECT opening_key, ground_m2 FROM ledger_ground WHERE county_code = :c AND is_standing ORDER BY 1"
    shown = "SELECT count(*) FROM ledger_posting p WHERE p.county_code = :c AND p.geom IS NOT NULL AND NOT EXISTS (SELECT FROM ledger_posting r WHERE r.reverses_id = p.id)"

    def rows(numbers: range) -> list[dict[str, Any]]:
        return [
            {"项目编号": f"T{n}", "腾出面积(亩)": 12, "责任主体": "甲镇", "腾出方式": "关停退出", "验收日期": f"202{n}-05-01"}
            for n in numbers
        ]

    def mapped(name: str, numbers: range) -> Path:
        return makers.gpkg(tmp_path / name, rows(numbers), [square(60 * n, 0) for n in numbers])

    await land.load(mapped("a.gpkg", range(1, 3)), kind="ledger-opening")
    before = [await land.rows(figures), await land.rows(grounds), await land.value(shown)]
    late = mapped("b.gpkg", range(3, 6))
    report = await land.load(late, kind="ledger-opening")
    plain = makers.xlsx(tmp_path / "c.xlsx", list(rows(range(1))[0]), [list(row.values()) for row in rows(range(6, 8))])
    third = await land.load(plain, kind="ledger-opening")
    assert await land.undo(third.import_id) == {"reversed": 2}
    assert await land.undo(report.import_id) == {"reversed": 3}
    assert [await land.rows(figures), await land.rows(grounds), await land.value(shown)] == before
    assert await land.value("SELECT count(*) FROM ledger_posting WHERE county_code = :c") == 2 + 3 + 3 + 2 + 2, "nothing is deleted"
    again = await land.load(late, kind="ledger-opening")
    assert (again.counts["applied"], again.issue_counts.get("duplicate_key", 0)) == (3, 0)
    beside = await land.load(makers.gpkg(tmp_path / "d.gpkg", rows(range(8, 9)), [square(310, 0)]), kind="ledger-opening")
    with pytest.raises(UndoRefused, match=r"期初台账 T8\."):
        await land.undo(again.import_id)
    await land.undo(beside.import_id)
    await land.undo(again.import_id)
    assert [await land.rows(figures), await land.rows(grounds), await land.value(shown)] == before


async def test_undone_over_http(planner: httpx.AsyncClient, land: TestCounty, tmp_path: Path) -> None:
    before = await state(land)
    job = await staged(planner, makers.xlsx(tmp_path / "g.xlsx", *table("grades", land, Random(1))), kind="grades")
    job = await applied(planner, job)
    assert await state(land) != before
    assert (await step(planner, job, "undo", {"reason": "试"})).status_code == 200
    await worked()
    assert await land.value("SELECT state FROM import_job WHERE id = :i", i=job["id"]) == "undone"
    assert await state(land) == before
