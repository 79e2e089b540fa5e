"""`filter` on parcels: expression → expected ids on the test county, refusals, roles, paging."""

import json

import httpx
import pytest
from sqlalchemy import text

from tests.maps.conftest import BASE, COUNTY, OTHER, OWN
from tests.maps.test_items import ITEMS, everything

EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
ALL = set(range(1, 61))
FACT = set(range(1, 56))
"""Parcels 56–60 have no facts: their grade, areas used and bands are unknown."""


def grade(n: int) -> str:
    return "ABCD"[(BASE + n) % 4]


def inefficient(n: int) -> str:
    return ["true", "false", "unknown"][(BASE + n) % 3] if n in FACT else "unknown"


D = {n for n in FACT if grade(n) == "D"}
C = {n for n in FACT if grade(n) == "C"}
EXPECTED: list[tuple[str, set[int]]] = [
    (f"id = {BASE + 7}", {7}),
    (f"id > {BASE + 58}", {59, 60}),
    (f"id IN ({BASE + 1}, {BASE + 2}, 5)", {1, 2}),
    (f"id BETWEEN {BASE + 3} AND {BASE + 5}", {3, 4, 5}),
    ("grade = 'D'", D),
    ("grade <> 'D'", FACT - D),
    ("NOT grade = 'D'", FACT - D),
    ("NOT (NOT grade = 'D')", D),
    ("grade IS NULL", ALL - FACT),
    ("grade IS NOT NULL", FACT),
    ("grade = 'D' OR grade IS NULL", D | (ALL - FACT)),
    ("grade = 'D' OR grade = 'C'", C | D),
    ("grade IN ('C','D')", C | D),
    ("grade NOT IN ('C','D')", FACT - C - D),
    ("grade BETWEEN 'C' AND 'D'", C | D),
    ("'D' = grade", D),
    ("grade LIKE '%'", FACT),
    ("grade LIKE 'D%'", D),
    ("CASEI(grade) = CASEI('d')", D),
    ("NOT (grade = 'D' AND area_used_mu > 1000)", FACT),
    ("grade = 'D' AND area_used_mu > 1000", set()),
    ("inefficient = 'true'", {n for n in ALL if inefficient(n) == "true"}),
    ("inefficient <> 'true'", {n for n in ALL if inefficient(n) != "true"}),
    ("inefficient = 'unknown' AND grade IS NULL", ALL - FACT),
    ("idle = 'suspected'", {n for n in FACT if n % 10 == 0}),
    ("display_class = 'red'", {10, 20, 30, 31, 40, 50}),
    ("case_state IS NOT NULL", {1, 31}),
    ("case_state = 'assigned'", {1}),
    ("case_state LIKE '%ing'", {31}),
    ("area_used_mu = 10.5", FACT),
    ("area_used_mu * 2 = 21", FACT),
    ("area_used_mu / 0 = 1", set()),
    ("area_used_mu / 0 = 1 OR id > 0", ALL),
    ("area_registered_m2 < 7005", {1, 2, 3, 4}),
    ("area_registered_m2 <= 7005", {1, 2, 3, 4, 5}),
    ("area_registered_m2 = 7005.00", {5}),
    ("area_planar_m2 - area_registered_m2 = 100", ALL),
    ("area_geodesic_m2 - area_planar_m2 > 0.5", set()),
    ("area_geodesic_m2 - area_planar_m2 >= 0.5", ALL),
    ("area_registered_m2 > area_used_m2 AND id < " + str(BASE + 4), {1, 2, 3}),
    ("area_contract_m2 IS NULL", ALL),
    ("area_contract_m2 > 0 OR area_contract_m2 <= 0", set()),
    (f"responsible_body = '{OWN}'", set(range(1, 31))),
    (f"town_code = '{OTHER}' AND id < {BASE + 33}", {31, 32}),
    ("ownership = 'G'", ALL),
    ("ownership = 'J'", set()),
    ("user_count = 1", FACT),
    ("user_count + 1 > 1.5", FACT),
    ("tax_band = '≤5'", FACT),
    ("tax_band <> '≤5'", set()),
    ("on_list = TRUE", set()),
    ("on_list IS NULL", ALL),
    ("far < 1 OR far >= 1", set()),
    ("agreed_start_on > DATE('2020-01-01')", set()),
    ("land_code LIKE '999012001P00000_X'", set(range(1, 10))),
    ("land_code = '999012001P000012X'", {12}),
    ("\"grade\" = 'D' AND \"idle\" = 'suspected'", {n for n in D if n % 10 == 0}),
    ("S_INTERSECTS(geom, POINT(121.0015 30.0004))", {1}),
    ("S_INTERSECTS(geom, BBOX(121.0011,30.0001,121.0012,30.0002))", {1}),
    ("S_INTERSECTS(geometry, POLYGON((121 30, 121.0041 30, 121.0041 30.0005, 121 30.0005, 121 30)))", {1, 2, 3, 4}),
    ("S_WITHIN(geom, BBOX(121.0009,29.9999,121.0029,30.0009))", {1, 2}),
    ("S_DISJOINT(geom, BBOX(120,29,122,30.0045))", set(range(50, 61))),
    ("NOT S_INTERSECTS(geom, BBOX(120,29,122,30.0045))", set(range(50, 61))),
    ("S_INTERSECTS(geom, LINESTRING(121.0015 30.0004, 121.0029 30.0004))", {1, 2}),
    ("S_DISJOINT(geom, POINT(121.0015 30.0004)) AND id < " + str(BASE + 4), {2, 3}),
    ("S_INTERSECTS(geom, POINT(121.0015 30.0004)) AND S_INTERSECTS(geom, POINT(121.0025 30.0004))", set()),
    ("S_INTERSECTS(geom, GEOMETRYCOLLECTION(POINT(121.0015 30.0004), POINT(121.0035 30.0004)))", {1, 3}),
    ("S_CONTAINS(geom, POINT(121.0015 30.0004)) OR id = " + str(BASE + 9), {1, 9}),
    ("S_INTERSECTS(geom, BBOX(179,29,-179,31))", set()),
    ("S_INTERSECTS(geom, BBOX(121.0009,29.9999,121.0039,30.0009)) AND grade = 'D'", {1, 2, 3} & D),
]
REFUSED = [
    ("grade =", "filter_invalid"), ("", "filter_invalid"), ("foo = 1", "filter_property"), ("tax_per_mu < 5", "filter_property"),
    ("tax_per_mu_min < 5", "filter_property"), ("grade = 1", "filter_type"), ("area_used_mu = 'x'", "filter_type"), ("grade", "filter_type"),
    ("version() = 'x'", "filter_function"), ("current_setting('port') = '1'", "filter_function"), ("pg_sleep(10) = 1", "filter_function"),
    ("S_BUFFER(geom, 1) = geom", "filter_function"), ("feature = 'x'", "filter_property"), ("county_code = '330282'", "filter_property"),
    ("geom_3857 IS NULL", "filter_property"), ("t.grade = 'D'", "filter_property"), ("shape = 1", "filter_property"),
    ("S_INTERSECTS(geom, POLYGON((0 0, 1 1, 0 0)))", "filter_geometry"), ("S_INTERSECTS(geom, POINT(999 999))", "filter_geometry"),
    ("grade = 'D'; DROP TABLE map_parcel", "filter_invalid"), ("grade = 'D' -- x", "filter_property"), ("(" * 80 + "id = 1" + ")" * 80, "filter_too_deep"),
    ("id = 1" + " OR id = 1" * 600, "filter_too_many_operators"), ("id = 1e400", "filter_number"), ("grade = NULL", None),
]  # fmt: skip
INJECTED = [
    "D' OR '1'='1",
    "D'; DROP TABLE map_parcel; --",
    "$1",
    "D\\",
    ":p1",
    "%s",
    "{0}",
    "D' UNION SELECT tax_per_mu FROM parcel_fact --",
]


async def ids(client: httpx.AsyncClient, expression: str, **params: str) -> set[int]:
    return {f["id"] - BASE for f in await everything(client, filter=expression, **params)}


@pytest.mark.parametrize(("expression", "expected"), EXPECTED, ids=[e for e, _ in EXPECTED])
async def test_an_expression_finds(planner: httpx.AsyncClient, expression: str, expected: set[int]) -> None:
    assert await ids(planner, expression) == expected


@pytest.mark.parametrize(("expression", "code"), REFUSED)
async def test_a_refusal_is_named(planner: httpx.AsyncClient, expression: str, code: str | None) -> None:
    answer = await planner.get(ITEMS, params={"filter": expression})
    said = answer.json()
    assert answer.status_code == 400, said
    assert code in (None, said["code"])
    assert said["pointer"] == "query:filter"
    if "tax_per_mu" in expression:
        assert "tax_band" in said["hint"]


@pytest.mark.parametrize("value", INJECTED)
async def test_a_literal_stays_a_literal(planner: httpx.AsyncClient, value: str) -> None:
    quoted = value.replace("'", "''")
    assert await ids(planner, f"grade = '{quoted}'") == set()
    assert await ids(planner, json.dumps({"op": "=", "args": [{"property": "grade"}, value]}), **{"filter-lang": "cql2-json"}) == set()
    assert len(await everything(planner)) == 60


async def test_json_says_the_same(planner: httpx.AsyncClient) -> None:
    tree = {"op": "and", "args": [{"op": "=", "args": [{"property": "grade"}, "D"]}, {"op": "s_intersects", "args": [
        {"property": "geom"}, {"type": "Polygon", "coordinates": [[[121, 30], [121.006, 30], [121.006, 30.0005], [121, 30.0005], [121, 30]]]}]}]}  # fmt: skip
    assert await ids(planner, json.dumps(tree), **{"filter-lang": "cql2-json"}) == {1, 2, 3, 4, 5} & D
    for bad in (
        "[]",
        "{",
        '{"op":"=","args":5}',
        '{"op":"=","args":[{"property":["grade"]},1]}',
        '{"op":"=","args":null}',
        "5",
        '{"op":5,"args":[]}',
    ):
        answer = await planner.get(ITEMS, params={"filter": bad, "filter-lang": "cql2-json"})
        assert answer.status_code == 400, bad
    assert (await planner.get(ITEMS, params={"filter": "id = 1", "filter-lang": "ecql"})).status_code == 400


async def test_filter_crs_has_its_own_axis_order(planner: httpx.AsyncClient) -> None:
    from app.core.crs import transformer

    east, north = transformer(4490, 4549).transform(121.0015, 30.0004)
    x, y = transformer(4490, 3857).transform(121.0015, 30.0004)
    for code, first, second in ((4490, 30.0004, 121.0015), (4326, 30.0004, 121.0015), (4549, north, east), (3857, x, y)):
        assert await ids(planner, f"S_INTERSECTS(geom, POINT({first} {second}))", **{"filter-crs": f"{EPSG}{code}"}) == {1}, code
        d = 1e-5 if code in (4490, 4326) else 1
        box = f"S_INTERSECTS(geom, BBOX({first - d},{second - d},{first + d},{second + d}))"
        assert await ids(planner, box, **{"filter-crs": f"{EPSG}{code}"}) == {1}, code
    for bad in (f"{EPSG}27700", "EPSG:4490", "x"):
        answer = await planner.get(ITEMS, params={"filter": "id = 1", "filter-crs": bad})
        assert (answer.status_code, answer.json()["pointer"]) == (400, "query:filter-crs")


@pytest.mark.parametrize("counted", [10_000, 5])
@pytest.mark.parametrize(
    "params", [{"filter": "grade <> 'D'"}, {"filter": "grade = 'D'", "bbox": "121,30,121.02,30.0041"},
               {"filter": "S_INTERSECTS(geom, BBOX(121,30,121.1,30.0025))", "inefficient": "true"}]
)  # fmt: skip
async def test_pages_of_a_filter_return_each_once(
    planner: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, counted: int, params: dict
) -> None:
    whole = (await planner.get(ITEMS, params=params)).json()
    assert whole["numberMatched"] == len(whole["features"]) > 0
    monkeypatch.setattr("app.maps.queries.COUNTED", counted)
    monkeypatch.setattr("app.maps.features.COUNTED", counted)
    paged = [f["id"] for f in await everything(planner, limit=3, **params)]
    assert paged == sorted(f["id"] for f in whole["features"]) == sorted(set(paged))
    first = (await planner.get(ITEMS, params={**params, "limit": 3})).json()
    cursor = httpx.URL(next(k["href"] for k in first["links"] if k["rel"] == "next")).params["cursor"]
    assert (await planner.get(ITEMS, params={**params, "filter": "id > 1", "limit": 3, "cursor": cursor})).status_code == 400


async def test_an_officer_filters_his_own_body(officer: httpx.AsyncClient) -> None:
    own = set(range(1, 31))
    assert await ids(officer, "grade = 'D'") == D & own
    assert await ids(officer, "NOT grade = 'D'") == (FACT - D) & own
    assert await ids(officer, "id > 0 OR TRUE = TRUE") == own
    assert await ids(officer, f"responsible_body = '{OTHER}'") == set()


async def test_a_viewer_filters_what_he_sees(viewer: httpx.AsyncClient) -> None:
    assert await ids(viewer, "grade = 'D' AND standard_land = 'true'") == {n for n in D if (BASE + n) % 4 == 0}
    assert await ids(viewer, "area_registered_m2 <= 7002") == {1, 2}
    for hidden in ("inefficient = 'true'", "tax_band = '≤5'", "case_state = 'assigned'", "main_uscc = 'x'", "display_class = 'red'", "user_count = 1",
                   "area_used_mu > 1", "inside_ratio > 0.5", "tax_per_mu < 5"):  # fmt: skip
        answer = await viewer.get(ITEMS, params={"filter": hidden})
        assert (answer.status_code, answer.json()["code"]) == (400, "filter_property"), hidden
    assert await ids(viewer, "S_INTERSECTS(geom, BBOX(121.00111,30.00011,121.00112,30.00012))") == set(), (
        "the rounded point is asked, not the shape"
    )


async def test_another_county_and_another_day(stranger: httpx.AsyncClient, planner: httpx.AsyncClient) -> None:
    assert await ids(stranger, f"id > {BASE}") == set()
    answer = await planner.get(ITEMS, params={"filter": "grade = 'D'", "as_of": "2024-06-01"})
    assert (answer.status_code, answer.json()["pointer"]) == (400, "query:filter")


async def test_a_slow_filter_is_cut_off_and_the_pool_lives(planner: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.maps import filters

    slow = filters.Condition("pg_sleep(0.2) IS NOT NULL AND t.id > 0", ())
    pool = planner._transport.app.state.map_pool  # type: ignore[attr-defined]
    async with pool.acquire() as one, pool.acquire() as two:
        for each in (one, two):
            await each.execute("SET statement_timeout = 100")
    monkeypatch.setattr("app.core.web.log", type("L", (), {"warning": lambda *a, **k: None})())
    with monkeypatch.context() as patched:
        patched.setattr("app.maps.service.filtering.condition", lambda *a, **k: slow)
        # asyncpg resets a session on release: set it for the role's sessions of this pool
        patched.setattr(pool, "_setup", lambda c: c.execute("SET statement_timeout = 100"))
        for holder in pool._holders:
            patched.setattr(holder, "_setup", lambda c: c.execute("SET statement_timeout = 100"))
        for _ in range(4):
            answer = await planner.get(ITEMS, params={"filter": "id = 1"})
            assert (answer.status_code, answer.json()["code"]) == (503, "query_timeout")
    assert (await planner.get(ITEMS)).status_code == 200


async def test_the_migration_fills_as_publishing_does(conn, county: None) -> None:
    import importlib

    fills = [importlib.import_module(f"migrations.versions.{name}").FILL for name in ("0003_map_filter", "0005_map_criteria")]
    rows = text("SELECT * FROM map_filter WHERE county_code = :c ORDER BY id")
    before = (await conn.execute(rows, {"c": COUNTY})).all()
    await conn.execute(text("DELETE FROM map_filter"))
    for fill in fills:
        await conn.exec_driver_sql(fill)
    assert (await conn.execute(rows, {"c": COUNTY})).all() == before
    assert len(before) == 60
