"""Jobs: asked over HTTP, made by the worker's process, fetched in pieces; whose they are; what a killed worker leaves."""

import asyncio
import csv
import hashlib
import io
import json
import os
import signal
from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest
from sqlalchemy import text

from app.core import audit, db
from app.core.principal import Role
from app.core.queue import ATTEMPTS
from app.maps.exports import by_hand, child, jobs, queries, service
from app.maps.exports.errors import ExportFailed
from app.maps.exports.order import Order, Target
from app.settings import settings
from tests.maps.conftest import COUNTY, OTHER, OWN, person
from tests.maps.exports.conftest import client_of, settle, worked


async def ask(client: httpx.AsyncClient, **asked: object) -> dict[str, object]:
    said = await client.post("/api/exports", json={"collection": "parcels", "format": "geojson", **asked})
    assert said.status_code == 202, said.text
    assert said.headers["location"].endswith(f"/api/exports/{said.json()['id']}")
    return dict(said.json())


async def records(action: str) -> list[dict[str, object]]:
    async with db.engine().connect() as conn:
        rows = await audit.records(conn, COUNTY, before=None, object_kind=None, object_id=None, limit=50)
        return [json.loads(row.payload) for row in rows if row.action == action]


async def test_from_asking_to_a_file_in_pieces(planner: httpx.AsyncClient) -> None:
    before = len(await records("export.make"))
    job = await ask(planner, filter="grade = 'A'")
    assert job["state"] == "queued"
    early = await planner.get(f"/api/exports/{job['id']}/file")
    assert (early.status_code, early.json()["code"]) == (409, "export_not_ready")
    await worked()
    said = await settle(planner, job["id"])
    assert (said["state"], said["percent"], said["facts_as_of"]) == ("done", 100, "2025-09-30"), said
    url = f"/api/exports/{job['id']}/file"
    whole = await planner.get(url)
    assert hashlib.sha256(whole.content).hexdigest() == said["sha256"]
    assert len(whole.content) == said["size_bytes"]
    assert len(json.loads(whole.content)["features"]) == said["rows_done"] == said["rows_total"]
    assert unquote(whole.headers["content-disposition"]).endswith("工业用地宗地_999012_20250930.geojson")
    assert 'filename="parcels.geojson"' in whole.headers["content-disposition"]
    assert whole.headers["content-crs"] == "<http://www.opengis.net/def/crs/OGC/1.3/CRS84>"
    tag = whole.headers["etag"]
    assert (await planner.get(url, headers={"if-none-match": tag})).status_code == 304
    rest = await planner.get(url, headers={"range": "bytes=100-", "if-range": tag})
    assert (rest.status_code, rest.content) == (206, whole.content[100:])
    other = await planner.get(url, headers={"range": "bytes=100-", "if-range": '"older"'})
    assert (other.status_code, other.content) == (200, whole.content)
    for odd in ("bytes=9-1", "bytes=-0", "lines=1-2", "bytes=", "bytes=0-1,4-5"):
        unregarded = await planner.get(url, headers={"range": odd})
        assert (unregarded.status_code, unregarded.content) == (200, whole.content), odd
    for end in ("bytes=5-5", "bytes=-7"):
        assert (await planner.get(url, headers={"range": end})).status_code == 206, end
    beyond = await planner.get(url, headers={"range": "bytes=999999999-"})
    assert (beyond.status_code, beyond.json()["code"]) == (416, "range_beyond")
    assert beyond.headers["content-range"] == f"bytes */{len(whole.content)}"
    told = await records("export.make")
    assert len(told) == before + 1
    assert told[0]["detail"]["asked"] == {"filter": "grade = 'A'"}
    assert told[0]["detail"]["rows"] == said["rows_done"]


async def test_only_the_owner_in_his_role_sees_it(planner: httpx.AsyncClient) -> None:
    job = await ask(planner)
    await worked()
    strangers = [
        person(Role.viewer), person(Role.officer, OWN), person(Role.planner, county="330683"), type(person(Role.planner))(8, "别人", Role.planner, COUNTY)
    ]  # fmt: skip
    for stranger in strangers:
        async with client_of(stranger) as client:
            for path in (f"/api/exports/{job['id']}", f"/api/exports/{job['id']}/file"):
                assert (await client.get(path)).status_code == 404
            assert job["id"] not in [one["id"] for one in (await client.get("/api/exports")).json()["items"]]
    assert job["id"] in [one["id"] for one in (await planner.get("/api/exports")).json()["items"]]


async def test_scope_is_the_callers_when_he_asked(coded: None) -> None:
    async with client_of(person(Role.officer, OTHER)) as officer:
        job = await ask(officer, format="csv", filter="grade = 'B'")
        await worked()
        said = await settle(officer, job["id"])
        body = (await officer.get(f"/api/exports/{job['id']}/file")).text
    assert said["rows_done"] == body.count("\n") - 1 > 0
    rows = list(csv.DictReader(io.StringIO(body)))
    assert {row["responsible_body"] for row in rows} == {OTHER}


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"format": "dwg"}, 422, "body_invalid"),
        ({"filter": "tax_per_mu > 3"}, 400, None),
        ({"filter": "nothing = 1"}, 400, None),
        ({"bbox": "1,2,3"}, 400, "parameter_invalid"),
        ({"crs": "urn:yima:crs:GCJ02"}, 403, "shifted_crs_off"),
        ({"crs": "EPSG:2380"}, 400, "parameter_invalid"),
        ({"format": "kml", "crs": "http://www.opengis.net/def/crs/EPSG/0/4549"}, 422, "export_format_unfit"),
        ({"format": "guotu-txt", "crs": "http://www.opengis.net/def/crs/EPSG/0/4490"}, 422, "export_format_unfit"),
        ({"format": "gpkg", "encoding": "GBK"}, 422, "export_format_unfit"),
        ({"properties": ["tax_wan"]}, 400, "parameter_invalid"),
        ({"unknown": 1}, 422, "body_invalid"),
    ],
)
async def test_mistakes_are_told_when_asking(planner: httpx.AsyncClient, asked: dict[str, object], status: int, code: str | None) -> None:
    said = await planner.post("/api/exports", json={"collection": "parcels", "format": "geojson", **asked})
    assert said.status_code == status, said.text
    if code:
        assert said.json()["code"] == code
    assert not said.json()["pointer"].startswith("query:")


async def test_a_bounded_number_waits(planner: httpx.AsyncClient) -> None:
    ids = [(await ask(planner))["id"] for _ in range(service.MOST)]
    refused = await planner.post("/api/exports", json={"collection": "parcels", "format": "csv"})
    assert (refused.status_code, refused.json()["code"]) == (429, "export_limit")
    await worked()
    assert [(await settle(planner, one))["state"] for one in ids] == ["done"] * service.MOST


async def test_a_silent_job_is_taken_up_again_then_given_up(planner: httpx.AsyncClient) -> None:
    job = await ask(planner)
    taken = await jobs._claimed()
    assert taken.id == job["id"]
    assert await jobs._claimed() is None, "a living worker keeps its job"

    async def silent() -> None:
        async with db.engine().begin() as conn:
            await conn.execute(text("UPDATE export_job SET beat_at = now() - interval '60 seconds' WHERE id = :id"), {"id": taken.id})  # fmt: skip

    await silent()
    again = await jobs._claimed()
    assert (again.id, again.attempts) == (taken.id, 2)
    assert not await jobs._beat(taken, {"done": 1, "of": 2}), "the first worker learns that it is no longer his"
    async with db.engine().begin() as conn:
        assert not await queries.finish(conn, taken, "done", None, {})
    for _ in range(ATTEMPTS - 1):
        await silent()
        last = await jobs._claimed()
    await jobs._one(last)
    said = await settle(planner, job["id"])
    assert said["state"] == "failed"
    assert "中断" in said["message"]


async def test_deleting_drops_the_file(planner: httpx.AsyncClient) -> None:
    job = await ask(planner)
    await worked()
    said = await settle(planner, job["id"])
    path = service.file_of(job["id"], ".geojson")
    assert path.exists()
    url, key = f"/api/exports/{job['id']}", {"idempotency-key": "x"}
    assert (await planner.delete(url, headers=key)).status_code == 428
    assert (await planner.delete(url, headers=key | {"if-match": '"1"'})).status_code == 412
    assert (await planner.delete(url, headers={"if-match": f'"{said["version"]}"'})).json()["state"] == "deleted"
    assert not path.exists()
    assert (await planner.get(url)).status_code == 404


async def test_a_deleted_job_ends_its_process(planner: httpx.AsyncClient) -> None:
    job = await ask(planner, format="flatgeobuf")
    taken = await jobs._claimed()
    version = (await planner.get(f"/api/exports/{job['id']}")).json()["version"]
    await planner.delete(f"/api/exports/{job['id']}", headers={"if-match": f'"{version}"'})
    before = len(await records("export.make"))
    await jobs._one(taken)
    assert len(await records("export.make")) == before, "no export, no record of one"


async def test_files_of_yesterday_are_swept(planner: httpx.AsyncClient) -> None:
    job = await ask(planner)
    await worked()
    await settle(planner, job["id"])
    async with db.engine().begin() as conn:
        await conn.execute(text("UPDATE export_job SET finished_at = now() - interval '25 hours' WHERE id = :id"), {"id": job["id"]})
    orphan = service.folder() / "999999"
    orphan.mkdir(parents=True)
    await jobs.sweep()
    assert not orphan.exists()
    gone = await planner.get(f"/api/exports/{job['id']}/file")
    assert (gone.status_code, gone.json()["code"]) == (410, "export_gone")


async def test_the_switch_for_shifted_coordinates(coded: None) -> None:
    async with client_of(person(Role.admin)) as admin, client_of(person(Role.planner)) as planner:
        off = await admin.get("/api/settings/shifted-crs")
        assert off.json()["is_enabled"] is False
        asked = {"json": {"is_enabled": True}}
        assert (await planner.put("/api/settings/shifted-crs", **asked, headers={"if-match": off.headers["etag"]})).status_code == 403
        assert (await admin.put("/api/settings/shifted-crs", **asked)).status_code == 428
        assert (await admin.put("/api/settings/shifted-crs", **asked, headers={"if-match": '"7"'})).status_code == 412
        on = await admin.put("/api/settings/shifted-crs", **asked, headers={"if-match": off.headers["etag"]})
        assert on.json()["is_enabled"] is True
        assert (await records("settings.shifted_crs"))[0]["detail"] == {"is_enabled": True}
        job = await ask(planner, crs="urn:yima:crs:GCJ02")
        await worked()
        said = await settle(planner, job["id"])
        file = await planner.get(f"/api/exports/{job['id']}/file")
        assert "GCJ-02偏移坐标" in said["file_name"]
        assert file.headers["content-crs"] == "<urn:yima:crs:GCJ02>"
        assert file.json()["features"][0]["properties"]["coordinates"] == "GCJ-02 (偏移坐标, 不得用于量算)"
        await admin.put("/api/settings/shifted-crs", json={"is_enabled": False}, headers={"if-match": f'"{on.json()["version"]}"'})
        refused = await planner.post("/api/exports", json={"collection": "parcels", "format": "csv", "crs": "urn:yima:crs:BD09"})
        assert refused.json()["code"] == "shifted_crs_off"


async def test_the_writing_process_says_why_it_failed(tmp_path: Path, seeded: None) -> None:
    order = Order(COUNTY, "parcels", "宗地", "csv", (), Target(4490, ""), ("SELECT pg_sleep(30)", ()), ("", ()), ("SELECT 1/0", ()))
    with pytest.raises(ExportFailed):
        await child.write(db.plain_dsn(settings().dsn), order, tmp_path / "x.csv", lambda _done, _of: None)


async def test_a_killed_process_is_noticed(tmp_path: Path, seeded: None) -> None:
    sql = ("SELECT 0 AS version, NULL::date AS facts_as_of, 4549 AS meridian FROM pg_sleep(30)", ())
    order = Order(COUNTY, "parcels", "宗地", "csv", (), Target(4490, ""), ("SELECT 1", ()), ("", ()), sql)
    writing = asyncio.create_task(child.write(db.plain_dsn(settings().dsn), order, tmp_path / "x.csv", lambda _done, _of: None))
    pid = 0
    while not pid:
        await asyncio.sleep(0.2)
        for line in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                own = b"app.maps.exports.produce" in line.read_bytes() and f"PPid:\t{os.getpid()}" in (line.parent / "status").read_text()
            except OSError:
                continue
            pid = int(line.parent.name) if own else pid
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(ExportFailed, match="中断"):
        await writing


async def test_by_hand_with_progress_and_record(coded: None, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    out = tmp_path / "低效.gpkg"
    made = await by_hand.export(
        person(Role.admin), "parcels", "gpkg", out, {"filter": "grade = 'A'"}, told=lambda done, of: seen.append((done, of))
    )
    assert out.stat().st_size == made.size
    assert seen[-1] == (made.rows, made.rows)
    assert (await records("export.make"))[0]["detail"]["rows"] == made.rows
