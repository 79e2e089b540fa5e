"""更正: proposed by a delivery, reviewed by another, applied while the old value stands, kept against deliveries that repeat it."""

from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import Depends, FastAPI

from app.accounts.deps import signed
from app.core import web
from app.core.principal import Principal, Role
from app.core.work import writing
from app.imports.corrections import queries, service
from app.imports.corrections.router import router
from app.imports.errors import CorrectionDecided, CorrectionOutdated
from app.imports.report import ImportReport

from . import makers
from .conftest import FIRST, SECOND, TestCounty
from .makers import square

HEADER = ["地块码", "更正项", "原值", "更正值", "理由", "依据文号"]
SHAPES = [square(0, 0), square(200, 0), square(400, 0)]
CORRECTIONS = {
    "宗地名称": ("1号地", "一号地", "name"), "证载面积": ("8000", "8,012.5", "area_registered_m2"), "权属性质": ("国有", "集体", "ownership"),
    "坐落": (None, "甲路1号", "location"),
}  # fmt: skip


async def parcels(county: TestCounty, folder: Path, *, on: date = FIRST, **changes: Any) -> ImportReport:
    rows = [
        {"宗地代码": county.key(n), "宗地名称": f"{n}号地", "乡镇代码": county.towns[0], "证载面积": 8000, "权属性质": "国有"}
        for n in (1, 2, 3)
    ]
    rows[0] |= changes
    return await county.load(makers.gpkg(folder / f"p{on}{len(changes)}.gpkg", rows, SHAPES), on=on)


async def propose(county: TestCounty, folder: Path, *rows: list[Any], key: str = "") -> ImportReport:
    body = [[key or county.key(1), *row, "笔误", None] for row in rows]
    return await county.load(makers.xlsx(folder / "更正.xlsx", HEADER, body), kind="corrections")


def reviewer(county: TestCounty, name: str = "李四", role: Role = Role.planner) -> Principal:
    return Principal(id=9, name=name, role=role, county_code=county.code)


async def listed(county: TestCounty) -> list[dict[str, Any]]:
    async with writing(reviewer(county)) as work:
        work.audited("test", "test", 0)
        return await queries.listed(work.conn, county.code, before=None, limit=50)


async def decide(county: TestCounty, one: dict[str, Any], *, approve: bool = True, by: str = "李四") -> dict[str, Any]:
    async with writing(reviewer(county, by)) as work:
        return await service.decide(work, one["id"], one["version"], approve=approve)


async def current(county: TestCounty, column: str) -> Any:
    sql = f"SELECT v.{column} FROM parcel_version v JOIN parcel p ON p.id = v.parcel_id WHERE v.county_code = :c AND v.is_current AND p.source_key = :k"
    return await county.value(sql, k=county.key(1))


@pytest.mark.parametrize("field", CORRECTIONS)
async def test_a_corrected_value_outlives_a_delivery_that_repeats_the_old_one(county: TestCounty, tmp_path: Path, field: str) -> None:
    old, new, column = CORRECTIONS[field]
    await parcels(county, tmp_path)
    before = await current(county, column)
    assert (await propose(county, tmp_path, [field, old, new])).issues == []
    (one,) = await listed(county)
    assert (one["state"], await current(county, column)) == ("proposed", before)
    assert (await decide(county, one))["state"] == "applied"
    after = await current(county, column)
    assert after != before

    report = await parcels(county, tmp_path, on=SECOND)
    assert [(i.code, i.row) for i in report.issues] == [("correction_applied", 1)]
    assert report.counts["same"] == 3
    assert await current(county, column) == after


async def test_a_delivery_that_says_something_else_wins_and_the_correction_is_stale(county: TestCounty, tmp_path: Path) -> None:
    await parcels(county, tmp_path)
    await propose(county, tmp_path, ["宗地名称", "1号地", "一号地"])
    await decide(county, (await listed(county))[0])
    report = await parcels(county, tmp_path, on=SECOND, 宗地名称="壹号地")
    assert [(i.code, i.value) for i in report.issues] == [("correction_stale", "原值 1号地,报来 壹号地")]
    assert await current(county, "name") == "壹号地"
    assert [c["state"] for c in await listed(county)] == ["stale"]


async def test_a_delivery_that_was_put_right_says_nothing(county: TestCounty, tmp_path: Path) -> None:
    await parcels(county, tmp_path)
    await propose(county, tmp_path, ["宗地名称", "1号地", "一号地"])
    await decide(county, (await listed(county))[0])
    report = await parcels(county, tmp_path, on=SECOND, 宗地名称="一号地")
    assert report.issues == []
    assert report.counts["same"] == 3


async def test_nothing_is_applied_over_a_value_that_has_changed(county: TestCounty, tmp_path: Path) -> None:
    await parcels(county, tmp_path)
    await propose(county, tmp_path, ["宗地名称", "1号地", "一号地"])
    await parcels(county, tmp_path, on=SECOND, 宗地名称="壹号地")
    (one,) = await listed(county)
    assert one["state"] == "stale"
    with pytest.raises(CorrectionOutdated):
        await decide(county, one)
    assert await current(county, "name") == "壹号地"
    late = await propose(county, tmp_path, ["坐落", "乙路", "甲路"])
    assert [(i.code, i.severity) for i in late.issues] == [("correction_stale", "notice")]


async def test_review_is_by_another_once_and_may_say_no(county: TestCounty, tmp_path: Path) -> None:
    await parcels(county, tmp_path)
    await propose(county, tmp_path, ["宗地名称", "1号地", "一号地"])
    again = await propose(county, tmp_path, ["宗地名称", "1号地", "一号地"])
    assert (again.counts["proposed"], again.counts["same"]) == (0, 1)
    (one,) = await listed(county)
    with pytest.raises(Exception, match="不能审核自己的"):
        await decide(county, one, by=one["proposed_by"])
    said = await decide(county, one, approve=False)
    assert (said["state"], said["decided_by"]) == ("rejected", "李四")
    with pytest.raises(CorrectionDecided):
        await decide(county, said)
    assert (await parcels(county, tmp_path, on=SECOND)).issues == []
    assert await current(county, "name") == "1号地"


async def test_history_keeps_what_the_register_said(county: TestCounty, tmp_path: Path) -> None:
    await parcels(county, tmp_path)
    await propose(county, tmp_path, ["宗地名称", "1号地", "一号地"])
    await decide(county, (await listed(county))[0])
    sql = (
        "SELECT v.name, upper_inf(v.recorded) AS open, v.is_current FROM parcel_version v JOIN parcel p ON p.id = v.parcel_id"
        " WHERE v.county_code = :c AND p.source_key = :k ORDER BY v.version_id"
    )
    rows = await county.rows(sql, k=county.key(1))
    assert [tuple(row) for row in rows] == [("1号地", False, False), ("一号地", True, True)]


async def test_what_cannot_be_read_or_found_is_told(county: TestCounty, tmp_path: Path) -> None:
    await parcels(county, tmp_path)
    rows = [["更正宗地面积", "1", "2"], ["证载面积", "8000", "约八千"], ["权属性质", "国有", "私有"]]
    report = await propose(county, tmp_path, *rows)
    assert sorted((i.code, i.row) for i in report.issues if i.severity == "error") == [
        ("key_missing", 1),
        ("value_unknown", 2),
        ("value_unknown", 3),
    ]
    unknown = await propose(county, tmp_path, ["宗地名称", "1号地", "一号地"], key="990001001001GB99999")
    assert [i.code for i in unknown.issues] == ["reference_unknown"]
    assert await listed(county) == []


async def test_over_http(county: TestCounty, tmp_path: Path) -> None:
    await parcels(county, tmp_path)
    await propose(county, tmp_path, ["宗地名称", "1号地", "一号地"])
    app = FastAPI(dependencies=[Depends(web.known_parameters)], openapi_url="/api")
    web.install(app)
    app.include_router(router)
    app.dependency_overrides[signed] = lambda: reviewer(county)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
        (one,) = (await client.get("/api/imports/corrections")).json()["items"]
        assert (one["state_label"], one["current_value"]) == ("待审核", "1号地")
        path, body = f"/api/imports/corrections/{one['id']}/decision", {"decision": "approve"}
        assert (await client.post(path, json=body, headers={"idempotency-key": "a", "if-match": '"9"'})).status_code == 412
        said = await client.post(path, json=body, headers={"idempotency-key": "b", "if-match": '"1"'})
        assert (said.status_code, said.json()["state"]) == (200, "applied")
        again = await client.post(path, json=body, headers={"idempotency-key": "b", "if-match": '"1"'})
        assert again.json() == said.json()
        fields = {
            f["field"]: f
            for f in (await client.get("/api/imports/corrections/fields", params={"land_code": one["land_code"]})).json()["fields"]
        }
        assert (fields["name"]["value"], fields["ownership"]["shown"], fields["area_registered_m2"]["shown"]) == (
            "一号地",
            "国有",
            "8000.00 ㎡",
        )
        asked = {"land_code": one["land_code"], "field": "area_registered_m2", "old": "8000", "new": "8,012.5", "reason": "笔误"}
        wrong = {"old": "7999", "new": "约八千", "land_code": "x", "field": "geom"}
        for name, value in wrong.items():
            refused = await client.post("/api/imports/corrections", json=asked | {name: value}, headers={"idempotency-key": f"w{name}"})
            assert refused.status_code == {"old": 409, "land_code": 404}.get(name, 422), refused.text
        made = await client.post("/api/imports/corrections", json=asked, headers={"idempotency-key": "c"})
        assert (made.status_code, made.json()["new_shown"], made.json()["proposed_by"]) == (201, "8012.50 ㎡", "李四"), made.text
        waiting = (await client.get("/api/imports/corrections", params={"state": "proposed"})).json()["items"]
        assert [w["id"] for w in waiting] == [made.json()["id"]]
        own = await client.post(
            f"/api/imports/corrections/{made.json()['id']}/decision", json=body, headers={"idempotency-key": "d", "if-match": '"1"'}
        )
        assert own.status_code == 403
        app.dependency_overrides[signed] = lambda: reviewer(county, role=Role.officer)
        assert (await client.get("/api/imports/corrections")).status_code == 403
