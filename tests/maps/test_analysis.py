"""范围套合 on a real PostGIS: sums, overlaps, holes, roles, files, workbook."""

import io
import json
import random
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import geopandas
import httpx
import pyogrio
import pytest
import python_calamine
import shapely
from fastapi import Depends, FastAPI
from sqlalchemy import text

from app.accounts.deps import signed
from app.core import crs, db, web
from app.core.principal import Principal, Role
from app.maps import publish
from app.maps.analysis import service
from app.maps.analysis.router import XLSX, router
from tests.maps.conftest import BASE, COUNTY, OTHER, OWN, filled, person

OVERLAY = "/api/analysis/overlay"
# 61 lies over 1 and 2; firms: two on parcel 1, one of them on 2 and 31 too; one whose lease has ended
MORE = (
    "INSERT INTO parcel (id, county_code, land_code, source_key) VALUES (:b + 61, :c, :c || '001P000061X', 'k61')",
    "INSERT INTO parcel_version (county_code, parcel_id, valid, geom, name, town_code, responsible_body, ownership, area_planar_m2, area_geodesic_m2)"
    " VALUES (:c, :b + 61, '[2024-01-01,)', ST_Multi(ST_MakeEnvelope(121.0014, 30.0002, 121.0024, 30.0006, 4490)), '压盖', :own, :own, 'J', 4000, 4000)",
    "INSERT INTO enterprise (county_code, uscc, name) VALUES (:c, '91330282TEST0000A1', '甲厂'), (:c, '91330282TEST0000B2', '=乙厂'), (:c, '91330282TEST0000C3', '丙厂')",
    "INSERT INTO occupancy (county_code, enterprise_id, parcel_id, relation, area_m2, start_on, end_on)"
    " SELECT :c, e.id, :b + p, r, 100, CAST(s AS date), CAST(x AS date) FROM (VALUES ('91330282TEST0000A1', 1, 'own', '2020-01-01', NULL),"
    " ('91330282TEST0000B2', 1, 'rent_in', NULL, NULL), ('91330282TEST0000A1', 2, 'rent_out', NULL, NULL), ('91330282TEST0000A1', 31, 'own', NULL, NULL),"
    " ('91330282TEST0000C3', 2, 'own', '2020-01-01', '2025-09-30')) AS t (u, p, r, s, x) JOIN enterprise e ON e.uscc = t.u AND e.county_code = :c",
)


@pytest.fixture(scope="module")
async def laid(county: None) -> AsyncIterator[None]:
    async with db.engine().begin() as conn:
        for statement in MORE:
            await conn.exec_driver_sql(filled(statement))
        await publish.publish(conn, COUNTY)
    yield
    async with db.engine().begin() as conn:
        for table in ("occupancy", "enterprise"):
            await conn.execute(text(f"DELETE FROM {table} WHERE county_code = :c"), {"c": COUNTY})


@asynccontextmanager
async def asking(principal: Principal) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI(dependencies=[Depends(web.known_parameters), Depends(web.storable_text)])
    web.install(app)
    app.include_router(router)
    app.dependency_overrides[signed] = lambda: principal
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
        yield client


@pytest.fixture
async def planner(laid: None) -> AsyncIterator[httpx.AsyncClient]:
    async with asking(person(Role.planner)) as client:
        yield client


def body(geom: Any) -> dict[str, Any]:
    return {"geometry": json.loads(shapely.to_geojson(geom))}


async def ask(client: httpx.AsyncClient, geom: Any) -> dict[str, Any]:
    answer = await client.post(OVERLAY, json=body(geom))
    assert answer.status_code == 200, answer.text
    return answer.json()


def in_plane(geom: Any) -> float:
    return float(crs.planar_area_m2(shapely.get_parts(shapely.multipolygons([geom]) if geom.geom_type == "Polygon" else geom), 4549).sum())


async def test_parts_of_random_ranges_add_up(planner: httpx.AsyncClient) -> None:
    chance = random.Random(7)
    for _ in range(25):
        x, y = chance.uniform(120.998, 121.008), chance.uniform(29.999, 30.005)
        points = shapely.multipoints([(x + chance.uniform(0, 0.006), y + chance.uniform(0, 0.004)) for _ in range(9)])
        geom = shapely.convex_hull(points)
        if chance.random() < 0.5:
            geom = shapely.difference(geom, geom.centroid.buffer(0.0005))
        said = await ask(planner, geom)
        check = said["sum_check"]
        assert check["is_closed"], check
        assert check["range_m2"] == pytest.approx(in_plane(geom), abs=0.01)
        printed = sum(p["counted_m2"] for p in said["parcels"]) + said["uncovered"]["m2"]
        assert printed == pytest.approx(said["range"]["m2"], abs=0.001)
        for cut in ("by_class", "by_ownership"):
            assert sum(g["m2"] for g in said[cut]) + said["uncovered"]["m2"] == pytest.approx(said["range"]["m2"], abs=0.001)
        assert {p["family"] for p in said["planning"]} >= {"control_line", "urban_growth_boundary", "ecological_redline"}
        for layer in said["planning"]:
            assert not layer["checked"] or layer["inside_m2"] + layer["outside_m2"] == pytest.approx(said["range"]["m2"], abs=0.001)


async def test_figures_agree_with_postgis(planner: httpx.AsyncClient) -> None:
    geom = shapely.Polygon([(121.0003, 30.0003), (121.0058, 30.0011), (121.0049, 30.0032), (121.0001, 30.0028)])
    said = await ask(planner, geom)
    statement = text(
        "WITH r AS (SELECT ST_Transform(ST_GeomFromText(:wkt, 4490), 4549) AS g), p AS (SELECT ST_Intersection(ST_Transform(v.geom, 4549), r.g) AS g"
        " FROM parcel_version v, r WHERE v.county_code = :c AND v.is_current) SELECT ST_Area(ST_Union(p.g)) AS once, sum(ST_Area(p.g)) AS twice FROM p"
    )
    async with db.reading() as conn:
        truth = (await conn.execute(statement, {"wkt": geom.wkt, "c": COUNTY})).one()
    assert said["totals"]["m2"] == pytest.approx(truth.once, abs=0.01)
    assert said["totals"]["covered_sum_m2"] == pytest.approx(truth.twice, abs=0.02 * said["totals"]["n_parcels"])
    assert said["totals"]["overlap_m2"] == pytest.approx(truth.twice - truth.once, abs=0.1)


async def test_overlap_is_counted_once_and_named(planner: httpx.AsyncClient) -> None:
    said = await ask(planner, shapely.box(121.0005, 29.9995, 121.0030, 30.0012))
    assert said["overlaps"]["n_pairs"] == 2
    assert {pair["land_codes"][1][-4:] for pair in said["overlaps"]["pairs"]} == {"061X"}
    assert said["totals"]["overlap_m2"] > 1000
    assert said["sum_check"]["is_closed"]
    first = next(p for p in said["parcels"] if p["land_code"].endswith("000001X"))
    assert (first["name"], first["responsible_body_name"], first["ownership"], first["tax_band"]) == ("宗地1", "甲镇", "G", "≤5")
    assert first["covered_m2"] == first["counted_m2"]
    assert first["share_of_parcel"] == 1


async def test_multi_part_with_hole_and_a_range_on_no_parcel(planner: httpx.AsyncClient) -> None:
    ring = shapely.difference(shapely.box(121.0, 30.0, 121.004, 30.003), shapely.box(121.001, 30.001, 121.0018, 30.0018))
    geom = shapely.multipolygons([ring, shapely.box(121.006, 30.004, 121.008, 30.006)])
    said = await ask(planner, geom)
    assert said["range"]["n_parts"] == 2
    assert said["sum_check"]["is_closed"]
    empty = await ask(planner, shapely.box(121.00182, 30.0012, 121.00198, 30.0016))
    assert (empty["parcels"], empty["totals"]["n_parcels"], empty["enterprises"]["n"]) == ([], 0, 0)
    assert empty["uncovered"]["m2"] == empty["range"]["m2"] == empty["sum_check"]["parts_m2"]


async def test_planning_checked_even_when_none(planner: httpx.AsyncClient) -> None:
    said = await ask(planner, shapely.box(121.004, 30.001, 121.006, 30.003))
    by = {(p["family"], p["version"]): p for p in said["planning"]}
    line = by["control_line", "2"]
    assert (line["in_force"], line["checked"], line["relation"], line["relation_label"]) == (True, True, "crossing", "跨线")
    assert line["ratio"] == pytest.approx(0.5, abs=0.001)
    assert by["control_line", "1"]["in_force"] is False
    assert by["permanent_basic_farmland", "1"]["zones"] is None
    assert by["urban_growth_boundary", None]["checked"] is False
    outside = await ask(planner, shapely.box(121.0061, 30.0055, 121.007, 30.006))
    line = next(p for p in outside["planning"] if p["version"] == "2")
    assert (line["checked"], line["inside_m2"], line["note"]) == (True, 0, "已核查,范围内没有")


async def test_enterprises_of_the_day_each_once(planner: httpx.AsyncClient) -> None:
    said = (await ask(planner, shapely.box(120.9995, 29.9995, 121.0105, 30.0070)))["enterprises"]
    assert said["n"] == 2
    assert {(r["name"], r["relation"]) for r in said["rows"]} == {("甲厂", "own"), ("甲厂", "rent_out"), ("=乙厂", "rent_in")}
    assert {b["relation"]: b["n"] for b in said["by_relation"]} == {"own": 1, "rent_in": 1, "rent_out": 1}


async def test_an_officer_sees_outlines_of_others(laid: None) -> None:
    async with asking(person(Role.officer, OWN)) as officer:
        said = await ask(officer, shapely.box(121.0, 30.002, 121.006, 30.0049))
    mine = [p for p in said["parcels"] if p["responsible_body"] == OWN]
    others = [p for p in said["parcels"] if p["is_outline"]]
    assert mine
    assert others
    assert len(mine) + len(others) == said["totals"]["n_parcels"]
    for row in others:
        shown = {k for k, v in row.items() if v is not None} - {"is_outline", "href"}
        assert shown == {"land_code", "covered_m2", "covered_mu", "counted_m2", "parcel_m2", "share_of_parcel", "share_of_range"}
    assert OTHER not in json.dumps(said)
    assert "乙镇" not in json.dumps(said, ensure_ascii=False)
    assert all(r["land_code"] in {p["land_code"] for p in mine} for r in said["enterprises"]["rows"])
    assert said["by_class"][-1]["key"] == "other_body"
    assert said["sum_check"]["is_closed"]


async def test_viewer_and_stranger(laid: None) -> None:
    square = shapely.box(121.0, 30.0, 121.002, 30.002)
    async with asking(person(Role.viewer)) as viewer:
        assert (await viewer.post(OVERLAY, json=body(square))).status_code == 403
        assert (await viewer.post(OVERLAY, content=b"{")).status_code == 403
    async with asking(person(Role.planner, county="330282")) as stranger:
        answer = await stranger.post(OVERLAY, json=body(square))
        assert answer.status_code == 422 or answer.json()["totals"]["n_parcels"] == 0


@pytest.mark.parametrize(
    ("geom", "code"),
    [
        (shapely.box(110, 20, 110.1, 20.1), "range_outside"),
        (shapely.box(115, 25, 125, 35), "range_too_large"),
        (shapely.box(121.001, 30.001, 121.001 + 1e-10, 30.001 + 1e-10), "range_empty"),
        (shapely.LineString([(121, 30), (121.1, 30.1)]), "range_not_polygon"),
    ],
)
async def test_bad_ranges_are_named(planner: httpx.AsyncClient, geom: Any, code: str) -> None:
    answer = await planner.post(OVERLAY, json=body(geom))
    assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{", b'{"x":1}', b"[" * 100_000, b'{"geometry":{"type":"Polygon","coordinates":' + b"[" * 5000]
)
async def test_bad_bodies_are_422(planner: httpx.AsyncClient, content: bytes) -> None:
    answer = await planner.post(OVERLAY, content=content, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "body_invalid")


async def test_too_much(planner: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = await planner.post(OVERLAY, content=b" " * (5 << 20))
    assert answer.status_code == 413
    monkeypatch.setattr(service, "MAX_PARCELS", 5)
    answer = await planner.post(OVERLAY, json=body(shapely.box(121.0, 30.0, 121.006, 30.004)))
    assert (answer.status_code, answer.json()["code"]) == (422, "range_too_large")


# --- files ---------------------------------------------------------------------------------------------------------

RING = [(121.0005, 30.0005), (121.0045, 30.0007), (121.0043, 30.0028), (121.0006, 30.0025)]
FIELD = shapely.Polygon(RING)


def _txt(geom: Any) -> bytes:
    plane = crs.reproject(shapely.get_parts(shapely.multipolygons([geom])), 4490, 4549)[0]
    lines = ["[属性描述]", "坐标系=2000国家大地坐标系", "几度分带=3", "投影类型=高斯克吕格", "计量单位=米", "带号=40", "[地块坐标]"]
    ring = shapely.get_coordinates(plane.exterior)
    lines += [f"{len(ring)},1.0,1,红线,面,,工业,,@", *(f"J{n},1,{north:.4f},{east:.4f}" for n, (east, north) in enumerate(ring, 1))]
    return "\n".join(lines).encode("gbk")


def _shapefile(folder: Path, geom: Any) -> bytes:
    geopandas.GeoDataFrame({"n": [1]}, geometry=[geom], crs=4490).to_file(folder / "red.shp", engine="pyogrio")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for part in folder.glob("red.*"):
            packed.write(part, part.name)
    return out.getvalue()


def _dxf(folder: Path, geom: Any) -> bytes:
    plane = crs.reproject(shapely.get_parts(shapely.multipolygons([geom])), 4490, 4549)[0]
    frame = geopandas.GeoDataFrame(geometry=[plane.exterior, shapely.LineString([(5e5, 3e6), (5.1e5, 3e6)])], crs=4549)
    pyogrio.write_dataframe(frame, folder / "red.dxf", driver="DXF")
    return (folder / "red.dxf").read_bytes()


async def test_every_format_gives_the_same_answer(planner: httpx.AsyncClient, tmp_path: Path) -> None:
    drawn = await ask(planner, FIELD)
    geojson = json.dumps({"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}, **body(FIELD)}]}).encode()
    sent = {"红线.geojson": geojson, "a.txt": _txt(FIELD), "a.zip": _shapefile(tmp_path, FIELD), "a.dxf": _dxf(tmp_path, FIELD)}
    for name, content in sent.items():
        data = {"crs": "EPSG:4549"} if name.endswith("dxf") else {}
        answer = await planner.post(OVERLAY, files={"file": (name, content)}, data=data)
        assert answer.status_code == 200, (name, answer.text)
        said = answer.json()
        assert said["range"]["m2"] == pytest.approx(drawn["range"]["m2"], abs=0.1), name
        assert [p["land_code"] for p in said["parcels"]] == [p["land_code"] for p in drawn["parcels"]]
        assert said["range"]["source"]["label"]
    assert any("略去未闭合的线 1 条" in note for note in said["notes"])


async def test_files_that_cannot_be_a_range(planner: httpx.AsyncClient, tmp_path: Path) -> None:
    line = json.dumps({"type": "Feature", "properties": {}, **body(FIELD.exterior)}).encode()
    plane = json.dumps({"type": "Feature", "properties": {}, **body(shapely.box(5e5, 3e6, 5.1e5, 3.1e6))}).encode()
    for name, content, code in (
        ("a.dxf", _dxf(tmp_path, FIELD), "crs_missing"),
        ("a.dxf", b"nonsense", "crs_missing"),
        ("a.exe", b"MZ", "format_unknown"),
        ("", b"x", "body_invalid"),
        ("a.geojson", b"", "file_unreadable"),
        ("a.geojson", b"{}", "file_unreadable"),
        ("a.zip", b"PK\x03\x04broken", "file_unreadable"),
        ("a.txt", b"hello", "file_unreadable"),
        ("a.geojson", line, "range_not_polygon"),
        ("a.geojson", plane, "crs_missing"),
    ):
        answer = await planner.post(OVERLAY, files={"file": (name, content)})
        assert (answer.status_code, answer.json()["code"]) == (422, code), (name, answer.text)
        assert "--crs" not in answer.text
    answer = await planner.post(OVERLAY, files={"file": ("a.dxf", b"nonsense")}, data={"crs": "EPSG:4549"})
    assert (answer.status_code, answer.json()["code"]) == (422, "file_unreadable")
    for crs_said in ("EPSG:99", "EPSG:9999", "+proj=longlat", "/etc/passwd"):
        answer = await planner.post(OVERLAY, files={"file": ("a.dxf", b"0")}, data={"crs": crs_said})
        assert (answer.status_code, answer.json()["code"]) == (422, "crs_invalid"), crs_said
    for sent in (
        {"files": {"other": ("a.txt", b"x")}},
        {"data": {"file": "text"}, "files": {"x": ("a", b"")}},
        {"content": b"--", "headers": {"content-type": "multipart/form-data"}},
    ):
        answer = await planner.post(OVERLAY, **sent)
        assert (answer.status_code, answer.json()["code"]) == (422, "body_invalid"), answer.text


# --- workbook ------------------------------------------------------------------------------------------------------


async def test_workbook_opens_and_says_the_same(planner: httpx.AsyncClient) -> None:
    geom = shapely.box(121.0005, 29.9995, 121.0030, 30.0012)
    said = await ask(planner, geom)
    answer = await planner.post(OVERLAY, params={"f": "xlsx"}, json=body(geom))
    assert (answer.status_code, answer.headers["content-type"]) == (200, XLSX)
    assert "filename*=UTF-8''" in answer.headers["content-disposition"]
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    assert book.sheet_names == ["汇总", "地块明细", "企业", "规划"]
    summary = book.get_sheet_by_name("汇总").to_python()
    words = "\n".join(str(cell) for row in summary for cell in row)
    assert "密级" in words
    assert "制图日期: 2025-09-30" in words
    assert "合成数据" in words
    assert next(row[1] for row in summary if row[0] == "范围面积(㎡)") == said["range"]["m2"]
    head, *rows = book.get_sheet_by_name("地块明细").to_python()
    assert "压盖面积(㎡)" in head
    assert sum(row[head.index("压盖面积(㎡)")] for row in rows) == pytest.approx(said["totals"]["covered_sum_m2"])
    firms = book.get_sheet_by_name("企业").to_python()
    assert "=乙厂" in [row[0] for row in firms]
    assert len(book.get_sheet_by_name("规划").to_python()) == len(said["planning"]) + 1
    assert BASE
