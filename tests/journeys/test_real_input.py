"""Real deliveries through the command line into test counties of their own, and out again over HTTP. Figures of ../shared/data/README.md."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pyogrio
import pytest
import shapely
from sqlalchemy import text

from app import territories
from app.accounts import demo as demo_accounts
from app.core import db
from app.main import create_app, lifespan

TAIWAN, HANGZHOU, PROVINCE, EMPTY = "999002", "999003", "999004", "999005"
ROOT = Path(__file__).parents[2]
OUTLINE = shapely.box(121.0, 30.0, 121.7, 30.4)
"""In 慈溪: everything of Taiwan lies outside."""


@pytest.fixture(scope="module")
async def counties(seeded: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """Four tiny counties with an outline and a planner each; county code → sign-in."""
    folder, people = tmp_path_factory.mktemp("counties"), {}
    for code in (TAIWAN, HANGZHOU, PROVINCE, EMPTY):
        path = folder / f"{code}.json"
        said = {"code": code, "name": f"试验县{code}", "towns": [], "bodies": [], "outline": json.loads(shapely.to_geojson(OUTLINE))}
        path.write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")
        async with db.engine().begin() as conn:
            assert await territories.load_county(conn, path, is_test=True) == code
            made = await demo_accounts.ensure(conn, county_code=code, path=folder / f"accounts-{code}.json", prefix=f"ri{code}-")
        planner = next(a for a in made if a["role"] == "planner")
        people[code] = {"username": planner["username"], "password": planner["password"]}
    return people


@pytest.fixture
async def client(counties: dict[str, Any]) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app()
    async with lifespan(app), httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test", timeout=60) as client:
        yield client


async def sign_in(client: httpx.AsyncClient, who: dict[str, str]) -> None:
    answer = await client.post("/api/session", json=who)
    assert answer.status_code == 200, answer.text
    client.cookies.clear()
    client.headers["authorization"] = f"Bearer {answer.json()['token']}"


def yima(database: str, *args: str) -> subprocess.CompletedProcess[str]:
    """The command as a user runs it."""
    env = os.environ | {"YIMA_DATABASE_URL": database, "YIMA_TODAY": "2025-09-30"}
    command = [str(Path(sys.executable).parent / "yima"), "import", *args]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=300, check=False)


MANY = """
import json, sys
from typer.testing import CliRunner
from app.cli import app

for args in json.load(sys.stdin):
    said = CliRunner().invoke(app, ["import", *args])
    print(json.dumps([said.exit_code, said.stdout, said.stderr, repr(said.exception)]))
"""


def refused(database: str, calls: list[list[str]]) -> list[tuple[int, str, str, str]]:
    """Several `yima import …` one after another in one process: exit code, output, errors, exception. Starting it takes seconds."""
    env = os.environ | {"YIMA_DATABASE_URL": database, "YIMA_TODAY": "2025-09-30", "PYTHONPATH": str(ROOT)}
    said = subprocess.run(
        [sys.executable, "-c", MANY], cwd=ROOT, env=env, input=json.dumps(calls), capture_output=True, text=True, timeout=300, check=True
    )
    answers = [tuple(json.loads(line)) for line in said.stdout.splitlines()]
    assert len(answers) == len(calls)
    return answers


def imported(database: str, *args: str) -> dict[str, Any]:
    done = yima(database, *args, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


async def counts(county: str) -> dict[str, int]:
    """What the county has of all that an import writes."""
    tables = ("parcel", "parcel_version", "import_job", "import_issue", "control_line", "audit_record", "parcel_alias", "map_parcel")
    async with db.engine().connect() as conn:
        known = {
            r.table_name
            for r in await conn.execute(text("SELECT table_name FROM information_schema.columns WHERE column_name = 'county_code'"))
        }
        assert {"parcel", "parcel_version", "import_issue", "audit_record"} <= known
        sql = "SELECT count(*) FROM {} WHERE county_code = :c"
        return {t: (await conn.execute(text(sql.format(t)), {"c": county})).scalar_one() for t in tables if t in known}


@pytest.fixture(scope="module")
async def taiwan(database: str, counties: dict[str, Any], shared: Path) -> dict[str, Any]:
    """A dry run, which leaves no trace, and then the import."""
    path = str(shared / "data/taiwan_industrial/tw_zoning_industrial.gpkg")
    before = await counts(TAIWAN)
    dry = imported(database, path, "--kind", "parcels", "--county", TAIWAN, "--dry-run")
    assert (dry["dry_run"], dry["import_id"]) == (True, None)
    assert await counts(TAIWAN) == before, "a dry run writes nothing"
    report = imported(database, path, "--kind", "parcels", "--county", TAIWAN)
    assert report["issue_counts"] == dry["issue_counts"], "a dry run reports what an import would"
    return report


async def test_taiwans_industrial_zones_load_whole(taiwan: dict[str, Any]) -> None:
    found = Counter(taiwan["issue_counts"])
    assert taiwan["counts"]["applied"] == 3173
    assert found["geometry_repaired"] == 1
    over_1_m2 = found["overlap"] + found["overlap_contained"] + found["duplicate_geometry"]
    assert over_1_m2 + found["overlap_sliver"] == 19, "pairs over 0.001 m²"
    assert over_1_m2 == 15, "pairs over 1 m²"
    assert found["outside_county"] == 3173
    severities = {issue["code"]: issue["severity"] for issue in taiwan["issues"]}
    assert (severities["outside_county"], severities["overlap"], severities["overlap_sliver"]) == ("warning", "warning", "notice")
    assert "error" not in severities.values()
    async with db.engine().connect() as conn:
        sql = ("SELECT count(*) AS n, sum(v.area_geodesic_m2) AS m2, count(DISTINCT p.land_code) AS codes, bool_and(ST_IsValid(v.geom)) AS valid"
               " FROM parcel p JOIN parcel_version v ON v.parcel_id = p.id WHERE p.county_code = :c AND v.is_current")  # fmt: skip
        row = (await conn.execute(text(sql), {"c": TAIWAN})).one()
        kept = (
            await conn.execute(text("SELECT code, count(*) AS n FROM import_issue WHERE county_code = :c GROUP BY 1"), {"c": TAIWAN})
        ).all()
    assert (row.n, row.codes, row.valid) == (3173, 3173, True)
    assert abs(row.m2 - Decimal("130880518.8")) <= 1, row.m2
    assert {r.code: r.n for r in kept} == dict(found), "issues are rows"


async def test_a_map_extent_returns_them(taiwan: dict[str, Any], client: httpx.AsyncClient, counties: dict[str, Any], shared: Path) -> None:
    await sign_in(client, counties[TAIWAN])
    source = pyogrio.read_dataframe(shared / "data/taiwan_industrial/tw_zoning_industrial.gpkg").to_crs(4326)
    west, south, east, north = 120.2, 22.9, 120.8, 24.3
    url, features = f"/collections/parcels/items?bbox={west},{south},{east},{north}&limit=500", []
    while url:
        body = (await client.get(url)).raise_for_status().json()
        features += body["features"]
        url = next((link["href"] for link in body["links"] if link["rel"] == "next"), "")
    meets = int(source.geometry.make_valid().intersects(shapely.box(west, south, east, north)).sum())
    assert len({f["id"] for f in features}) == len(features) == meets > 500
    shown = shapely.union_all([shapely.geometry.shape(f["geometry"]).envelope for f in features]).bounds
    assert 119 < shown[0] < 123
    assert 21 < shown[1] < 26
    everything = (await client.get("/collections/parcels/items?limit=1")).json()
    assert everything["numberMatched"] == 3173


async def test_another_county_sees_none_of_them(taiwan: dict[str, Any], client: httpx.AsyncClient, counties: dict[str, Any]) -> None:
    await sign_in(client, counties[EMPTY])
    assert (await client.get("/collections/parcels/items?bbox=119,21,123,26")).json()["numberReturned"] == 0


async def test_the_survey_text_gives_its_area(database: str, client: httpx.AsyncClient, counties: dict[str, Any], shared: Path) -> None:
    report = imported(database, str(shared / "data/guotu_txt/hangzhou_pengbu_BR14_gbk.txt"), "--kind", "parcels", "--county", HANGZHOU)
    assert report["counts"]["applied"] == 1
    await sign_in(client, counties[HANGZHOU])
    (feature,) = (await client.get("/collections/parcels/items", params={"bbox": "120.2,30.29,120.23,30.31"})).json()["features"]
    said = feature["properties"]
    assert (said["area_planar_m2"], said["area_contract_m2"], said["name"]) == (57089.50, 57089.00, "彭埠单元B/R-14地块")
    centre = shapely.geometry.shape(feature["geometry"]).centroid
    assert (centre.x, centre.y) == (pytest.approx(120.21665, abs=1e-5), pytest.approx(30.29867, abs=1e-5))


async def test_a_gbk_shapefile_without_cpg_reads_cixi(
    database: str, client: httpx.AsyncClient, counties: dict[str, Any], shared: Path, tmp_path: Path
) -> None:
    mapping = tmp_path / "对应.toml"
    mapping.write_text('code = "gb"\nname = "name"\n', encoding="utf-8")
    path = str(shared / "data/zhejiang_counties/zhejiang_counties_gbk_nocpg.shp")
    report = imported(database, path, "--kind", "control-lines", "--county", PROVINCE, "--map", str(mapping))
    assert report["files"][0]["encoding"] == "gb18030"
    assert report["counts"]["applied"] == 90
    await sign_in(client, counties[PROVINCE])
    features = (await client.get("/collections/control-lines/items", params={"bbox": "121.2,30.15,121.3,30.2"})).json()["features"]
    assert "慈溪市" in {f["properties"]["name"] for f in features}


def bad_files(folder: Path, shared: Path) -> dict[str, tuple[Path, str]]:
    """name → (file, the problem that names its fault)."""
    square = {"type": "Polygon", "coordinates": [[[620000, 3339000], [620100, 3339000], [620100, 3339100], [620000, 3339000]]]}
    planar = {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "properties": {"宗地代码": "330282001001GB00001"}, "geometry": square}],
    }
    made: dict[str, tuple[str, bytes, str]] = {
        "empty gpkg": ("空.gpkg", b"", "file_unreadable"),
        "cut gpkg": ("断.gpkg", (shared / "data/taiwan_industrial/tw_zoning_industrial.gpkg").read_bytes()[:200_000], "file_unreadable"),
        "cut GeoJSON": ("断.geojson", b'{"type":"FeatureCollection","features":[{', "file_unreadable"),
        "empty text": ("空.txt", b"", "file_unreadable"),
        "no Excel": ("假.xlsx", b"PK\x03\x04 nothing", "file_unreadable"),
        "no format": ("图.dwg", b"AC1027", "format_unknown"),
        "metres without CRS": ("米.geojson", json.dumps(planar).encode(), "crs_missing"),
    }
    for name, content, _ in made.values():
        (folder / name).write_bytes(content)
    found = {what: (folder / name, code) for what, (name, _, code) in made.items()}
    data = shared / "data"
    return found | {
        "no CRS in a GeoPackage": (data / "crs_ambiguous/null_crs_gdal.gpkg", "crs_missing"),
        "no CRS in a zip": (data / "crs_ambiguous/blockgroups.zip", "crs_missing"),
        "empty zip": (data / "broken_containers/empty_zipfile.zip", "file_unreadable"),
        "corrupt shapefile": (data / "broken_containers/corrupt_too_long.shp", "file_unreadable"),
    }


async def test_files_that_cannot_be_read_are_named_and_nothing_is_written(
    database: str, counties: dict[str, Any], shared: Path, tmp_path: Path
) -> None:
    before, files = await counts(EMPTY), bad_files(tmp_path, shared)
    answers = refused(database, [[str(path), "--kind", "parcels", "--county", EMPTY] for path, _ in files.values()])
    for (what, (_, code)), (status, out, errors, exception) in zip(files.items(), answers, strict=True):
        assert (status, out) == (2, ""), f"{what}: {status} {out} {errors} {exception}"
        assert f"[{code}]" in errors, f"{what}: {errors}"
        assert exception == "SystemExit(2)", what
    assert await counts(EMPTY) == before, "nothing is half-written"


async def test_wrong_options_are_named(database: str, counties: dict[str, Any], shared: Path) -> None:
    path, before = str(shared / "data/zhejiang_counties/zhejiang_counties_gbk_nocpg.shp"), await counts(EMPTY)
    taiwan = str(shared / "data/taiwan_industrial/tw_zoning_industrial.gpkg")
    parcels = ["--kind", "parcels", "--county", EMPTY]
    wrong = {"kind_unknown": [path, "--kind", "nonsense", "--county", EMPTY], "county_unknown": [path, "--kind", "parcels", "--county", "111111"],
             "crs_invalid": [path, *parcels, "--crs", "EPSG:1"], "--data-date": [path, *parcels, "--data-date", "2025-13-01"],
             "encoding_unknown": [path, *parcels, "--encoding", "KLINGON"], "layer_unknown": [taiwan, *parcels, "--layer", "无"],
             "columns_missing": [path, "--kind", "control-lines", "--county", EMPTY]}  # fmt: skip
    for (named, args), (status, out, errors, exception) in zip(wrong.items(), refused(database, list(wrong.values())), strict=True):
        assert (status, out, exception) == (2, "", "SystemExit(2)"), f"{named}: {args} {errors}"
        assert named in errors, f"{args}: {errors}"
    assert await counts(EMPTY) == before


async def test_one_file_that_fails_stops_the_whole_delivery(database: str, counties: dict[str, Any], shared: Path, tmp_path: Path) -> None:
    before = await counts(EMPTY)
    (tmp_path / "断.geojson").write_bytes(b"{")
    done = yima(
        database,
        str(shared / "data/guotu_txt/hangzhou_pengbu_BR14_gbk.txt"),
        str(tmp_path / "断.geojson"),
        "--kind",
        "parcels",
        "--county",
        EMPTY,
    )
    assert (done.returncode, "[file_unreadable]" in done.stderr) == (2, True), done.stderr
    assert await counts(EMPTY) == before
