"""A database that the first version filled (first_version.sql), brought to the newest revision; today's service works on it."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import mapbox_vector_tile
import pytest

from app.classification import service as classification
from app.core import db
from app.core.principal import system
from app.imports.errors import UndoRefused
from app.imports.service import Options, import_files, undo_import
from app.main import create_app, lifespan
from app.maps import cells
from app.settings import settings
from tests.conftest import ROOT, dsn_of, recreate
from tests.imports.makers import gpkg, square

FILLED = Path(__file__).with_name("first_version.sql")
THEN, BEFORE_READ = "0003", "0020"
COUNTY, BODY, PARCEL, ENTERPRISE = "330282", "330282107", "330282107P000001Q", "91330100799655058B"
CASES = [330282000000001, 330282000000002, 330282000000003]
TEXTS = "SELECT count(*) FROM import_job, jsonb_array_elements(files) f, jsonb_each(f -> 'mapping' -> 'columns') c WHERE jsonb_typeof(c.value) = 'string'"
SHOWN = ("map_parcel", "map_parcel_public", "map_shape", "map_filter", "map_cell", "map_cell_public")
REGISTER = (
    "SELECT parcel_id, valid, cadastral_code, name, area_registered_m2, area_planar_m2, ST_AsText(geom), is_current"
    " FROM parcel_version WHERE upper_inf(recorded) ORDER BY parcel_id, valid"
)
PAGES = (
    "/api/session", "/collections", "/collections/parcels/items", "/collections/parcels/items?properties=land_code,grade",
    "/collections/parcels/items?f=flatgeobuf", "/collections/control-lines/items", "/collections/towns/items", "/collections/blocks/items",
    "/collections/cases/items", "/collections/freed-land/items", "/collections/parcels/tiles/WebMercatorQuad", "/styles", "/api/meta", "/api/keys",
    "/api/policy", "/api/policy/targets", "/api/classification/runs", "/api/classification/summary", "/api/classification/parcels",
    f"/api/parcels/{PARCEL}/verdicts", f"/api/enterprises/{ENTERPRISE}", "/api/cases/summary", "/api/targets", "/api/ranking?target=CX-008",
    "/api/stats/parcels", "/api/changes", "/api/exports", "/api/settings/shifted-crs", "/api/imports/suppliers", "/api/imports/corrections",
    *(f"/api/imports/{n}{what}" for n in (1, 5, 8, 16) for what in ("", "/issues", "/diff", "/manifest")),
)  # fmt: skip

Ask = Callable[..., Awaitable[httpx.Response]]


def upgrade(to: str) -> None:
    subprocess.run([sys.executable, "-m", "alembic", "upgrade", to], cwd=ROOT, check=True, capture_output=True, env=os.environ.copy())


async def rows(sql: str) -> list[tuple[Any, ...]]:
    async with db.engine().connect() as conn:
        return [tuple(row) for row in await conn.execute(db.text(sql))]


async def fill(url: str) -> None:
    conn = await asyncpg.connect(db.plain_dsn(url))
    try:
        await conn.execute(f"SET ROLE {db.OWNER}")
        await conn.execute(FILLED.read_text(encoding="utf-8"))
    finally:
        await conn.close()


@pytest.fixture(scope="module")
async def upgraded(worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[None]:
    """The first version's rows under its own tables, then every later revision; the process looks at this database meanwhile."""
    url = dsn_of(f"yima_upgrade_{worker_id}")
    await recreate(settings().dsn, f"yima_upgrade_{worker_id}")
    await db.dispose()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("DATABASE_URL", url), ("TODAY", "2025-09-30"), ("STATE_DIR", str(tmp_path_factory.mktemp("state")))):
            patch.setenv(f"YIMA_{name}", value)
        settings.cache_clear()
        upgrade(THEN)
        await fill(url)
        upgrade(BEFORE_READ)
        assert await rows(TEXTS) == [(105,)], "each column as the first version told it: 证载面积(亩) → 亩"
        upgrade("head")
        yield
        await db.dispose()
    settings.cache_clear()


@pytest.fixture(scope="module")
async def ask(upgraded: None) -> AsyncIterator[Ask]:
    """ask(path, who) → the answer of today's service; people sign in with the passwords they had."""
    app, tokens = create_app(), {}
    async with lifespan(app), httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://t", timeout=30) as client:
        for who in ("planner", "officer", "viewer", "admin"):
            answer = await client.post("/api/session", json={"username": who, "password": "first-version"})
            tokens[who] = answer.json()["token"]
        client.cookies.clear()

        async def get(path: str, who: str = "planner", **headers: str) -> httpx.Response:
            return await client.get(path, headers=headers or {"authorization": f"Bearer {tokens[who]}"})

        yield get


async def told(ask: Ask, path: str, who: str = "planner") -> Any:
    answer = await ask(path, who)
    assert answer.status_code == 200, f"{path} ({who}): {answer.text}"
    return answer.json()


async def test_imports_are_told_in_todays_form(ask: Ask) -> None:
    """Revision 0021 tells header and unit apart: before it, the list of imports was a 500."""
    jobs = [job for job in (await told(ask, "/api/imports?limit=100"))["imports"] if job["id"] <= 16]
    assert [job["id"] for job in jobs] == list(range(16, 0, -1))
    assert {job["state"] for job in jobs} == {"applied"}
    assert await rows(TEXTS) == [(0,)]
    parcels = await told(ask, "/api/imports/4")
    columns = parcels["files"][0]["mapping"]["columns"]
    assert columns["area_registered"] == {"header": "证载面积(亩)", "unit": "亩"}
    assert columns["cadastral_code"] == {"header": "宗地代码", "unit": None}
    assert parcels["files"][0]["detected"]["crs"]["value"] == "EPSG:4549"
    assert {found["code"]: found["count"] for found in parcels["issue_counts"]} == {
        "area_differs": 1, "area_registered_missing": 1, "overlap": 1,
    }  # fmt: skip
    assert [(found["row"], found["code"]) for found in (await told(ask, "/api/imports/4/issues"))["issues"]] == [
        (6, "overlap"), (3, "area_registered_missing"), (4, "area_differs"),
    ]  # fmt: skip
    assert (await told(ask, "/api/imports/8"))["files"][0]["columns_unused"] == ["来源"]


async def test_every_page_answers(ask: Ask) -> None:
    for path in PAGES:
        assert (await ask(path)).status_code == 200, path
        for who in ("officer", "viewer", "admin"):
            assert (await ask(path, who)).status_code < 500, f"{path} ({who})"


async def drawn(ask: Ask, zoom: int, layer: str) -> list[dict[str, Any]]:
    """Features of all tiles of a zoom; what lies at an edge stands in both."""
    of = (await told(ask, "/collections/parcels/tiles/WebMercatorQuad"))["tileMatrixSetLimits"][zoom]
    found: list[dict[str, Any]] = []
    for row in range(of["minTileRow"], of["maxTileRow"] + 1):
        for col in range(of["minTileCol"], of["maxTileCol"] + 1):
            answer = await ask(f"/collections/parcels/tiles/WebMercatorQuad/{zoom}/{row}/{col}")
            assert answer.status_code in (200, 204)
            found += mapbox_vector_tile.decode(answer.content).get(layer, {"features": []})["features"] if answer.content else []
    return found


async def test_the_map_shows_what_it_showed(ask: Ask) -> None:
    found = await told(ask, "/collections/parcels/items")
    assert found["numberMatched"] == 8
    shown = found["features"][0]["properties"]
    assert (shown["land_code"], shown["area_registered_m2"], shown["criteria_true"], shown["case_state"], shown["grade"]) == (
        PARCEL, 7666.67, ["C1", "C2", "C3", "C5"], "accepted", "D",
    )  # fmt: skip
    assert (await told(ask, "/collections/parcels/items?filter=A_CONTAINS(criteria_true,('C3'))"))["numberMatched"] == 1
    assert {f["geometry"]["type"] for f in (await told(ask, "/collections/parcels/items", "viewer"))["features"]} == {"Point"}
    outlines = [f for f in (await told(ask, "/collections/parcels/items", "officer"))["features"] if set(f["properties"]) == {"land_code"}]
    assert len(outlines) == 2, "the other town's"
    for zoom in range(13):
        assert sum(f["properties"]["n"] for f in await drawn(ask, zoom, "parcel_cells")) == 8, zoom
    assert len({f["properties"]["land_code"] for f in await drawn(ask, 14, "parcels")}) == 8
    stats = await told(ask, "/api/stats")
    assert (stats["total"]["n_parcels"], stats["total"]["mu"]) == (8, 103.5)
    assert {row["key"]: row["n_parcels"] for row in stats["rows"]} == {"red": 1, "orange": 1, "yellow": 2, "grey": 4}


async def test_register_cases_and_ledger_are_whole(ask: Ask) -> None:
    archive = await told(ask, f"/api/parcels/{PARCEL}")
    assert archive["parcel"]["name"] == "1号地块"
    assert [case["id"] for case in archive["cases"]] == CASES[:1]
    assert len(archive["postings"]) == 1
    then = (await told(ask, "/collections/parcels/items?as_of=2024-06-01"))["features"][0]["properties"]
    assert then["area_registered_m2"] == 8000.0, "before the delivery of 2025"
    cases = {case["id"]: case["state"] for case in (await told(ask, "/api/cases"))["items"]}
    assert [cases[number] for number in CASES] == ["accepted", "reversed", "assigned"]
    assert [event["step"] for event in (await told(ask, f"/api/cases/{CASES[1]}"))["events"]][-2:] == ["accept", "reverse"]
    postings = (await told(ask, "/api/ledger/postings"))["items"]
    assert [p["kind"] for p in postings] == ["reversal", "acceptance", "acceptance", "opening", "opening", "opening"]
    progress = await told(ask, "/api/targets/CX-008/progress")
    assert (progress["done"]["mu"], progress["sum_check"]["equal"], progress["sum_check"]["months_equal"]) == (29.25, True, True)
    assert (await told(ask, "/api/audit/verify", "admin"))["broken_at"] is None


async def test_sessions_and_keys_go_on(ask: Ask) -> None:
    said = await ask("/api/session", authorization="Bearer token-of-the-first-version")
    assert said.json()["account"]["username"] == "planner"
    assert (await ask("/collections/parcels/items", **{"x-api-key": "ymk_first-version"})).json()["numberMatched"] == 8


async def shown() -> dict[str, list[Any]]:
    return {table: await rows(f"SELECT to_jsonb(t) FROM {table} t ORDER BY to_jsonb(t)::text") for table in SHOWN}


async def test_the_map_of_the_upgrade_is_what_a_run_publishes(upgraded: None) -> None:
    """To the octet: an officer's outline is cut out of a feature's text (revision 0023)."""
    before = await shown()
    run = await classification.publish_run(COUNTY, as_of=date(2025, 9, 30), principal=system(COUNTY))
    assert set(run.counts["changed"].values()) == {0}
    assert await shown() == before
    async with db.engine().begin() as conn:
        await cells.rebuild(conn, COUNTY, *cells.SOURCES)  # the run found no parcel to publish anew
    assert await shown() == before


async def test_deliveries_go_on_and_can_be_undone(upgraded: None, ask: Ask, tmp_path: Path) -> None:
    stood = await rows(REGISTER)
    told_by = {"责任主体": "附海镇", "批准面积": 8000.0, "权属性质": "国有", "合法性": "有证", "地类编码": "0601", "证载面积(亩)": 12.0}
    delivered = [{"宗地代码": f"{COUNTY}001001GB{n:05d}", "宗地名称": f"{n}号地块", **told_by} for n in (7, 8, 9)]
    delivered[1]["宗地名称"] = "新厂区"
    file = gpkg(tmp_path / "宗地2026.gpkg", delivered, [square(6000, 0, 110), square(6150, 0), square(6300, 0)])
    report = await import_files(
        [file], kind="parcels", county_code=COUNTY, options=Options(data_date=date(2025, 6, 30)), principal=system(COUNTY)
    )
    assert {name: report.counts[name] for name in ("same", "changed", "new")} == {"same": 1, "changed": 1, "new": 1}
    assert (await told(ask, "/collections/parcels/items"))["numberMatched"] == 9
    await undo_import(report.import_id, county_code=COUNTY, reason="试验", principal=system(COUNTY))
    assert await rows(REGISTER) == stood
    assert (await told(ask, "/collections/parcels/items"))["numberMatched"] == 8


@pytest.mark.parametrize(("number", "why"), [(5, "ZZ-2025-000001"), (4, "导入 5"), (8, "没有留存原样")])
async def test_what_stands_on_an_old_import_keeps_it(upgraded: None, number: int, why: str) -> None:
    stood = await rows(REGISTER)
    with pytest.raises(UndoRefused, match=why):
        await undo_import(number, county_code=COUNTY, reason="试验", principal=system(COUNTY))
    assert await rows(REGISTER) == stood
