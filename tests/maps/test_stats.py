"""/api/stats: totals are the sums of their rows, every figure opens to its parcels, small counts of firms are hidden."""

from collections.abc import AsyncIterator
from typing import Any, get_args

import httpx
import pytest
import shapely
from sqlalchemy import text

from app.core import db
from app.core.principal import Role
from app.maps.stats import GroupBy
from tests.maps.conftest import BASE, COUNTY, OTHER, OWN, client_of, filled, person
from tests.maps.test_analysis import asking

FIRMS = (
    "INSERT INTO enterprise (county_code, uscc, name) SELECT :c, '9133028200STAT00' || lpad(n::text, 2, '0'), '企业' || n FROM generate_series(1, 12) n",
    # firm n on parcel n; firm 1 also on every parcel up to 40, which makes it one firm in many groups
    "INSERT INTO occupancy (county_code, enterprise_id, parcel_id, relation) SELECT :c, e.id, :b + right(e.uscc, 2)::int, 'own' FROM enterprise e WHERE county_code = :c",
    "INSERT INTO occupancy (county_code, enterprise_id, parcel_id, relation) SELECT :c, e.id, :b + p, 'rent_in' FROM enterprise e, generate_series(2, 40) p"
    " WHERE county_code = :c AND e.uscc LIKE '%01'",
)


@pytest.fixture(scope="module")
async def peopled(county: None) -> AsyncIterator[None]:
    async with db.engine().begin() as conn:
        for statement in FIRMS:
            await conn.exec_driver_sql(filled(statement))
    yield
    async with db.engine().begin() as conn:
        for table in ("occupancy", "enterprise"):
            await conn.execute(text(f"DELETE FROM {table} WHERE county_code = :c"), {"c": COUNTY})


@pytest.fixture
async def planner(peopled: None) -> AsyncIterator[httpx.AsyncClient]:
    async with asking(person(Role.planner)) as client:
        yield client


async def get(client: httpx.AsyncClient, path: str = "/api/stats", **params: Any) -> dict[str, Any]:
    answer = await client.get(path, params=params or None)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("group_by", get_args(GroupBy))
@pytest.mark.parametrize(
    "params", [{}, {"bbox": "121,30,121.0045,30.0041"}, {"inefficient": "true"}, {"ownership": "G", "grade": "unknown"}]
)
async def test_totals_are_sums_and_rows_open_to_their_parcels(planner: httpx.AsyncClient, group_by: str, params: dict) -> None:
    said = await get(planner, group_by=group_by, **params)
    assert said["total"]["n_parcels"] == sum(r["n_parcels"] for r in said["rows"]) > 0
    assert said["total"]["mu"] == pytest.approx(sum(r["mu"] for r in said["rows"]))
    assert said["total"]["n_firms"] <= sum(r["n_firms"] for r in said["rows"])
    assert sum(r["share_of_parcels"] for r in said["rows"]) == pytest.approx(1, abs=0.001)
    for row in (*said["rows"], said["total"]):
        behind = await get(planner, row["parcels_url"])
        assert behind["total"] == {"n_parcels": row["n_parcels"], "mu": row["mu"]}
        assert len(behind["items"]) == row["n_parcels"]


async def test_unknown_is_a_row_and_firms_count_once(planner: httpx.AsyncClient) -> None:
    said = await get(planner, group_by="grade")
    assert {r["key"]: r["n_parcels"] for r in said["rows"]}["unknown"] == 5
    assert said["rows"][-1]["label"] == "未知"
    assert said["total"]["n_firms"] == 12
    assert sum(r["n_firms"] for r in said["rows"]) > 12
    assert any("去重" in note for note in said["notes"])


async def test_extent_agrees_with_the_map(planner: httpx.AsyncClient) -> None:
    said = await get(planner, bbox="121,30,121.0045,30.0021")
    statement = text(
        "SELECT count(*) FROM map_shape WHERE county_code = :c AND ST_Intersects(geom, ST_MakeEnvelope(121, 30, 121.0045, 30.0021, 4490))"
    )
    async with db.reading() as conn:
        assert said["total"]["n_parcels"] == (await conn.execute(statement, {"c": COUNTY})).scalar_one()
    everywhere = await get(planner, bbox="170,-10,122,40")
    assert everywhere["total"]["n_parcels"] == 60


async def test_pages_of_the_parcels(planner: httpx.AsyncClient) -> None:
    url, found = "/api/stats/parcels?limit=25", []
    while url:
        page = (await planner.get(url)).json()
        found += [item["id"] for item in page["items"]]
        url = page["links"][0]["href"] if page["links"] else ""
    assert len(found) == len(set(found)) == 60
    assert found == sorted(found)


async def test_small_counts_of_firms_are_hidden_from_inexact_roles(peopled: None, planner: httpx.AsyncClient) -> None:
    exact = await get(planner, group_by="responsible_body")
    assert {r["key"]: r["n_firms"] for r in exact["rows"]} == {OWN: 12, OTHER: 1}
    async with asking(person(Role.auditor)) as auditor:
        said = await get(auditor, group_by="responsible_body")
        small = await get(auditor, responsible_body=OTHER)
    assert [(r["n_firms"], r["suppressed"]) for r in said["rows"]] == [(None, True), (None, True)]
    assert [r["n_parcels"] for r in said["rows"]] == [30, 30]
    assert said["total"]["n_firms"] == 12
    assert (small["total"]["n_firms"], small["total"]["suppressed"]) == (None, True)


async def test_scope_of_roles(peopled: None) -> None:
    async with asking(person(Role.officer, OWN)) as officer:
        said = await get(officer, group_by="responsible_body")
        assert [(r["key"], r["n_parcels"]) for r in said["rows"]] == [(OWN, 30)]
        assert (await get(officer, responsible_body=OTHER))["total"]["n_parcels"] == 0
        assert (await get(officer, "/api/stats/parcels", responsible_body=OTHER))["items"] == []
    async with asking(person(Role.viewer)) as viewer:
        assert (await viewer.get("/api/stats")).status_code == 403
        assert (await viewer.get("/api/stats/parcels")).status_code == 403
    async with asking(person(Role.planner, county="330683")) as stranger:
        assert (await get(stranger))["total"]["n_parcels"] == 0


async def test_calibre_of_a_county_with_a_pack(peopled: None) -> None:
    async with asking(person(Role.leader, county="330282")) as leader:
        said = await get(leader, group_by="grade")
        assert said["calibre"]["code"]
        assert f"calibre={said['calibre']['code']}" in said["total"]["parcels_url"]
        assert said["total"]["parcels_url"].startswith("http://test/api/stats/parcels?")
        assert (await leader.get("/api/stats", params={"calibre": "none"})).status_code == 400


@pytest.mark.parametrize(
    "params", [{"group_by": "name"}, {"bbox": "1,2,3"}, {"inefficient": "maybe"}, {"calibre": "x"}, {"who": "me"}, {"grade": "x" * 50}]
)
async def test_bad_questions_are_400(planner: httpx.AsyncClient, params: dict) -> None:
    assert (await planner.get("/api/stats", params=params)).status_code == 400


@pytest.mark.parametrize("beyond", [5e-7, -5e-7], ids=["beside", "touching"])
async def test_an_extent_is_that_of_the_map(planner: httpx.AsyncClient, beyond: float) -> None:
    """The same parcels are counted and shown, to the last of PostgreSQL's fuzzy 0.000001°."""
    async with client_of(person(Role.planner)) as shown:
        feature = await get(shown, f"/collections/parcels/items/{BASE + 1}")
        west, south, east, north = shapely.geometry.shape(feature["geometry"]).bounds
        for box in (
            (west - 0.1, south, west - beyond, north),
            (east + beyond, south, east + 0.1, north),
            (west, south - 0.1, east, south - beyond),
        ):
            bbox = ",".join(f"{n:.9f}" for n in box)
            found = [f["id"] for f in (await get(shown, "/collections/parcels/items", bbox=bbox, limit=1000))["features"]]
            assert (BASE + 1 in found) is (beyond < 0)
            assert (await get(planner, bbox=bbox, group_by="grade"))["total"]["n_parcels"] == len(found)
