"""Imports over HTTP: from upload to the register, questions, limits, who may."""

import asyncio
import json
import os
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from app.core.principal import Principal, Role
from app.core.queue import one
from app.imports.jobs import kept, stream, worker
from app.settings import settings

from . import makers
from .conftest import TestCounty
from .makers import square
from .over_http import (
    URL,
    applied,
    client_of,
    hand_in,
    look,
    parcels,
    person,
    records,
    staged,
    step,
    worked,
)  # fmt: skip


async def test_from_upload_to_the_register(planner: httpx.AsyncClient, county: TestCounty, tmp_path: Path) -> None:
    rows = [{"宗地代码": county.key(n), "证载面积": 8000, "备注": "x"} for n in (1, 2, 2)]
    file = makers.gpkg(tmp_path / "宗地.gpkg", rows, [square(0, 0), square(200, 0), square(400, 0)])
    made = await hand_in(planner, file, supplier="测绘院")
    job = made.json()
    assert (made.status_code, job["state"], job["version"], made.headers["etag"]) == (201, "queued", 1, '"1"')
    assert made.headers["location"].endswith(f"{URL}/{job['id']}")
    assert made.headers["cache-control"] == "private, no-store"
    assert kept.folder().joinpath(county.code, job["uploads"][0]["sha256"]).read_bytes() == file.read_bytes()
    await worked()
    job = await look(planner, job)
    assert (job["state"], job["can"]) == ("staged", ["decide", "apply", "cancel"]), job
    assert {k: job["counts"][k] for k in ("rows", "applied", "new")} == {"rows": 3, "applied": 2, "new": 2}
    assert {c["code"]: c["count"] for c in job["issue_counts"]}["duplicate_key"] == 1
    read = job["files"][0]
    assert (read["name"], read["rows"], read["size"]) == ("宗地.gpkg", 3, file.stat().st_size)
    assert read["mapping"]["columns"]["area_registered"] == {"header": "证载面积", "unit": "", "label": "证载面积"}
    assert read["columns_unused"] == ["备注"]
    assert read["detected"]["crs"]["value"] == "EPSG:4549"
    assert await county.value("SELECT count(*) FROM parcel WHERE county_code = :c") == 0, "nothing is written before somebody says so"

    found = (await planner.get(f"{URL}/{job['id']}/issues", params={"code": "duplicate_key"})).json()
    assert [(i["row"], i["severity"], i["file"]) for i in found["issues"]] == [(3, "error", "宗地.gpkg")]
    assert found["issues"][0]["message"]
    diff = (await planner.get(f"{URL}/{job['id']}/diff", params={"class": "new", "limit": 1})).json()
    assert diff["classes"] == {"new": 2, "same": 0}
    assert (diff["rows"][0]["key"], diff["more"]) == (county.key(1), True)
    rest = (await planner.get(f"{URL}/{job['id']}/diff", params={"after": diff["rows"][0]["row_id"]})).json()
    assert [r["key"] for r in rest["rows"]] == [county.key(2)]
    drawn = (await planner.get(f"{URL}/{job['id']}/diff", params={"format": "geojson"})).json()
    assert [f["geometry"]["type"] for f in drawn["features"]] == ["MultiPolygon", "MultiPolygon"]

    job = await applied(planner, job)
    assert (job["state"], job["applied_by"], job["can"]) == ("applied", "张三", ["undo"])
    assert await county.value("SELECT count(*) FROM parcel_version WHERE county_code = :c AND import_id = :i", i=job["id"]) == 2
    assert await records(county) == ["import.create", "import.accept", "import.apply"]
    listed = (await planner.get(URL, params={"kind": "parcels", "state": "applied"})).json()
    assert [one["id"] for one in listed["imports"]] == [job["id"]]


async def test_what_is_not_known_is_asked_and_decided(planner: httpx.AsyncClient, county: TestCounty, tmp_path: Path) -> None:
    plane = makers.geojson(tmp_path / "宗地.geojson", [({"宗地代码": county.key(1)}, square(0, 0))])
    job = await staged(planner, plane)
    assert (job["state"], job["questions"][0]["field"]) == ("asking", "crs"), job
    assert job["problem"]["code"] == "crs_missing"
    assert "EPSG:4549" in [choice["value"] for choice in job["questions"][0]["choices"]]
    assert (await step(planner, job, "apply")).json()["code"] == "import_step_refused"
    again = await step(planner, job, "decisions", {"crs": "EPSG:4549"})
    assert (again.status_code, again.json()["state"], again.json()["questions"]) == (200, "queued", [])
    await worked()
    job = await look(planner, job)
    assert (job["state"], job["options"]) == ("staged", {"crs": "EPSG:4549"})
    assert job["files"][0]["detected"]["crs"]["reason"] == "用户指定"

    layers = makers.gpkg(tmp_path / "两层.gpkg", [{"宗地代码": county.key(2)}], [square(0, 0)], layer="甲")
    makers.gpkg(layers, [{"宗地代码": county.key(3)}], [square(200, 0)], layer="乙", append=True)
    job = await staged(planner, layers)
    assert [(q["field"], sorted(c["value"] for c in q["choices"])) for q in job["questions"]] == [("layer", ["乙", "甲"])]

    zone = makers.gpkg(tmp_path / "规划.gpkg", [{"编号": "A1"}], [square(0, 0)])
    job = await staged(planner, zone, kind="planning")
    assert (job["state"], job["questions"][0]["field"]) == ("asking", "family"), job
    await step(planner, job, "decisions", {"family": job["questions"][0]["choices"][0]["value"]})
    await worked()
    assert (await look(planner, job))["state"] == "staged"


async def test_columns_are_remembered_per_supplier(planner: httpx.AsyncClient, county: TestCounty, tmp_path: Path) -> None:
    header = ["代号", "名字", "缴税(元)"]
    book = makers.xlsx(tmp_path / "企业.xlsx", header, [["91330282MA2AAAAA1X", "甲厂", 5]])
    job = await staged(planner, book, kind="enterprises", supplier="经信局")
    question = job["questions"][0]
    assert (job["state"], question["field"]) == ("asking", "mapping"), job
    assert [c["value"] for c in question["choices"]] == header
    assert {m["value"] for m in question["missing"]} == {"uscc", "name"}
    await step(planner, job, "decisions", {"mapping": {"uscc": {"header": "代号"}, "name": "名字"}})
    await worked()
    job = await look(planner, job)
    assert (job["state"], job["files"][0]["mapping"]["reason"]) == ("staged", "用户指定"), job
    assert (await applied(planner, job))["state"] == "applied"
    other = await staged(planner, book, kind="enterprises", supplier="统计局")
    assert other["state"] == "asking", "another supplier's word is not his"
    turned = makers.xlsx(tmp_path / "二.xlsx", header[::-1], [[5, "乙厂", "91330282MA2AAAAA1X"]])
    job = await staged(planner, turned, kind="enterprises", supplier="经信局")
    assert job["state"] == "staged", job
    assert job["files"][0]["mapping"]["reason"] == "沿用该供件单位上次的对应"
    assert job["files"][0]["mapping"]["columns"]["name"]["header"] == "名字"
    quality = (await planner.get(f"{URL}/suppliers")).json()["suppliers"]
    assert [(q["supplier"], q["deliveries"]) for q in quality] == [("经信局", 2)]
    assert [t["id"] for t in quality[0]["trend"]] == sorted(t["id"] for t in quality[0]["trend"])


async def test_what_no_decision_helps_is_refused_by_name(planner: httpx.AsyncClient, county: TestCounty, tmp_path: Path) -> None:
    (cut := tmp_path / "半.gpkg").write_bytes(parcels(tmp_path / "全.gpkg", county, range(3)).read_bytes()[:5000])
    job = await staged(planner, cut)
    assert (job["state"], job["problem"]["code"], job["questions"]) == ("refused", "file_unreadable", []), job
    assert "半.gpkg" in job["problem"]["detail"]
    with zipfile.ZipFile(tmp_path / "出.zip", "w") as packed:
        packed.writestr("../../外.csv", "a,b\n1,2\n")
    assert "越出" in (await staged(planner, tmp_path / "出.zip"))["problem"]["detail"]
    with zipfile.ZipFile(tmp_path / "弹.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("大.csv", b"0" * (80 << 20))
    assert "压缩" in (await staged(planner, tmp_path / "弹.zip"))["problem"]["detail"]


async def test_uploads_are_bounded(planner: httpx.AsyncClient, county: TestCounty, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = parcels(tmp_path / "a.gpkg", county, range(2))
    for name in ("../a.gpkg", "a/b.gpkg", "..", ""):
        said = await planner.post(URL, data={"kind": "parcels"}, files=[("file", (name, b"x"))], headers={"idempotency-key": str(uuid4())})
        assert said.status_code == 422, (name, said.text)
    assert (await hand_in(planner, file, file)).json()["code"] == "upload_invalid"
    assert (await hand_in(planner)).status_code == 422
    (strange := tmp_path / "图.dwg").write_bytes(b"AC1032")
    assert (await hand_in(planner, file, strange)).json()["code"] == "format_unknown"
    (nothing := tmp_path / "空.csv").touch()
    assert (await hand_in(planner, nothing)).json()["code"] == "upload_invalid"
    assert (await hand_in(planner, file, kind="什么")).json()["code"] == "kind_unknown"
    assert (await hand_in(planner, file, options="{")).json()["pointer"] == "/options"
    assert (await hand_in(planner, file, options='{"mapping": {"a": {"b": 1}}}')).json()["code"] == "body_invalid"
    assert (await hand_in(planner, file, supplier="a\x00b")).json()["code"] == "body_invalid"
    assert (await hand_in(planner, file, colour="red")).json()["code"] == "body_invalid"
    monkeypatch.setattr(settings(), "import_mb", 1)
    (large := tmp_path / "大.csv").write_bytes(b"a,b\n" * 600_000)
    assert (await hand_in(planner, large)).json()["code"] == "import_too_large"

    async def without_length() -> AsyncIterator[bytes]:
        yield b'--x\r\ncontent-disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
        for _ in range(40):
            yield b"a" * 100_000

    headers = {"idempotency-key": str(uuid4()), "content-type": "multipart/form-data; boundary=x"}
    said = await planner.post(URL, content=without_length(), headers=headers)
    assert (said.status_code, said.json()["code"]) == (413, "too_large")
    assert await county.value("SELECT count(*) FROM import_job WHERE county_code = :c") == 0
    kept.sweep(set(), older_than_seconds=-5)
    assert not [f for f in (kept.folder() / county.code).glob("*") if f.is_file()]


async def test_who_may(planner: httpx.AsyncClient, county: TestCounty, tmp_path: Path) -> None:
    job = await staged(planner, parcels(tmp_path / "a.gpkg", county, range(2)))
    ways = ("", "/issues", "/diff", "/manifest", "/events")
    for role in (Role.officer, Role.viewer, Role.leader, Role.auditor, Role.acceptor):
        async with client_of(person(county, role)) as other:
            assert {(await other.get(f"{URL}/{job['id']}{way}")).status_code for way in ways} == {403}
            assert (await hand_in(other, tmp_path / "a.gpkg")).status_code == 403
            assert (await step(other, job, "cancel")).status_code == 403
    async with client_of(Principal(7, "李四", Role.admin, "330683")) as stranger:
        assert {(await stranger.get(f"{URL}/{job['id']}{way}")).status_code for way in ways} == {404}
        for name in ("apply", "cancel", "decisions"):
            assert (await step(stranger, job, name)).status_code == 404
        assert job["id"] not in [one["id"] for one in (await stranger.get(URL)).json()["imports"]]
    assert (await planner.post(f"{URL}/{job['id']}/cancel", json={}, headers={"idempotency-key": "x"})).status_code == 428
    assert (await step(planner, job | {"version": 1}, "cancel")).status_code == 412
    assert (await step(planner, job, "cancel")).json()["state"] == "cancelled"
    assert (await planner.get(URL, params={"colour": "red"})).status_code == 400


async def test_the_same_request_again_is_one_import(planner: httpx.AsyncClient, county: TestCounty, tmp_path: Path) -> None:
    file, key = parcels(tmp_path / "a.gpkg", county, range(1)), str(uuid4())
    said = [await planner.post(URL, data={"kind": "parcels"}, files=[("file", (file.name, file.read_bytes()))],
                               headers={"idempotency-key": key}) for _ in range(2)]  # fmt: skip
    assert [one.status_code for one in said] == [201, 201]
    assert said[0].json()["id"] == said[1].json()["id"]


async def test_a_shapefile_in_parts_and_a_manifest_that_replays(planner: httpx.AsyncClient, county: TestCounty, tmp_path: Path) -> None:
    rows = [{"宗地代码": county.key(1), "名称": "甲"}]
    shape = makers.shapefile(tmp_path / "宗地.shp", rows, [square(0, 0)])
    parts = sorted(tmp_path.glob("宗地.*"))
    job = await staged(planner, *parts, options=json.dumps({"encoding": "GBK"}))
    assert (job["state"], job["counts"]["rows"], len(job["files"])) == ("staged", 1, 1), job
    manifest = (await planner.get(f"{URL}/{job['id']}/manifest")).json()
    assert [f["name"] for f in manifest["files"]] == [p.name for p in parts]
    again = await planner.post(URL, data={"manifest": json.dumps(manifest)}, files=[("file", (f"x{i}", p.read_bytes())) for i, p in enumerate(parts)],
                               headers={"idempotency-key": str(uuid4())})  # fmt: skip
    assert again.status_code == 201, again.text
    await worked()
    replay = await look(planner, again.json())
    for same in ("counts", "issue_counts", "data_on", "kind"):
        assert replay[same] == job[same], same
    assert replay["options"] == job["options"] | {"mappings": manifest["mappings"]}
    assert [f | {"mapping": f["mapping"]["columns"]} for f in replay["files"]] == [
        f | {"mapping": f["mapping"]["columns"]} for f in job["files"]
    ]
    shape.write_bytes(b"other")
    wrong = await planner.post(URL, data={"manifest": json.dumps(manifest)}, files=[("file", ("a", shape.read_bytes()))],
                               headers={"idempotency-key": str(uuid4())})  # fmt: skip
    assert (wrong.status_code, wrong.json()["code"]) == (422, "manifest_mismatch")


async def test_one_of_a_kind_at_a_time(planner: httpx.AsyncClient, county: TestCounty, tmp_path: Path) -> None:
    first = (await hand_in(planner, parcels(tmp_path / "a.gpkg", county, range(3)))).json()
    second = (await hand_in(planner, parcels(tmp_path / "b.gpkg", county, range(2)), options='{"covers": "all"}')).json()
    other = (await hand_in(planner, makers.gpkg(tmp_path / "c.gpkg", [{"编号": "A1"}], [square(0, 0)]), kind="control-lines")).json()
    taken = await worker.claim()
    assert taken.id == first["id"]
    beside = await worker.claim()
    assert beside.id == other["id"], "another kind runs beside it"
    assert await worker.claim() is None
    waiting = await look(planner, second)
    assert (waiting["state"], str(first["id"]) in waiting["message"]) == ("queued", True)
    await asyncio.gather(one(worker.QUEUE, taken), one(worker.QUEUE, beside))
    await worked()
    first, second = await look(planner, first), await look(planner, second)
    assert (first["state"], second["state"], second["counts"]["new"]) == ("staged", "staged", 2)
    assert (await applied(planner, first))["state"] == "applied"
    late = await applied(planner, second)
    assert late["state"] == "staged", "the register is another than was shown: compared anew, nothing written"
    assert late["counts"] | {"new": 0, "same": 2, "vanished": 1} == late["counts"]
    assert (await applied(planner, late))["counts"]["vanished"] == 1


async def test_events_tell_each_change_and_end(
    planner: httpx.AsyncClient, county: TestCounty, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "LOOK_SECONDS", 0.05)
    job = (await hand_in(planner, parcels(tmp_path / "a.gpkg", county, range(3)))).json()
    _, said = await asyncio.gather(worked(), planner.get(f"{URL}/{job['id']}/events"))
    assert said.headers["content-type"].startswith("text/event-stream")
    told = [json.loads(line[6:]) for line in said.text.splitlines() if line.startswith("data: ")]
    assert told[0]["state"] in ("queued", "staging")
    assert told[-1]["state"] == "staged"
    assert said.text.startswith("event: job\n")


async def test_issues_as_table_and_map(planner: httpx.AsyncClient, county: TestCounty, tmp_path: Path) -> None:
    rows = [{"宗地代码": "=HYPERLINK(1)", "证载面积": 8000}, {"宗地代码": county.key(1), "证载面积": 8000}]
    job = await staged(planner, makers.gpkg(tmp_path / "a.gpkg", rows, [square(0, 0), square(50, 0)]))
    table = await planner.get(f"{URL}/{job['id']}/issues", params={"format": "csv"})
    assert table.content.startswith(b"\xef\xbb\xbf")
    assert "'=HYPERLINK(1)" in table.text
    assert len(table.text.splitlines()) == 1 + sum(c["count"] for c in job["issue_counts"])
    drawn = (await planner.get(f"{URL}/{job['id']}/issues", params={"format": "geojson", "severity": "warning"})).json()
    assert len(drawn["features"]) == sum(c["count"] for c in job["issue_counts"] if c["severity"] == "warning")
    pages = []
    after, more = 0, True
    while more:
        page = (await planner.get(f"{URL}/{job['id']}/issues", params={"limit": 1, "after": after})).json()
        pages += page["issues"]
        after, more = pages[-1]["id"], page["more"]
    assert len({one["id"] for one in pages}) == len(pages) == len(table.text.splitlines()) - 1


async def test_files_that_no_import_names_are_swept(planner: httpx.AsyncClient, county: TestCounty, tmp_path: Path) -> None:
    job = (await hand_in(planner, parcels(tmp_path / "a.gpkg", county, range(3)))).json()
    orphan = kept.folder() / county.code / ("0" * 64)
    orphan.write_bytes(b"left by a request that was rolled back")
    os.utime(orphan, (0, 0))
    named = kept.folder() / county.code / job["uploads"][0]["sha256"]
    os.utime(named, (0, 0))
    await worker.sweep()
    assert (orphan.exists(), named.exists()) == (False, True)
    await worked()
